import type { Sql } from '../../sql/client.ts';
import type { ChurnWindow } from '../contract/churn.ts';
import type { PartialReason } from '../contract/common.ts';

export interface ChurnRow {
  readonly network: string;
  readonly cut: 'total' | 'client';
  readonly key: string;
  readonly window: ChurnWindow;
  readonly at: Date;
  readonly nodes: number;
  readonly joinedIds: number;
  readonly joinedIps: number;
  readonly leftIds: number;
  readonly leftIps: number;
  readonly rotating: number;
  readonly sessions: number;
  readonly median: number | null;
  readonly atLeast: number | null;
  readonly uptime: number | null;
  readonly watched: number;
  readonly partial: PartialReason | null;
}

/** The newest figures of a network, the most nodes first. */
export function selectChurn(sql: Sql, network: string): Promise<ChurnRow[]> {
  return sql<ChurnRow[]>`
    select ${columns(sql)} from churn_points c
    where c.network = ${network} and c.at = (select max(at) from churn_points)
    order by c.key = '', c.nodes desc, c.key`;
}

/** The newest totals of all networks. */
export function selectChurnTotals(sql: Sql): Promise<ChurnRow[]> {
  return sql<ChurnRow[]>`
    select ${columns(sql)} from churn_points c
    where c.cut = 'total' and c.at = (select max(at) from churn_points)`;
}

function columns(sql: Sql) {
  return sql`
    c.network, c.cut, c.key, c.time_window as "window", c.at, c.nodes, c.joined_ids as "joinedIds", c.joined_ips as "joinedIps",
    c.left_ids as "leftIds", c.left_ips as "leftIps", c.rotating_ids as rotating, c.sessions, c.median_s as median,
    c.at_least_s as "atLeast", c.uptime, c.watched, c.partial`;
}

export interface PresenceRow {
  readonly window: ChurnWindow;
  /** Seconds in which it was there, and in which somebody looked since it was there first. */
  readonly up: number;
  readonly watched: number;
  readonly sessions: number;
}

export interface NewestSession {
  readonly from: Date;
  readonly begun: boolean;
  readonly open: boolean;
}

/** For how long a node was there within each window; nothing for one that never answered. */
export function selectPresence(sql: Sql, nodeNo: bigint, now: number): Promise<PresenceRow[]> {
  return sql<PresenceRow[]>`
    select time_window as "window", up_s as up, watched_s as watched, sessions
    from node_presence(${nodeNo}, ${new Date(now)})`;
}

export async function selectNewestSession(sql: Sql, nodeNo: bigint): Promise<NewestSession | null> {
  const [row] = await sql<NewestSession[]>`
    select from_at as from, begun, until_at is null as open from sessions
    where node_no = ${nodeNo} order by from_at desc limit 1`;
  return row ?? null;
}
