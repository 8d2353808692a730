import type { Population } from '../contract/common.ts';

export interface Proofs {
  readonly lastSeen: Date;
  readonly lastAlive: Date | null;
  readonly lastReachable: Date | null;
  readonly lastInbound: Date | null;
  readonly lastIdentified: Date | null;
}

/** The populations in which these proofs put a node; queries/populationFilter.ts does the same in SQL. */
export function populationsOf(proofs: Proofs, since: Date): Population[] {
  const within = (at: Date | null) => at !== null && at > since;
  const found: [Population, boolean][] = [
    ['seen', within(proofs.lastSeen)],
    ['alive', within(proofs.lastAlive)],
    ['reachable', within(proofs.lastReachable)],
    ['identified', within(proofs.lastIdentified) && (within(proofs.lastReachable) || within(proofs.lastInbound))],
    ['inboundOnly', within(proofs.lastInbound) && !within(proofs.lastReachable)],
  ];
  return found.filter(([, holds]) => holds).map(([population]) => population);
}
