import { hostKey } from '../../lib/ipAddress.ts';
import type { Rate } from '../../lib/tokenBucket.ts';
import type { SocketAddress } from '../ports.ts';
import type { Discv4Kind } from '../wire/discv4.ts';
import type { Enr } from '../wire/enr.ts';
import type { WireErrorCode } from '../wire/errors.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { SubnetLimits } from './kademliaTable.ts';
import { defaultSubnetLimits } from './kademliaTable.ts';
import type { StrangerLimits } from './strangerCredit.ts';

/** What a discv4 machine wants done or known. The driver sends, counts and logs; the machine does none of it. */
export type Discv4Output = { readonly send: SentPacket } | Discv4Event;

export interface SentPacket {
  readonly kind: Discv4Kind;
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
}

export type Discv4Event =
  /** A packet was dropped. */
  | { readonly event: 'rejected'; readonly code: Discv4RejectCode; readonly from: SocketAddress }
  /** A packet from a proven sender was accepted. */
  | { readonly event: 'received'; readonly kind: Discv4Kind; readonly from: SocketAddress }
  /** A node proved its key at its address, no matter which side asked first. */
  | { readonly event: 'proven'; readonly node: NodeContact; readonly pong: PongFinding }
  /** The PONG to a PING that was given up: the node is there, but one of us is slow. */
  | { readonly event: 'late'; readonly node: NodeContact; readonly rttMs: number }
  /** A node named these when our table was refreshed; nothing is proven about them. */
  | { readonly event: 'named'; readonly by: NodeContact; readonly nodes: readonly NodeContact[] }
  /** A node pinged us and is not proven yet; its TCP port is its own claim. */
  | { readonly event: 'pinged'; readonly node: NodeContact; readonly enrSeq: bigint | null }
  /** The end of what `request` started. */
  | { readonly event: 'answered'; readonly ticket: number; readonly outcome: Discv4Outcome };

/** Why a packet was dropped, in addition to the codes of WireError. The same strings are metric labels. */
export const discv4DropCodes = [
  'expired',
  'unsolicited',
  'unproven',
  'rateLimited',
  'addressRefused',
  'ownId',
  'pendingFull',
] as const;
export type Discv4RejectCode = (typeof discv4DropCodes)[number] | WireErrorCode;

/** What may be asked of a node. */
export type Discv4Request =
  | { readonly kind: 'ping' }
  | { readonly kind: 'enr' }
  /** `target`: 64 bytes, any; the node looks near keccak256 of it. */
  | { readonly kind: 'findnode'; readonly target: Uint8Array };

export interface PongFinding {
  readonly rttMs: number;
  readonly enrSeq: bigint | null;
  /** Our address as the peer saw it; null where its bytes are none. */
  readonly ourIp: string | null;
  readonly ourUdp: number;
  /** How far its clock is ahead of ours, negative if it is behind; null = right, as far as can be told. */
  readonly clockSkewMs: number | null;
}

export type Discv4Outcome =
  | ({ readonly code: 'ok'; readonly kind: 'ping' } & PongFinding)
  | { readonly code: 'ok'; readonly kind: 'enr'; readonly enr: Enr; readonly rttMs: number }
  | {
      readonly code: 'ok';
      readonly kind: 'findnode';
      /** The records that this sender may name; nothing is proven about them. */
      readonly neighbours: readonly NodeContact[];
      /** Records left out: own, special or private addresses, low ports, keys off the curve. */
      readonly refused: number;
      readonly packets: number;
      readonly rttMs: number;
    }
  | { readonly code: Discv4Failure; readonly wireCode: WireErrorCode | null };

/**
 * `pingTimeout`: no PONG, so nothing was asked. `timeout`: proven, but this request was not answered. `badRecord`: the
 * answer to an ENRRequest is not a valid record of this node. `busy`: the same request to it is already under way.
 * `pendingFull`: too much is in flight. `closed`: we stopped.
 */
const discv4Failures = [
  'pingTimeout',
  'timeout',
  'badRecord',
  'addressRefused',
  'busy',
  'pendingFull',
  'closed',
] as const;
export type Discv4Failure = (typeof discv4Failures)[number];

