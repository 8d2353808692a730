import { toIso } from '../../lib/time.ts';
import type { Cut } from '../contract/common.ts';
import type { Series } from '../contract/counts.ts';
import type { PointRow } from '../queries/selectCountPoints.ts';
import type { ForkRow } from '../queries/selectNetworks.ts';
import { fillGaps } from './fillGaps.ts';
import { nameKey, otherKey } from './nameKey.ts';

/** Rows in order of rank to series in the same order; nodes without a value come last. */
export function toSeries(
  rows: readonly PointRow[],
  counted: readonly number[],
  cut: Cut,
  forks: readonly ForkRow[],
): Series[] {
  if (rows.length === 0 && cut === 'total' && counted.length > 0) {
    return [{ ...nameKey(cut, [], forks), points: toPoints([], counted) }];
  }
  const byRank = new Map<number, PointRow[]>();
  for (const row of rows) {
    const rank = row.rank === 0 ? Number.POSITIVE_INFINITY : row.rank;
    const points = byRank.get(rank);
    if (points === undefined) byRank.set(rank, [row]);
    else points.push(row);
  }
  return [...byRank]
    .sort(([a], [b]) => a - b)
    .map(([, points]) => {
      const key = points[0]?.key ?? null;
      return {
        ...(key === null ? otherKey : nameKey(cut, key, forks)),
        points: toPoints(points, counted),
      };
    });
}

function toPoints(points: readonly PointRow[], counted: readonly number[]): Series['points'] {
  return fillGaps(points, counted).map(({ at, ids, ips }) => ({ at: toIso(at), ids, ips }));
}
