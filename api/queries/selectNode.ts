import type { Sql } from '../../sql/client.ts';
import type { EndpointSource } from '../contract/nodes.ts';
import { type NodeRow, nodeColumns } from './selectNodes.ts';

export interface EndpointRow {
  readonly ip: string;
  readonly udp: number;
  readonly tcp: number | null;
  readonly source: EndpointSource;
  readonly firstSeen: Date;
  readonly lastPong: Date | null;
}

export interface VisitRow {
  readonly key: string;
  readonly at: Date;
  readonly direction: 'outbound' | 'inbound';
  readonly vantage: string;
  readonly ip: string | null;
  readonly stage: string;
  readonly code: string;
  readonly remoteReason: number | null;
  readonly tookMs: number;
  readonly clockSkewS: number | null;
}

/** The node with this ID (64 bytes) or hash of it (32 bytes); null = unknown. */
export async function selectNode(sql: Sql, id: Uint8Array): Promise<NodeRow | null> {
  const [row] = await sql<NodeRow[]>`
    select ${nodeColumns(sql)} from node_rows r where ${id.length === 32 ? sql`r.id_hash` : sql`r.id`} = ${id}`;
  return row ?? null;
}

/** Its addresses, latest answer first. */
export function selectEndpoints(sql: Sql, nodeNo: bigint, limit: number): Promise<EndpointRow[]> {
  return sql<EndpointRow[]>`
    select host(ip) as ip, udp_port as udp, tcp_port as tcp, source, first_seen as "firstSeen", last_pong as "lastPong"
    from endpoints where node_no = ${nodeNo}
    order by last_pong desc nulls last, last_seen desc, ip, udp_port limit ${limit}`;
}

/** Its latest visits, the newest first. */
export function selectVisits(sql: Sql, nodeNo: bigint, limit: number): Promise<VisitRow[]> {
  return sql<VisitRow[]>`
    select visit_key::text as key, at, direction, vantage, host(ip) as ip, stage, code,
           remote_reason as "remoteReason", took_ms as "tookMs", clock_skew_s as "clockSkewS"
    from node_visits(${nodeNo}, ${limit}) order by at desc`;
}
