import { toIso } from '../../lib/time.ts';
import type { NodeResponse } from '../contract/nodes.ts';
import type { HostRow, SightRow } from '../queries/selectHost.ts';

/** From so many IDs on, an IP whose keys come and go is said to rotate them. */
const fewestRotated = 8;

/**
 * Many stable nodes on an IP are a host or a NAT; where at least half of a day's IDs are new, and at least half are gone
 * again, somebody makes keys.
 */
export function toHost({ ids, answering, fresh, capped }: HostRow): NodeResponse['host'] {
  const rotatesKeys = ids >= fewestRotated && fresh * 2 >= ids && answering * 2 <= ids;
  return { ids, answering, capped, rotatesKeys };
}

export function toSight(row: SightRow): NodeResponse['sights'][number] {
  return {
    vantage: row.vantage,
    lastVisitAt: toIso(row.lastVisit),
    lastAliveAt: toIso(row.lastAlive),
    lastReachableAt: toIso(row.lastReachable),
    lastInboundAt: toIso(row.lastInbound),
  };
}
