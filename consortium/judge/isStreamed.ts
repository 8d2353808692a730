import type { MemberRef } from '../ask/round.ts';
import { memberKey } from './membership.ts';
import type { RoundTally } from './tallyRound.ts';

/**
 * Whether other members have a live Raft stream to the one behind an endpoint; null: none can tell. An endpoint that never
 * gave a view may be any member that no other endpoint is, so all of those must have one.
 */
export function isStreamed(
  tally: RoundTally | null,
  selves: ReadonlyMap<string, MemberRef>,
  endpoint: string,
): boolean | null {
  const self = selves.get(endpoint);
  const known = new Set([...selves.values()].map(memberKey));
  // BOUNDED: by the members that views list
  const active = new Map<string, boolean>();
  for (const { view, self: observer } of tally?.nodes ?? []) {
    for (const entry of view?.entries ?? []) {
      const key = memberKey(entry);
      if (entry.active === undefined || (observer !== null && memberKey(observer) === key)) continue;
      if (self === undefined ? known.has(key) : memberKey(self) !== key) continue;
      active.set(key, entry.active || active.get(key) === true);
    }
  }
  return active.size === 0 ? null : [...active.values()].every((up) => up);
}
