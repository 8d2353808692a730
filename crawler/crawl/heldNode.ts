import { keyToBytes } from '../../p2p/wire/bytes.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { SpokenBits } from './askOrder.ts';
import type { OtherAddresses } from './otherAddresses.ts';

/** A node that we know of: proven or only named. */
export interface FrontierNode {
  readonly id: Uint8Array;
  /** `bytesToKey` of it. */
  readonly idKey: string;
  ip: string;
  udp: number;
  tcp: number;
  /** It answered a PING, or completed a handshake, at this very address. */
  proven: boolean;
  /** Dialled even without a PONG: the operator gave it, or it dialled us. */
  direct: boolean;
  /** It answered us from this IP, or dialled us from there: bounds prefer it to those that were only named. */
  met: boolean;
  /** The operator gave it: bounds neither refuse nor forget it. */
  given: boolean;
  /** Other addresses that somebody named; asked only when the first is silent. */
  others: OtherAddresses | null;
  readonly firstSeenAt: number;
  /** When it answered last: a PONG or, where it was dialled without one, a handshake. */
  lastAliveAt: number | null;
  failures: number;
  visits: number;
  visiting: boolean;
  /** The IP that named it first; null once that was rewarded, or where nobody did. */
  namedBy: string | null;
  /** Its place in the queue; entries there with another time no longer count. */
  dueAt: number;
  /** When somebody named it last, as far as that was noted. */
  mentionedAt: number;
  /** Not to be dialled before, ms since the epoch: it said too many peers. null = at any visit. */
  dialAt: number | null;
  /** By which protocols it answered and was silent. */
  spoken: SpokenBits;
}

/**
 * A node as stored in memory, up to a million of them: its key exists once, as the text that is the Map's key. A separate
 * byte array would take more memory than everything else.
 */
export class HeldNode implements FrontierNode {
  readonly idKey: string;
  ip: string;
  udp: number;
  tcp: number;
  proven: boolean;
  direct: boolean;
  met: boolean;
  given: boolean;
  others: OtherAddresses | null;
  readonly firstSeenAt: number;
  lastAliveAt: number | null;
  failures: number;
  visits: number;
  visiting: boolean;
  namedBy: string | null;
  dueAt: number;
  mentionedAt: number;
  dialAt: number | null;
  spoken: SpokenBits;

  constructor(node: Omit<FrontierNode, 'id'>) {
    this.idKey = node.idKey;
    this.ip = node.ip;
    this.udp = node.udp;
    this.tcp = node.tcp;
    this.proven = node.proven;
    this.direct = node.direct;
    this.met = node.met;
    this.given = node.given;
    this.others = node.others;
    this.firstSeenAt = node.firstSeenAt;
    this.lastAliveAt = node.lastAliveAt;
    this.failures = node.failures;
    this.visits = node.visits;
    this.visiting = node.visiting;
    this.namedBy = node.namedBy;
    this.dueAt = node.dueAt;
    this.mentionedAt = node.mentionedAt;
    this.dialAt = node.dialAt;
    this.spoken = node.spoken;
  }

  get id(): Uint8Array {
    return keyToBytes(this.idKey);
  }
}

/** A node of which nothing is known yet. */
export function newcomer(
  idKey: string,
  { ip, udp, tcp }: NodeContact,
  { now, namedBy }: { readonly now: number; readonly namedBy: string | null },
): Omit<FrontierNode, 'id'> {
  return {
    idKey,
    ip,
    udp,
    tcp,
    proven: false,
    direct: false,
    met: false,
    given: false,
    others: null,
    firstSeenAt: now,
    lastAliveAt: null,
    failures: 0,
    visits: 0,
    visiting: false,
    mentionedAt: 0,
    dialAt: null,
    spoken: 0,
    namedBy,
    dueAt: 0,
  };
}
