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
import { networkIdentities } from '../overview/identities.tsx';

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
  const narrowed = isNarrowed(filters);
  return (
    <search>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          go({});
        }}
      >
        <SearchField words={words} setWords={setWords} />
        <PopulationChoice filters={filters} go={go} />
        <Choice
          name={t('table.client')}
          chosen={filters.client}
          options={clientKeys.map((key) => ({ key, text: clientLabel(key, key) }))}
          onChoose={(client) => go({ client })}
        />
        <Choice
          name={t('table.forkHash')}
          chosen={forkHash}
          options={hashes.map(({ hash, name }) => ({ key: hash, text: `${name} · ${hash}` }))}
          onChoose={(chosen) => go({ forkHash: chosen })}
        />
        <Choice
          name={t('table.forkClass')}
          chosen={filters.forkClass}
          options={forkClassOrder.map((key) => ({ key, text: t(`forkClass.${key}`) }))}
          onChoose={(forkClass) => go({ forkClass })}
        />
        <Choice
          name={t('identity.filter')}
          chosen={filters.identity}
          options={networkIdentities.map((key) => ({ key, text: t(`identity.${key}`) }))}
          onChoose={(identity) => go({ identity })}
        />
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

function isNarrowed({ client, forkHash, forkClass, identity, q, cursor, population }: NodeFilters): boolean {
  return [client, forkHash, forkClass, identity, q, cursor].some((text) => text !== '') || population !== 'alive';
}

function SearchField({ words, setWords }: { readonly words: string; readonly setWords: (words: string) => void }) {
  const { t } = useApp();
  return (
    <label class="field grow">
      <span>{t('nodes.search')}</span>
      <span class="search-box">
        <Icon name="search" />
        <input
          type="search"
          name="q"
          value={words}
          minLength={2}
          maxLength={600}
          autoComplete="off"
          spellcheck={false}
          placeholder={t('nodes.search.hint')}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      </span>
    </label>
  );
}

function PopulationChoice({
  filters,
  go,
}: {
  readonly filters: NodeFilters;
  readonly go: (part: Partial<NodeFilters>) => void;
}) {
  const { t } = useApp();
  return (
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
  );
}

/** One of several, or any. What is chosen is shown even if it is not among the options. */
function Choice({
  name,
  chosen,
  options,
  onChoose,
}: {
  readonly name: string;
  readonly chosen: string;
  readonly options: readonly { readonly key: string; readonly text: string }[];
  readonly onChoose: (key: string) => void;
}) {
  const { t } = useApp();
  const known = chosen === '' || options.some(({ key }) => key === chosen);
  return (
    <label class="field">
      <span>{name}</span>
      <select value={chosen} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">{t('nodes.any')}</option>
        {!known && <option value={chosen}>{chosen}</option>}
        {options.map(({ key, text }) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
