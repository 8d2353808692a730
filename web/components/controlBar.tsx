import type { Network } from '../../api/contract/networks.ts';
import { useApp } from '../lib/appContext.ts';
import { type Figure, type Route, routeUrl, type View } from '../lib/router.ts';
import { navigate } from '../lib/useLocation.ts';
import { FreshnessBadge } from './freshnessBadge.tsx';
import { Segmented } from './segmented.tsx';

/** The filters of every page (network, window, figure), and how fresh the numbers are. */
export function ControlBar() {
  const { t, route, view, networks, search } = useApp();
  const change = (part: Partial<View>): void => {
    // The list of another network starts again: a cursor or a fork hash would mean nothing there.
    const more = part.network === undefined ? pageParams(search) : {};
    const to: Route = route.at === 'node' && part.network !== undefined ? { at: 'nodes' } : route;
    navigate(routeUrl(to, { ...view, ...part }, more));
  };
  const listed = view.network === 'all' || networks.some((network) => network.slug === view.network);
  return (
    <section class="control-bar" aria-label={t('control.label')}>
      <label class="picker">
        <span class="unseen">{t('control.network')}</span>
        <select value={view.network} onChange={(event) => change({ network: event.currentTarget.value })}>
          <NetworkOptions label={t('control.watched')} networks={networks.filter(({ watched }) => watched)} />
          <NetworkOptions label={t('control.known')} networks={networks.filter(({ watched }) => !watched)} />
          {!listed && <option value={view.network}>{view.network}</option>}
          <option value="all">{t('control.allNetworks')}</option>
        </select>
      </label>
      <Segmented<View['window']>
        label={t('control.window')}
        name="window"
        value={view.window}
        onChange={(window) => change({ window })}
        options={[
          { value: 'now', label: t('window.now'), title: t('window.now.title') },
          { value: 'day', label: t('window.day'), title: t('window.day.title') },
        ]}
      />
      <Segmented<Figure>
        label={t('control.figure')}
        name="figure"
        value={view.figure}
        onChange={(figure) => change({ figure })}
        options={[
          { value: 'ids', label: t('figure.ids'), title: t('figure.ids.title') },
          { value: 'ips', label: t('figure.ips'), title: t('figure.ips.title') },
        ]}
      />
      <FreshnessBadge />
    </section>
  );
}

function NetworkOptions({ label, networks }: { readonly label: string; readonly networks: readonly Network[] }) {
  if (networks.length === 0) return null;
  return (
    <optgroup label={label}>
      {networks.map((network) => (
        <option key={network.slug} value={network.slug}>
          {network.name}
        </option>
      ))}
    </optgroup>
  );
}

function pageParams(search: URLSearchParams): Record<string, string> {
  const shared = new Set(['network', 'window', 'figure', 'range']);
  return Object.fromEntries([...search].filter(([key]) => !shared.has(key)));
}
