import type { BootnodeProblem } from '../../lib/bootnodeProblem.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { KnownNode, LeaseStore } from '../crawl/leaseStore.ts';
import type { LeftOutHost } from '../crawl/leftOut.ts';
import type { VisitRow } from './visitRow.ts';

/** Where a node that was not visited was learned from; `neighbour` = another node named it by discv4, `discv5` = by discv5. */
type SightingSource = 'bootnode' | 'file' | 'dns' | 'neighbour' | 'discv5' | 'ping';

/** A node was mentioned; nothing is proven about it. */
export interface Sighting {
  readonly contact: NodeContact;
  readonly source: SightingSource;
  /** ms since the epoch. */
  readonly at: number;
  /** When to visit it, if it is new. */
  readonly dueAt: number;
  /** To be dialled even without a PONG. */
  readonly direct?: boolean;
}

/** How far it got with its bootnodes; those of them that have a name still to be looked up are neither usable nor a problem. */
interface BeatBootnodes {
  readonly given: number;
  readonly usable: number;
  readonly waiting: number;
  readonly tried: number;
  readonly answered: number;
  readonly pinged: number;
  readonly alive: number;
  readonly problems: readonly BootnodeProblem[];
}

/** A time in which a crawler was at work. */
export interface WorkSpan {
  /** ms since the epoch. */
  readonly fromAt: number;
  readonly untilAt: number;
  /** Nodes answered. */
  readonly heard: boolean;
  /** Visits came later than planned by more than this, ms: one of `lateSteps`. Default: in time. */
  readonly lateMs?: number;
}

/** What a crawler regularly reports about itself. */
export interface Beat {
  readonly version: string;
  readonly startedAt: number;
  readonly at: number;
  readonly bootnodes: BeatBootnodes;
  readonly frontierNodes: number;
  readonly visits: number;
  /** Slugs of the watched networks, in the order of the configuration. */
  readonly networks: readonly string[];
  /** Longest time between two censuses of this crawler, ms; null = it ends by itself. */
  readonly censusIntervalMs: number | null;
  /** The present span of work, and those before it that may not be in the database yet. */
  readonly spans: readonly WorkSpan[];
  /** Since when visits wait longer than usual to be written, ms since the epoch; null = none does. */
  readonly unwrittenSince: number | null;
  /** Longest time between two visits to a node that answers, and between two dials of a full one, ms. */
  readonly pingWithinMs: number;
  readonly dialWithinMs: number;
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
  /** The day from which on nobody is expected to run it. */
  readonly ended?: string | null;
  readonly consensusChanges?: readonly { readonly block: bigint; readonly consensus: string }[];
  readonly forks: readonly { readonly name: string; readonly kind: 'block' | 'time'; readonly at: bigint }[];
  /** `forkHashes[i]` holds once `i` forks have passed. */
  readonly forkHashes: readonly Uint8Array[];
  readonly bootnodes: readonly string[];
  readonly dns: readonly string[];
  readonly allowedCidrs: readonly string[];
}

/** The clock of the database, and what must not be later than it. */
export interface TimeStore {
  /** The present moment by the clock that all who share the database go by, ms since the epoch. */
  present(): Promise<number>;
  /**
   * Brings back what is stored with times that have not come yet, as a clock that was ahead leaves behind. Resolves with
   * the numbers of rows, by table.
   */
  repairFuture(): Promise<Readonly<Record<string, number>>>;
}

/**
 * The database as the crawler sees it, in the name of one vantage. Every method is one or a few statements, rejects
 * while the database is away, and may be called again with the same values: nothing is counted twice.
 */
export interface Store extends LeaseStore {
  /**
   * Writes visits and what they say about their nodes, in one transaction. An existing key changes nothing in `visits`;
   * facts older than the stored ones change nothing in `nodes`.
   */
  recordVisits(visits: readonly VisitRow[]): Promise<void>;
  /** Notes nodes that were mentioned. Never changes a proven address or the schedule of a known node. */
  upsertSeen(sightings: readonly Sighting[]): Promise<void>;
  /** Known nodes, earliest due first, in pages of at most 5,000. */
  loadResume(limit: number): AsyncIterable<readonly KnownNode[]>;
  /** Writes the known networks, watched or not, and marks all others as no longer known. */
  saveNetworks(networks: readonly StoredNetwork[], now: number): Promise<void>;
  saveBeat(beat: Beat): Promise<void>;
  /** Until when a crawler was at work on any of these networks, ms since the epoch; null = never. */
  lastAtWork(networks: readonly string[]): Promise<number | null>;
  /** Replaces what this vantage has said of nodes that its bounds left out, most first. */
  saveLeftOut(hosts: readonly LeftOutHost[], now: number): Promise<void>;
  saveSetting(key: string, value: string | number | boolean): Promise<void>;
}
