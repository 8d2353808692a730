import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../../components/icon.tsx';
import { Link } from '../../components/link.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { clientLabel } from '../../lib/clientNames.ts';
import { type NodeFilters, nodeFilterParams, nodePopulations, routeUrl } from '../../lib/router.ts';
import { navigate } from '../../lib/useLocation.ts';
import { useResource } from '../../lib/useResource.ts';
import { forkClassOrder } from '../forks/forkClassMeanings.tsx';

/** The filters of the list. Choices take effect at once, typed words on Enter; all of it is in the address. */
export function NodeFiltersForm({ filters }: { readonly filters: NodeFilters }) {
  const { t, view, network } = useApp();
  const clients = useResource(
    api.distribution(view.network, { cut: 'client', population: 'identified', window: 'day' }),
  );
  const [words, setWords] = useState(filters.q);
  useEffect(() => setWords(filters.q), [filters.q]);
  const go = (part: Partial<NodeFilters>): void => {
    navigate(routeUrl({ at: 'nodes' }, view, nodeFilterParams({ ...filters, q: words.trim(), cursor: '', ...part })));
  };
  const clientKeys = (clients.state.data?.rows ?? []).map((row) => row.key);
  const hashes = [
    ...(network === null ? [] : [{ hash: network.genesisForkHash.slice(2), name: t('fork.genesis') }]),
    ...(network?.forks ?? []).map((fork) => ({ hash: fork.hash.slice(2), name: fork.name })),
  ].toReversed();
  const forkHash = filters.forkHash.replace(/^0x/, '');
  const narrowed =
    filters.client !== '' ||
    forkHash !== '' ||
    filters.forkClass !== '' ||
    filters.q !== '' ||
    filters.cursor !== '' ||
    filters.population !== 'alive';
  return (
    <search>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          go({});
        }}
      >
        <label class="field grow">
          <span>{t('nodes.search')}</span>
          <span class="search-box">
            <Icon name="search" />
            <input
              type="search"
              name="q"
              value={words}
              minLength={2}
              maxLength={300}
              autoComplete="off"
              spellcheck={false}
              placeholder={t('nodes.search.hint')}
              onInput={(event) => setWords(event.currentTarget.value)}
            />
          </span>
        </label>
        <label class="field">
          <span>{t('nodes.population')}</span>
          <select
            value={filters.population}
            onChange={(event) => {
              const chosen = nodePopulations.find((name) => name === event.currentTarget.value);
              go({ population: chosen ?? 'alive' });
            }}
          >
            {nodePopulations.map((population) => (
              <option key={population} value={population}>
                {t(`population.${population}`)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t('table.client')}</span>
          <select value={filters.client} onChange={(event) => go({ client: event.currentTarget.value })}>
            <option value="">{t('nodes.any')}</option>
            {filters.client !== '' && !clientKeys.includes(filters.client) && (
              <option value={filters.client}>{filters.client}</option>
            )}
            {clientKeys.map((key) => (
              <option key={key} value={key}>
                {clientLabel(key, key)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t('table.forkHash')}</span>
          <select value={forkHash} onChange={(event) => go({ forkHash: event.currentTarget.value })}>
            <option value="">{t('nodes.any')}</option>
            {forkHash !== '' && !hashes.some(({ hash }) => hash === forkHash) && (
              <option value={forkHash}>{forkHash}</option>
            )}
            {hashes.map(({ hash, name }) => (
              <option key={hash} value={hash}>
                {name} · {hash}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t('table.forkClass')}</span>
          <select value={filters.forkClass} onChange={(event) => go({ forkClass: event.currentTarget.value })}>
            <option value="">{t('nodes.any')}</option>
            {forkClassOrder.map((name) => (
              <option key={name} value={name}>
                {t(`forkClass.${name}`)}
              </option>
            ))}
          </select>
        </label>
        <div class="filter-actions">
          <button type="submit" class="button primary">
            {t('nodes.go')}
          </button>
          {narrowed && (
            <Link to={{ at: 'nodes' }} class="button">
              {t('nodes.clear')}
            </Link>
          )}
        </div>
      </form>
    </search>
  );
}
