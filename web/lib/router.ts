import type { CountWindow, Population } from '../../api/contract/common.ts';

/** Pages whose path is their name. */
export const sections = ['forks', 'clients', 'nodes', 'raft', 'about'] as const;
type Section = (typeof sections)[number];

/** Everything that can be in the address bar. Pages and filters are links: they can be shared, and Back works. */
export type Route =
  | { readonly at: 'overview' }
  | { readonly at: Section }
  | { readonly at: 'node'; readonly id: string }
  | { readonly at: 'raftCluster'; readonly cluster: string }
  | { readonly at: 'notFound'; readonly path: string };

export type Figure = 'ids' | 'ips';
export const ranges = ['day', 'week', 'month', 'year'] as const;
export type Range = (typeof ranges)[number];

/** Choices for every page. `network` null = not given; the page takes the first watched one. */
export interface View {
  readonly network: string | null;
  readonly window: CountWindow;
  readonly figure: Figure;
  readonly range: Range;
}

const clusterPattern = /^[a-z0-9][a-z0-9-]{0,39}$/;

export function parseRoute(pathname: string): Route {
  const parts = pathname.split('/').filter((part) => part !== '');
  const [first, second, third] = parts;
  if (first === undefined) return { at: 'overview' };
  if (second === undefined) {
    const section = sections.find((name) => name === first);
    if (section !== undefined) return { at: section };
  } else if (first === 'nodes' && third === undefined && /^(0x)?(?:[0-9a-fA-F]{64}){1,2}$/.test(second)) {
    return { at: 'node', id: second.replace(/^0x/, '').toLowerCase() };
  }
  if (first === 'raft' && second !== undefined && third === undefined && clusterPattern.test(second)) {
    return { at: 'raftCluster', cluster: second };
  }
  return { at: 'notFound', path: pathname };
}

export function routePath(route: Route): string {
  switch (route.at) {
    case 'overview':
      return '/';
    case 'node':
      return `/nodes/${route.id}`;
    case 'raftCluster':
      return `/raft/${route.cluster}`;
    case 'notFound':
      return route.path;
    default:
      return `/${route.at satisfies Section}`;
  }
}

const networkPattern = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Unknown values are dropped, so an old or mistyped link still opens. */
export function parseView(search: URLSearchParams): View {
  const network = search.get('network');
  const range = ranges.find((name) => name === search.get('range'));
  return {
    network: network !== null && networkPattern.test(network) ? network : null,
    window: search.get('window') === 'now' ? 'now' : 'day',
    figure: search.get('figure') === 'ips' ? 'ips' : 'ids',
    range: range ?? 'week',
  };
}

/** Default values stay out of the address. */
function viewSearch(view: View): URLSearchParams {
  const search = new URLSearchParams();
  if (view.network !== null) search.set('network', view.network);
  if (view.window !== 'day') search.set('window', view.window);
  if (view.figure !== 'ids') search.set('figure', view.figure);
  if (view.range !== 'week') search.set('range', view.range);
  return search;
}

export function routeUrl(route: Route, view: View, more: Readonly<Record<string, string | undefined>> = {}): string {
  const search = viewSearch(view);
  for (const [key, value] of Object.entries(more)) if (value !== undefined && value !== '') search.set(key, value);
  const query = search.toString();
  return query === '' ? routePath(route) : `${routePath(route)}?${query}`;
}

/** The filters of the list of nodes. Empty text = no filter. */
export interface NodeFilters {
  readonly population: Population;
  readonly client: string;
  readonly forkHash: string;
  readonly forkClass: string;
  readonly identity: string;
  readonly q: string;
  readonly cursor: string;
}

export const nodePopulations: readonly Population[] = ['alive', 'reachable', 'identified', 'inboundOnly', 'seen'];

export function parseNodeFilters(search: URLSearchParams): NodeFilters {
  return {
    population: nodePopulations.find((name) => name === search.get('population')) ?? 'alive',
    client: search.get('client') ?? '',
    forkHash: search.get('forkHash') ?? '',
    forkClass: search.get('forkClass') ?? '',
    identity: search.get('identity') ?? '',
    q: search.get('q') ?? '',
    cursor: search.get('cursor') ?? '',
  };
}

export function nodeFilterParams(filters: NodeFilters): Record<string, string | undefined> {
  return { ...filters, population: filters.population === 'alive' ? undefined : filters.population };
}
