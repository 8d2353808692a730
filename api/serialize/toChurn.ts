import { toIso } from '../../lib/time.ts';
import { type ChurnFigures, type ChurnResponse, churnWindows, type Presence } from '../contract/churn.ts';
import type { ChurnRow, NewestSession, PresenceRow } from '../queries/selectChurn.ts';
import { nameKey } from './nameKey.ts';

/** One entry for each window, in their order. */
export function toChurn(rows: readonly ChurnRow[]): ChurnResponse['windows'] {
  return churnWindows.flatMap((window) => {
    const own = rows.filter((row) => row.window === window);
    const total = own.find(({ cut }) => cut === 'total');
    if (total === undefined) return [];
    const clients = own.filter(({ cut }) => cut === 'client');
    return {
      window,
      watched: round(total.watched),
      partial: total.partial,
      total: toFigures(total),
      clients: clients.map((row) => ({ ...nameKey('client', [row.key], []), ...toFigures(row) })),
    };
  });
}

function toFigures(row: ChurnRow): ChurnFigures {
  return {
    nodes: row.nodes,
    joined: { ids: row.joinedIds, ips: row.joinedIps },
    left: { ids: row.leftIds, ips: row.leftIps },
    rotating: row.rotating,
    sessions: row.sessions,
    medianSession: row.median === null ? null : Math.round(row.median),
    medianSessionAtLeast: row.atLeast === null ? null : Math.round(row.atLeast),
    uptime: row.uptime === null ? null : round(row.uptime),
  };
}

export function toPresence(rows: readonly PresenceRow[], newest: NewestSession | null): Presence | null {
  if (newest === null) return null;
  return {
    upSinceAt: newest.open ? toIso(newest.from) : null,
    beginningSeen: newest.begun,
    windows: churnWindows.map((window) => {
      const row = rows.find((each) => each.window === window);
      const share = row === undefined || row.watched <= 0 ? null : row.up / row.watched;
      return {
        window,
        uptime: share === null ? null : round(Math.min(1, Math.max(0, share))),
        sessions: row?.sessions ?? 0,
      };
    }),
  };
}

/** A share of days needs no more. */
function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
