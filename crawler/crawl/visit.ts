/**
 * The shapes of one visit to one node: the interface through which the crawl loop, the fork judges and the store deal
 * with a node. A plan goes in, an outcome comes out; each step depends on the one before.
 */

import type { DiscoveryProtocol } from '../../lib/discoveryProtocols.ts';
import type { PongFinding } from '../../p2p/protocol/discv4Types.ts';
import type { HeaderWants, RlpxOutcome } from '../../p2p/protocol/rlpxOutcome.ts';
import type { EnrContent } from '../../p2p/wire/enr.ts';
import type { EnrEntries } from '../../p2p/wire/enrEntries.ts';
import type { ForkId } from '../../p2p/wire/forkId.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { AskOrder, ProtocolAnswers } from './askOrder.ts';

export interface VisitPlan {
  readonly ask: AskOrder;
  /** Ask for the node's record. */
  readonly enr: boolean;
  /** Walk its buckets from the farthest inward, by discv4 with at most this many FINDNODEs; null = do not. */
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
 * `ok` = everything planned was done. `notDialled` = no TCP port for RLPx known. `pingTimeout` = nor was it dialled. `dialPaused` = planned without a dial.
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
  /** By which protocols it was asked, and answered. */
  readonly answers: ProtocolAnswers;
  /** By discv4 where it answered by both. */
  readonly pong: PongFinding | null;
  readonly enr: VisitedRecord | null;
  readonly neighbours: {
    readonly queries: number;
    readonly answers: number;
    /** How many different IDs were named. */
    readonly named: number;
  } | null;
}

/** A node's own record, with all that stands in it. */
export type VisitedRecord = EnrContent & { readonly entries?: EnrEntries };

/**
 * Visits a node. Never throws because of what a peer does; rejects only if `signal` aborted before it began. `onNamed` is
 * called with the new neighbours of each answer as it comes, so that they need not wait for the end of the visit, and
 * `onAnswer` as soon as the node has answered or is dialled without that, and `onIdle` once nothing but an answer by one more
 * protocol is waited for.
 */
export type Visit = (
  contact: NodeContact,
  plan: VisitPlan,
  signal: AbortSignal,
  onNamed?: (named: readonly NodeContact[], by: DiscoveryProtocol) => void,
  onAnswer?: () => void,
  onIdle?: () => void,
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
  /** What it is by what it told of itself; null = it told nothing of that. */
  readonly layer?: NodeLayer | null;
  /** Of a consensus node: its chain, by the fork digest in its record. */
  readonly consensus?: ConsensusFact | null;
  /** The client that its record names (EIP-7636), capped. */
  readonly recordClient?: string | null;
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

/** `both` = one key for both layers. `relative` = of another family of chains, which does not speak eth. */
const nodeLayers = ['execution', 'consensus', 'both', 'relative'] as const;
type NodeLayer = (typeof nodeLayers)[number];

interface ConsensusFact {
  /** null = a digest of no network that we know. */
  readonly network: string | null;
  /** 8 hex digits. */
  readonly digest: string;
  /** Whether it knows the next step of its chain. */
  readonly readiness: string;
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
