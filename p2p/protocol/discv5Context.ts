import type { Random } from '../ports.ts';
import type { Enr } from '../wire/enr.ts';
import type { Curve } from '../wire/secp256k1.ts';
import type { AddressPolicy, SendBudget } from './discv4Context.ts';
import type { Discv5Sessions } from './discv5Sessions.ts';
import type { Discv5Limits } from './discv5Types.ts';
import type { KademliaTable } from './kademliaTable.ts';
import type { KnownRecords } from './knownRecords.ts';

/** A record that may be named to those who may be told of its address; null = to anybody. */
export interface NamedAt {
  readonly ip: string | null;
  readonly bytes: Uint8Array;
}

/** What the client and the responder of one identity share. */
export interface Discv5Context {
  readonly curve: Curve;
  readonly privateKey: Uint8Array;
  /** keccak256 of our public key. */
  readonly hash: Uint8Array;
  readonly limits: Discv5Limits;
  readonly addressPolicy: AddressPolicy;
  readonly random: Random;
  readonly sessions: Discv5Sessions;
  readonly table: KademliaTable;
  readonly known: KnownRecords;
  /** What may be sent in all, beside the pace to a peer; null = any number. */
  readonly budget: SendBudget | null;
  /** Our current record. */
  enr(): Enr;
  /** The records that we name at a distance from us, at `now`. */
  recordsAt(distance: number, now: number): readonly NamedAt[];
}
