import type { VantageRow } from '../queries/selectVantages.ts';

/** A crawler without a heartbeat for this long counts as dead, ms. */
export const silentAfterMs = 300_000;

/**
 * Slugs of the `known` networks that crawlers watch, in the order of their configurations, with crawlers sorted by name.
 * If no crawler is alive, those that were alive last count, so that pages do not change while crawlers are down.
 */
export function toWatched(vantages: readonly VantageRow[], known: readonly string[]): string[] {
  const newest = Math.max(...vantages.map(({ lastBeat }) => lastBeat.getTime()));
  const slugs = vantages
    .filter(({ lastBeat }) => newest - lastBeat.getTime() <= silentAfterMs)
    .toSorted((a, b) => (a.vantage < b.vantage ? -1 : 1))
    .flatMap(({ networks }) => networks);
  return [...new Set(slugs)].filter((slug) => known.includes(slug));
}
