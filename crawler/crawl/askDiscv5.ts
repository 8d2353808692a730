import type { PongFinding } from '../../p2p/protocol/discv4Types.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import { hasRlpx } from '../../p2p/wire/readPlaces.ts';
import { type Ears, type Heard, tcpOf } from './askDiscv4.ts';
import type { VisitedRecord, VisitPlan } from './visit.ts';

/** discv5 as a visit needs it. */
export interface Discv5Port {
  /**
   * Asks for a PONG, for its record and, with `walks`, for whom it knows until the signal; null if the node is silent. Never
   * throws because of a peer.
   */
  visit(contact: NodeContact, walks: boolean, hears: Discv5Ears, signal: AbortSignal): Promise<Heard | null>;
}

interface Discv5Ears {
  pong(pong: PongFinding): void;
  /** Its own record; null where it did not show one. */
  record(record: VisitedRecord | null): void;
  /** Nodes that it has not named before. */
  named(nodes: readonly NodeContact[]): void;
}

/** PING, record and table; null if the node is silent. */
export function askDiscv5(
  port: Discv5Port,
  contact: NodeContact,
  plan: VisitPlan,
  ears: Ears,
  signal: AbortSignal,
): Promise<Heard | null> {
  const hears: Discv5Ears = {
    pong: () => ears.answered(),
    record(record) {
      if (record !== null) ears.dialAt(hasRlpx(record) ? contact.tcp || tcpOf(record, contact.ip) : 0);
      else if (contact.tcp > 0) ears.dialAt(contact.tcp);
    },
    named: (nodes) => ears.named(nodes),
  };
  return port.visit(contact, plan.findnode !== null, hears, signal);
}
