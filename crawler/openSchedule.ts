import type { DiscoveryProtocol } from '../lib/discoveryProtocols.ts';
import type { Clock, Logger, Random } from '../p2p/ports.ts';
import { bytesToKey } from '../p2p/wire/bytes.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import type { SchedulePolicy } from './crawl/backoff.ts';
import { ClaimDesk } from './crawl/claimDesk.ts';
import { Frontier } from './crawl/frontier.ts';
import type { LeaseStore } from './crawl/leaseStore.ts';
import { defaultFrontierLimits } from './crawl/roster.ts';
import { VisitWindow } from './crawl/visitWindow.ts';
import type { NetworkChoice } from './selectNetworks.ts';

export interface ScheduleDeps {
  readonly chosen: Pick<NetworkChoice, 'policy' | 'allowedCidrs' | 'isPrivate'>;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface ScheduleSettings {
  /** Visit every node, whatever others do: nothing is claimed. */
  readonly once: boolean;
  readonly maxVisits: number;
  readonly leaseMs: number;
  readonly schedule: SchedulePolicy;
}

/** Which nodes are visited when: known and due nodes, claims, and how many visits may be under way. */
export interface Schedule {
  readonly frontier: Frontier;
  readonly window: VisitWindow;
  readonly desk: ClaimDesk | null;
  readonly underWay: number;
  /** Never visits this node: it is one of ours. */
  disown(id: Uint8Array): void;
  /** A node answered us from this address; true = it is new. One that was silent is visited again. */
  meet(contact: NodeContact, now: number): boolean;
  /** A known node was named again: one that has long been silent is visited again. */
  namedAgain(contact: NodeContact, now: number): void;
  /** Visits a node that did not answer once more, now. */
  again(id: Uint8Array, now: number): void;
  /** A node answered after it was given up: it is visited again, and the window takes it into account. */
  answeredLate(id: Uint8Array, now: number, by: DiscoveryProtocol): void;
  /** How long the node that is due first has waited. */
  overdueMs(now: number): number;
}

export function openSchedule(deps: ScheduleDeps, settings: ScheduleSettings): Schedule {
  const { chosen, leases, clock, random, log } = deps;
  const frontier = new Frontier(chosen.policy, defaultFrontierLimits);
  const window = new VisitWindow(settings.maxVisits);
  const ownIds: Uint8Array[] = [];
  const reach = { allowedCidrs: chosen.allowedCidrs, publicUnicast: !chosen.isPrivate, exceptIds: ownIds };
  const size = (): number => window.size;
  const desk = settings.once
    ? null
    : new ClaimDesk({ frontier, leases, clock, random, log, reach, size }, settings.leaseMs);
  return {
    frontier,
    window,
    desk,
    get underWay() {
      return frontier.visiting - (desk?.ready ?? 0);
    },
    disown(id) {
      frontier.disown(id);
      ownIds.push(id);
    },
    meet(contact, now) {
      if (frontier.meet(contact, true, now) === 'added') return true;
      (desk ?? frontier).recall(contact.id, now);
      return false;
    },
    namedAgain(contact, now) {
      if (frontier.isWorthALook(contact.id, now, settings.schedule)) (desk ?? frontier).recall(contact.id, now);
    },
    again: (id, now) => void (desk ?? frontier).recall(id, now),
    answeredLate(id, now, by) {
      frontier.heard(id, by);
      (desk ?? frontier).recall(id, now);
      window.late(bytesToKey(id), now);
    },
    overdueMs: (now) => Math.max(0, now - (frontier.nextDueAt() ?? Number.POSITIVE_INFINITY)),
  };
}
