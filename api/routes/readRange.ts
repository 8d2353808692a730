import { badParameter } from '../errors.ts';

const defaultRangeMs = 7 * 86_400_000;

/** The range that a query asks for: the last seven days where it does not say. */
export function readRange(query: { from?: string | undefined; to?: string | undefined }, now: number) {
  const to = query.to === undefined ? new Date(now) : new Date(query.to);
  const from = query.from === undefined ? new Date(to.getTime() - defaultRangeMs) : new Date(query.from);
  if (from >= to) throw badParameter('from', 'must be before `to`');
  return { from, to };
}
