import { badParameter } from '../http/errors.ts';

const defaultRangeMs = 7 * 86_400_000;

/** The range of a query; by default the last seven days. */
export function readRange(query: { from?: string | undefined; to?: string | undefined }, now: number) {
  const to = query.to === undefined ? new Date(now) : new Date(query.to);
  const from = query.from === undefined ? new Date(to.getTime() - defaultRangeMs) : new Date(query.from);
  if (from >= to) throw badParameter('from', 'must be before `to`');
  return { from, to };
}
