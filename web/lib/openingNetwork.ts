import type { ListNetworksResponse } from '../../api/contract/networks.ts';

/**
 * The network of a page: the one in its address, or else the first watched one. If none is watched, or before that is
 * known: `all`, everything the crawl has found.
 */
export function openingNetwork(asked: string | null, listed: ListNetworksResponse | null): string {
  return asked ?? listed?.watched[0] ?? 'all';
}
