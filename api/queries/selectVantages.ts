import type { Sql } from '../../sql/client.ts';

export interface VantageRow {
  readonly vantage: string;
  readonly startedAt: Date;
  readonly lastBeat: Date;
  readonly bootnodesTried: number;
  readonly bootnodesAnswered: number;
  readonly bootnodesGiven: number | null;
  readonly bootnodesUsable: number | null;
  readonly bootnodesWaiting: number;
  readonly bootnodesPinged: number;
  readonly bootnodesAlive: number;
  /** As a crawler of any version wrote them. */
  readonly bootnodeProblems: unknown;
  readonly frontierNodes: number;
  /** Since when visits wait to be written; null = none does. */
  readonly unwrittenSince: Date | null;
  /** What a crawler of any version says of itself. */
  readonly facts: unknown;
  readonly visits: bigint;
  /** Slugs of the networks that it watches, in the order of its configuration. */
  readonly networks: readonly string[];
}

/** Crawlers that have written here, the newest heartbeat first, at most 100. */
export function selectVantages(sql: Sql): Promise<VantageRow[]> {
  return sql<VantageRow[]>`
    select vantage, started_at as "startedAt", last_beat as "lastBeat", bootnodes_tried as "bootnodesTried",
           bootnodes_answered as "bootnodesAnswered", bootnodes_given as "bootnodesGiven",
           bootnodes_usable as "bootnodesUsable", bootnodes_waiting as "bootnodesWaiting",
           bootnodes_pinged as "bootnodesPinged", bootnodes_alive as "bootnodesAlive",
           bootnode_problems as "bootnodeProblems", frontier_nodes as "frontierNodes", visits, networks,
           unwritten_since as "unwrittenSince", facts
    from vantages order by last_beat desc, vantage limit 100`;
}