/** All limits and times of the machine; durations in ms. */
export interface Discv4Limits {
  /** Validity of what we sign; geth and Besu refuse nothing below a minute. Whole seconds. */
  readonly expirationMs: number;
  /** The same of a PING that is sent again: by a clock that is ahead of ours the first had expired. */
  readonly patientExpirationMs: number;
  /** Wait for a first answer, before any round trip has been measured. */
  readonly firstTimeoutMs: number;
  /** Bounds of the wait once round trips are known (RFC 6298: smoothed time + 4 deviations). */
  readonly minTimeoutMs: number;
  readonly maxTimeoutMs: number;
  /** Attempts of one request; each is signed again, and each wait is twice the one before. */
  readonly attempts: number;
  /** The same if packets are seen to get lost. */
  readonly maxAttempts: number;
  /** Abandoned PINGs whose PONG is still accepted. */
  readonly maxLate: number;
  /** Wait for more NEIGHBORS after one of 12 records or more: the rest of a reply comes back to back. */
  readonly neighborsGraceMs: number;
  /** The same after a shorter packet: it is the last of its reply unless the network reordered them. */
  readonly reorderGraceMs: number;
  /** Wait for the peer's own PING after its PONG: it will not answer queries before our PONG (geth waits 500). */
  readonly bondWaitMs: number;
  /** Time that the peer gets between our PONG and our query. */
  readonly bondSettleMs: number;
  /** How long a peer is assumed to hold our endpoint proof; reth forgets it after an hour. */
  readonly bondFreshMs: number;
  /** Requests and PINGs in flight, in all. */
  readonly maxInFlight: number;
  /** Nodes whose round trip and bond are remembered, and endpoint proofs held. */
  readonly maxPeers: number;
  readonly maxProofs: number;
  /** Packets accepted from one source. `perPort`: a source is an (IP, port), for hosts with many nodes. */
  readonly inbound: Rate;
  /** Packets sent to one address; requests wait, answers do not but count (reth drops beyond 60 a minute). */
  readonly outbound: Rate;
  readonly perPort: boolean;
  readonly maxSources: number;
  /** Neighbours with UDP ports below this are ignored (geth: 1025). */
  readonly minNeighborPort: number;
  readonly subnets: SubnetLimits | null;
  /** How long after its last PONG a table node is still given out. */
  readonly liveMs: number;
  /** How often, on average, the oldest node of some bucket of the table is pinged; null = never. */
  readonly revalidateMs: number | null;
  /** How often, on average, nodes near us and near random places are looked for; null = never. */
  readonly refreshMs: number | null;
  /** Requests accepted in total, except from nodes that we are asking: each costs a key recovery before its sender is known. */
  readonly questions: Rate;
  /** What senders without endpoint proof may cost. */
  readonly strangers: StrangerLimits;
}

export const defaultDiscv4Limits: Discv4Limits = {
  expirationMs: 20_000,
  patientExpirationMs: 24 * 60 * 60_000,
  firstTimeoutMs: 1000,
  minTimeoutMs: 500,
  maxTimeoutMs: 3000,
  attempts: 2,
  maxAttempts: 7,
  maxLate: 20_000,
  neighborsGraceMs: 250,
  reorderGraceMs: 60,
  bondWaitMs: 500,
  bondSettleMs: 30,
  bondFreshMs: 30 * 60_000,
  maxInFlight: 4096,
  maxPeers: 20_000,
  maxProofs: 50_000,
  inbound: { perSecond: 20, burst: 100 },
  outbound: { perSecond: 45 / 60, burst: 45 },
  perPort: false,
  maxSources: 20_000,
  minNeighborPort: 1025,
  subnets: defaultSubnetLimits,
  liveMs: 6 * 60 * 60_000,
  revalidateMs: 10_000,
  refreshMs: 30 * 60_000,
  questions: { perSecond: 500, burst: 1000 },
  strangers: { perSource: { perSecond: 8, burst: 512 }, inAll: { perSecond: 65_536, burst: 65_536 } },
};

/** For networks with `allowedCidrs` (private chains, loopback): many nodes may share an IP and a network. */
export const privateDiscv4Limits: Discv4Limits = {
  ...defaultDiscv4Limits,
  inbound: { perSecond: 100, burst: 500 },
  outbound: { perSecond: Number.POSITIVE_INFINITY, burst: 1 },
  perPort: true,
  questions: { perSecond: 2000, burst: 4000 },
  strangers: { ...defaultDiscv4Limits.strangers, inAll: { perSecond: 1 << 20, burst: 1 << 20 } },
  minNeighborPort: 1,
  subnets: null,
};

/** The bucket that a remote address counts against. */
export function sourceKey(address: SocketAddress, perPort: boolean): string {
  return perPort ? `${address.ip} ${address.port}` : hostKey(address.ip);
}
