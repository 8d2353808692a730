import type { VantageRow } from '../queries/selectVantages.ts';

/** A crawler that has not beaten for this long is taken for dead, ms. */
export const silentAfterMs = 300_000;

/**
 * Slugs of the `known` networks that crawlers watch, in the order of their configurations, crawlers by name. Where none
 * is alive, those that were alive last count: a page does not change because crawlers rest.
 */
export function toWatched(vantages: readonly VantageRow[], known: readonly string[]): string[] {
  const newest = Math.max(...vantages.map(({ lastBeat }) => lastBeat.getTime()));
  const slugs = vantages
    .filter(({ lastBeat }) => newest - lastBeat.getTime() <= silentAfterMs)
    .toSorted((a, b) => (a.vantage < b.vantage ? -1 : 1))
    .flatMap(({ networks }) => networks);
  return [...new Set(slugs)].filter((slug) => known.includes(slug));
}
