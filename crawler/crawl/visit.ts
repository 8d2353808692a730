/**
 * The shapes of one visit to one node: the interface through which the crawl loop, the fork judges and the store deal
 * with a node. A plan goes in, an outcome comes out; each step depends on the one before.
 */

import type { PongFinding } from '../../p2p/protocol/discv4Types.ts';
import type { HeaderWants, RlpxOutcome } from '../../p2p/protocol/rlpxOutcome.ts';
import type { EnrContent } from '../../p2p/wire/enr.ts';
import type { ForkId } from '../../p2p/wire/forkId.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';

export interface VisitPlan {
  /** Ask for the node's record (discv4 ENRRequest). */
  readonly enr: boolean;
  /** Walk its buckets from the farthest inward, with at most this many FINDNODEs; null = do not. */
  readonly findnode: { readonly maxQueries: number } | null;
  /** Dial TCP; false = not yet again, because it said too many peers. */
  readonly dial: boolean;
  /** Dial even without a fresh PONG: somebody who may say so vouched for its TCP port, or it has no UDP port at all. */
  readonly direct: boolean;
  readonly headers: HeaderWants;
}

/** How far a visit got. Each stage includes those before it, only `pong` may be missing: see `VisitPlan.direct`. */
export const visitStages = ['none', 'pong', 'tcp', 'auth', 'hello', 'status', 'headers'] as const;
export type VisitStage = (typeof visitStages)[number];

/**
 * Why a visit went no further. The same strings are metric labels and rows of the table `codes`.
 * `ok` = everything planned was done. `notDialled` = no TCP port known. `pingTimeout` = nor was it dialled. `dialPaused` = planned without a dial.
 */
export const visitCodes = [
  'ok',
  'notDialled',
  'dialPaused',
  'addressRefused',
  'pingTimeout',
  'dialTimeout',
  'dialRefused',
  'dialUnreachable',
  'dialThrottled',
  'authTimeout',
  'authFailed',
  'closedEarly',
  'disconnected',
  'helloTimeout',
  'noEth',
  'statusTimeout',
  'headersTimeout',
  'protocolError',
  'sessionTimeout',
  'aborted',
] as const;
export type VisitCode = (typeof visitCodes)[number];

/** What a visit keeps of its session. */
export type SessionFinding = Pick<
  RlpxOutcome,
  'stage' | 'code' | 'remoteReason' | 'wireCode' | 'hello' | 'status' | 'headers'
>;

/** What one visit found out. What was learned before a failure is kept. */
export interface VisitOutcome extends Omit<SessionFinding, 'stage' | 'code'> {
  /** Immutable key, made before the visit starts: 32 hex digits of a UUIDv7 (time-ordered). */
  readonly key: string;
  readonly contact: NodeContact;
  readonly direction: 'outbound' | 'inbound';
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly tookMs: number;
  readonly stage: VisitStage;
  readonly code: VisitCode;
  readonly pong: PongFinding | null;
  readonly enr: EnrContent | null;
  readonly neighbours: {
    readonly queries: number;
    readonly answers: number;
    /** How many different IDs were named. */
    readonly named: number;
  } | null;
}

/**
 * Visits a node. Never throws because of what a peer does; rejects only if `signal` aborted before it began. `onNamed` is
 * called with the new neighbours of each answer as it comes, so that they need not wait for the end of the visit, and
 * `onAnswer` once, as soon as the node has answered or is dialled without that.
 */
export type Visit = (
  contact: NodeContact,
  plan: VisitPlan,
  signal: AbortSignal,
  onNamed?: (named: readonly NodeContact[]) => void,
  onAnswer?: () => void,
) => Promise<VisitOutcome>;

/** How a node's network became known. */
type NetworkSource = 'status' | 'enr';

/** An outcome with what the crawler concludes from it and when the node is due again, for the store. */
export interface VisitRecord {
  readonly outcome: VisitOutcome;
  /** null = the visit says nothing about it; what was known before stays. `slug` null = on no network that we know. */
  readonly network: {
    readonly slug: string | null;
    readonly ambiguous: boolean;
    readonly source: NetworkSource;
    /** Networks that it could be on, is a relative of, or claims although it is a crawler. */
    readonly candidates?: readonly string[];
    /** A chain of its own that began as its candidates did. */
    readonly relative?: boolean;
    /** Its Status names another network id than its network has. */
    readonly otherNetworkId?: boolean;
  } | null;
  /** What its Status says, else its record. */
  readonly forkId: ForkId | null;
  readonly forkSource?: NetworkSource | null;
  readonly forkClass: string | null;
  readonly client: ParsedClient | null;
  /** Whether its Hello is that of a program which looks at the network and takes no part in it. */
  readonly crawler?: boolean;
  /** Timestamp of the block that its own Status names as its head, ms; null = not read, or another block. */
  readonly headAt: number | null;
  /** Whether its head is at the network's head; null = could not be judged. */
  readonly synced: boolean | null;
  /** The blocks it has at the heights it was asked for. */
  readonly blocks: readonly VisitBlock[];
  readonly dueAt: number;
  readonly failures: number;
}

/** The node's block at one height of its network's chain. */
export interface VisitBlock {
  readonly network: string;
  readonly height: bigint;
  /** Lower-case hex. */
  readonly hash: string;
  readonly forged: boolean;
  /** What a side counts: the /24 (v6 /48) or, on private networks, the ID. */
  readonly voter: string;
  /** Timestamp of its header, ms since the epoch; null if it makes no sense. */
  readonly time: number | null;
}

export interface ParsedClient {
  /** Raw, capped, as stored. */
  readonly raw: string;
  readonly name: string;
  readonly version: string | null;
  readonly os: string | null;
  readonly arch: string | null;
  readonly language: string | null;
  /** Capabilities told the client, not the string. Missing from what an older version left on disk. */
  readonly byCapability?: boolean;
}
