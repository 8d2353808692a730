import type { ListNetworksResponse, Network } from '../../api/contract/networks.ts';

/**
 * The network of a page: the one in its address, or else the first watched one. If none is watched, or before that is
 * known: `all`, everything the crawl has found.
 */
export function openingNetwork(asked: string | null, listed: ListNetworksResponse | null): string {
  return asked ?? listed?.watched[0] ?? 'all';
}

/** The watched networks in the order of their configuration, then the others by slug. */
export function inOrder(listed: ListNetworksResponse | null): readonly Network[] {
  if (listed === null) return [];
  const { networks, watched } = listed;
  const first = watched.flatMap((slug) => networks.find((network) => network.slug === slug) ?? []);
  return [...first, ...networks.filter((network) => !first.includes(network))];
}
