import type { VisitTarget } from '../crawl/visit.ts';
import type { VisitRow } from './visitRow.ts';

/** Where a node that was not visited was learned from. */
export type SightingSource = 'bootnode' | 'file' | 'dns' | 'neighbour' | 'ping' | 'enr';

/** A node was mentioned; nothing is proven about it. */
export interface Sighting {
  readonly target: VisitTarget;
  readonly source: SightingSource;
  /** ms since the epoch. */
  readonly at: number;
  /** When to visit it, if it is new. */
  readonly dueAt: number;
}

/** What the crawl continues with after a restart. */
export interface KnownNode {
  readonly target: VisitTarget;
  /** It answered a PING, or completed a handshake, at this address. */
  readonly proven: boolean;
  readonly visited: boolean;
  readonly firstSeenAt: number;
  readonly lastAliveAt: number | null;
  readonly failures: number;
  readonly dueAt: number;
  /** Its last dial, if it said `too many peers` then and was only visited over UDP since; ms since the epoch. */
  readonly fullAt: number | null;
}

/** A node that a crawler would visit now. */
export interface ClaimWish {
  readonly target: VisitTarget;
  /** ms since the epoch; used if the database does not know the node. */
  readonly firstSeenAt: number;
  /** Claim it though it is not due yet, unless another has claimed it. */
  readonly early: boolean;
}

export interface ClaimAnswer {
  readonly id: Uint8Array;
  /** The visit is ours until the lease lapses. */
  readonly granted: boolean;
  /** If not granted: ms until it may be claimed, as far as known; may be negative. */
  readonly waitMs: number | null;
  /** What the database knew of it before; null for a new node. */
  readonly known: KnownNode | null;
}

/** Which nodes a crawler can visit at all; others are left to crawlers that can. */
export interface LeaseReach {
  readonly allowedCidrs: readonly string[];
  /** Public unicast addresses too. */
  readonly publicUnicast: boolean;
  /** Our own identities. */
  readonly exceptIds: readonly Uint8Array[];
}

/** What a crawler regularly reports about itself. */
export interface Beat {
  readonly version: string;
  readonly startedAt: number;
  readonly at: number;
  readonly bootnodesTried: number;
  readonly bootnodesAnswered: number;
  readonly frontierNodes: number;
  readonly visits: number;
  /** Slugs of the watched networks, in the order of the configuration. */
  readonly networks: readonly string[];
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** The part of a network that is stored; a `Network` of networks/ fits. */
export interface StoredNetwork {
  readonly slug: string;
  readonly name: string;
  readonly networkId: bigint;
  readonly genesisHash: Uint8Array;
  readonly genesisTime: bigint;
  readonly consensus: string;
  readonly forks: readonly { readonly name: string; readonly kind: 'block' | 'time'; readonly at: bigint }[];
  /** `forkHashes[i]` holds once `i` forks have passed. */
  readonly forkHashes: readonly Uint8Array[];
  readonly bootnodes: readonly string[];
  readonly dns: readonly string[];
  readonly allowedCidrs: readonly string[];
}

/**
 * The database as the crawler sees it, in the name of one vantage. Every method is one or a few statements, rejects
 * while the database is away, and may be called again with the same values: nothing is counted twice.
 */
export interface Store {
  /**
   * Writes visits and what they say about their nodes, in one transaction. An existing key changes nothing in `visits`;
   * facts older than the stored ones change nothing in `nodes`.
   */
  recordVisits(visits: readonly VisitRow[]): Promise<void>;
  /** Notes nodes that were mentioned. Never changes a proven address or the schedule of a known node. */
  upsertSeen(sightings: readonly Sighting[]): Promise<void>;
  /**
   * Claims those of the wished nodes that are due for `leaseMs`: nobody else gets them until the lease lapses or a visit
   * of ours is recorded. What this process has claimed already is granted again. Nodes that nobody has named yet are
   * made. Leases go by the clock of the database.
   */
  claimNodes(wishes: readonly ClaimWish[], leaseMs: number): Promise<ClaimAnswer[]>;
  /** Claims at most `limit` due nodes, whoever named them: first those whose lease has lapsed, then the longest due. */
  claimDue(limit: number, leaseMs: number, reach: LeaseReach): Promise<KnownNode[]>;
  /** Lets the leases of these nodes last `leaseMs` from now on; resolves with the IDs of those that are still ours. */
  renewLeases(ids: readonly Uint8Array[], leaseMs: number): Promise<Uint8Array[]>;
  /** Gives back everything that this process has claimed except these; resolves with the number. */
  releaseLeases(exceptIds?: readonly Uint8Array[]): Promise<number>;
  /** Whether other crawlers work on the same database. */
  othersCrawl(): Promise<boolean>;
  /** Known nodes, earliest due first, in pages of at most 5,000. */
  loadResume(limit: number): AsyncIterable<readonly KnownNode[]>;
  /** Writes the known networks, watched or not, and marks all others as no longer known. */
  saveNetworks(networks: readonly StoredNetwork[], now: number): Promise<void>;
  saveBeat(beat: Beat): Promise<void>;
  saveSetting(key: string, value: string | number | boolean): Promise<void>;
}
