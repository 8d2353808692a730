import type { NetworkRow } from '../queries/selectNetworks.ts';

/** Slugs of the networks that crawlers watch, in the order of their configurations. */
export function watchedOf(rows: readonly NetworkRow[]): string[] {
  return rows
    .flatMap(({ slug, place }) => (place === null ? [] : { slug, place }))
    .sort((a, b) => a.place - b.place)
    .map(({ slug }) => slug);
}
