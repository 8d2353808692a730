import type { Rate } from '../../lib/tokenBucket.ts';
import type { SocketAddress } from '../ports.ts';
import type { Discv5MessageKind } from '../wire/discv5Message.ts';
import type { WireErrorCode } from '../wire/errors.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import { defaultSubnetLimits, type SubnetLimits } from './kademliaTable.ts';
import type { NamedRecord } from './knownRecords.ts';
import type { WaitLimits } from './roundTrip.ts';

/** What a discv5 machine wants done or known. The driver sends, counts and logs; the machine does none of it. */
export type Discv5Output = { readonly send: SentDiscv5 } | Discv5Event;

/** `knock`: random bytes that ask for a WHOAREYOU. The rest may be inside a handshake. */
export type SentDiscv5Kind = Discv5MessageKind | 'knock' | 'whoareyou';

interface SentDiscv5 {
  readonly kind: SentDiscv5Kind;
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
}

export type Discv5Event =
  /** A packet was dropped. */
  | { readonly event: 'rejected'; readonly code: Discv5RejectCode; readonly from: SocketAddress }
  /** A message of a session was accepted, or a WHOAREYOU that we caused. */
  | { readonly event: 'received'; readonly kind: Discv5MessageKind | 'whoareyou'; readonly from: SocketAddress }
  /** A node proved its key at its address by a handshake that it began. */
  | { readonly event: 'met'; readonly record: NamedRecord; readonly from: SocketAddress }
  /** A node answered our PING. */
  | { readonly event: 'proven'; readonly node: NodeContact; readonly pong: Discv5Pong }
  /** An answer to a request that was given up: the node is there, but one of us is slow. */
  | { readonly event: 'late'; readonly node: NodeContact; readonly rttMs: number }
  /** The end of what `request` started. */
  | { readonly event: 'answered'; readonly ticket: number; readonly outcome: Discv5Outcome };

/** Why a packet was dropped, in addition to the codes of WireError. */
export const discv5DropCodes = ['unsolicited', 'replayed', 'rateLimited', 'addressRefused', 'ownId'] as const;
export type Discv5RejectCode = (typeof discv5DropCodes)[number] | WireErrorCode;

/** What may be asked of a node. */
export type Discv5Request =
  | { readonly kind: 'ping' }
  /** 0 to 256; 0 = its own record. */
  | { readonly kind: 'findnode'; readonly distances: readonly number[] }
  | { readonly kind: 'talkreq'; readonly protocol: Uint8Array; readonly data: Uint8Array };

interface Discv5Pong {
  readonly enrSeq: bigint;
  /** Our address as the peer saw it; null where its bytes are none. */
  readonly ourIp: string | null;
  readonly ourUdp: number;
}

export interface FoundNodes {
  /** Those at distances that were asked for, each node once, with an address that this peer may name. */
  readonly records: readonly NamedRecord[];
  /** Records at distances that nobody asked for: no honest node sends one. They are not taken. */
  readonly misplaced: number;
  /** Records that are no valid ones. */
  readonly invalid: number;
  /** Records left out: our own, without address, special or private addresses, low ports. */
  readonly refused: number;
  /** NODES that came, and how many the peer said there are. */
  readonly packets: number;
  readonly total: number;
}

/** How an answered request went. */
interface Exchange {
  readonly rttMs: number;
  /** Packets of both sides, those of a handshake too. */
  readonly sent: number;
  readonly received: number;
}

export type Discv5Outcome =
  | ({ readonly code: 'ok'; readonly kind: 'ping' } & Discv5Pong & Exchange)
  | ({ readonly code: 'ok'; readonly kind: 'findnode' } & FoundNodes & Exchange)
  | ({ readonly code: 'ok'; readonly kind: 'talkreq'; readonly data: Uint8Array } & Exchange)
  | { readonly code: Discv5Failure; readonly sent: number; readonly received: number };

/**
 * `silent`: nothing came at all. `timeout`: a WHOAREYOU or a part came, but no whole answer. `handshakeFailed`: it asked
 * for handshake after handshake. `badKey`: its public key is none. `badAnswer`: NODES that say they are more than a table
 * can fill. `pendingFull`: too much is in flight. `closed`: we stopped.
 */
export type Discv5Failure =
  | 'silent'
  | 'timeout'
  | 'handshakeFailed'
  | 'badKey'
  | 'badAnswer'
  | 'addressRefused'
  | 'pendingFull'
  | 'closed';

/** All limits and times of the machine; durations in ms. */
export interface Discv5Limits extends WaitLimits {
  /** Attempts of one request, and the same if packets are seen to get lost. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Handshakes in one request: a peer may ask again when ours was lost. */
  readonly maxHandshakes: number;
  /** Wait for the rest of an answer of several NODES. */
  readonly nodesGraceMs: number;
  readonly maxInFlight: number;
  /** Packets of given up requests that are remembered, in case that answers come late. */
  readonly maxLate: number;
  readonly maxSessions: number;
  /** Messages remembered, so that none counts twice. */
  readonly maxSeen: number;
  /** WHOAREYOUs that wait for their handshake, and for how long. */
  readonly maxChallenges: number;
  readonly challengeMs: number;
  /** WHOAREYOUs to one source, and in all. */
  readonly challengesPerSource: Rate;
  readonly challengesInAll: Rate;
  readonly maxRecords: number;
  /** Packets within any second that we send to a peer without being asked. */
  readonly perPeerASecond: number;
  /** Packets accepted from one source. `perPort`: a source is an (IP, port), for hosts with many nodes. */
  readonly inbound: Rate;
  readonly perPort: boolean;
  readonly maxSources: number;
  /** Records with UDP ports below this are ignored. */
  readonly minNeighborPort: number;
  readonly subnets: SubnetLimits | null;
  /** How long after its last answer a table node is still given out. */
  readonly liveMs: number;
  /** How often, on average, the oldest node of some bucket of the table is pinged; null = never. */
  readonly revalidateMs: number | null;
}

export const defaultDiscv5Limits: Discv5Limits = {
  firstTimeoutMs: 1000,
  minTimeoutMs: 500,
  maxTimeoutMs: 3000,
  attempts: 2,
  maxAttempts: 7,
  maxHandshakes: 3,
  nodesGraceMs: 500,
  maxInFlight: 4096,
  maxLate: 16_384,
  maxSessions: 32_768,
  maxSeen: 16_384,
  maxChallenges: 8_192,
  // As long as others wait for a handshake: geth and sigp 1 s, nim 2 s.
  challengeMs: 2_000,
  challengesPerSource: { perSecond: 10, burst: 20 },
  // Each may cost the curve work of three handshakes; discv4 heeds as many questions.
  challengesInAll: { perSecond: 500, burst: 1_000 },
  maxRecords: 65_536,
  perPeerASecond: 6,
  inbound: { perSecond: 20, burst: 100 },
  perPort: false,
  maxSources: 20_000,
  minNeighborPort: 1025,
  subnets: defaultSubnetLimits,
  liveMs: 6 * 60 * 60_000,
  revalidateMs: 10_000,
};

/** For networks with `allowedCidrs` (private chains, loopback): many nodes may share an IP and a network. */
export const privateDiscv5Limits: Discv5Limits = {
  ...defaultDiscv5Limits,
  inbound: { perSecond: 100, burst: 500 },
  challengesPerSource: { perSecond: 100, burst: 200 },
  challengesInAll: { perSecond: 2_000, burst: 4_000 },
  perPort: true,
  minNeighborPort: 1,
  subnets: null,
};
