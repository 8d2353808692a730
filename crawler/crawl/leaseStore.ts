import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';

/** The schedule as several crawlers share it. Every method rejects while the database is away, and may be called again. */
export interface LeaseStore {
  /**
   * Claims those of the wished nodes that are due for `leaseMs`: nobody else gets them until the lease lapses or a visit
   * of ours is recorded. What this process has claimed already is granted again. Nodes that nobody has named yet are
   * made. Leases go by the clock of the database.
   */
  claimNodes(wishes: readonly ClaimWish[], leaseMs: number): Promise<ClaimAnswer[]>;
  /**
   * Claims at most `limit` nodes that are due, or will be within `aheadMs` (0 when left out), whoever named them: first
   * those whose lease has lapsed, then the longest due.
   */
  claimDue(limit: number, leaseMs: number, reach: LeaseReach, aheadMs?: number): Promise<KnownNode[]>;
  /** Lets the leases of these nodes last `leaseMs` from now on; resolves with the IDs of those that are still ours. */
  renewLeases(ids: readonly Uint8Array[], leaseMs: number): Promise<Uint8Array[]>;
  /** Gives back all that this process has claimed but these; resolves with their number. */
  releaseLeases(exceptIds?: readonly Uint8Array[]): Promise<number>;
  /** Whether other crawlers are at work on the same database. */
  othersCrawl(): Promise<boolean>;
}

/** What the crawl goes on with after a restart. */
export interface KnownNode {
  readonly contact: NodeContact;
  /** It answered a PING, or completed a handshake, at this address. */
  readonly proven: boolean;
  readonly visited: boolean;
  readonly firstSeenAt: number;
  /** When it answered last: a PONG or, where it is dialled without one, a handshake. */
  readonly lastAliveAt: number | null;
  /** Dialled even without a PONG. */
  readonly direct: boolean;
  readonly failures: number;
  readonly dueAt: number;
  /** Its last dial, if it said `too many peers` then and was only visited over UDP since; ms since the epoch. */
  readonly fullAt: number | null;
}

/** A node that a crawler would visit now. */
export interface ClaimWish {
  readonly contact: NodeContact;
  /** ms since the epoch; used where the database does not know the node. */
  readonly firstSeenAt: number;
  /** Claim it though it is not due yet, unless another has claimed it. */
  readonly early: boolean;
  /** Dialled even without a PONG. */
  readonly direct: boolean;
}

export interface ClaimAnswer {
  readonly id: Uint8Array;
  /** The visit is ours until the lease lapses. */
  readonly granted: boolean;
  /** Where not granted: ms until it may be claimed, as far as that is known; may be past. */
  readonly waitMs: number | null;
  /** What the database knew of it before; null for a new node. */
  readonly known: KnownNode | null;
}

/** Which nodes a crawler can visit at all; it leaves the others to crawlers that can. */
export interface LeaseReach {
  readonly allowedCidrs: readonly string[];
  /** Public unicast addresses too. */
  readonly publicUnicast: boolean;
  /** Our own identities. */
  readonly exceptIds: readonly Uint8Array[];
}
