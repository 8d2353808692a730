import type { Sql } from '../../sql/client.ts';
import type { Identity, Population } from '../contract/common.ts';
import type { Finding, NodeLayer } from '../contract/nodes.ts';
import { identityFilter } from './identityFilter.ts';
import { populationFilter, proofColumn } from './populationFilter.ts';

export interface NodeRow {
  readonly nodeNo: bigint;
  readonly id: Uint8Array;
  readonly ip: string | null;
  readonly udp: number | null;
  readonly tcp: number | null;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly lastAlive: Date | null;
  readonly lastReachable: Date | null;
  readonly lastInbound: Date | null;
  readonly lastIdentified: Date | null;
  readonly lastVisit: Date | null;
  readonly lastStage: string | null;
  readonly lastCode: string | null;
  readonly lastRemoteReason: number | null;
  readonly clientRaw: string | null;
  readonly clientName: string | null;
  readonly clientVersion: string | null;
  readonly clientOs: string | null;
  readonly clientArch: string | null;
  readonly clientLanguage: string | null;
  readonly capabilities: readonly string[] | null;
  readonly network: string | null;
  readonly networkSource: 'status' | 'enr' | null;
  readonly networkAmbiguous: boolean;
  readonly networkCandidates: readonly string[] | null;
  readonly networkRelative: boolean;
  readonly otherNetworkId: boolean;
  readonly crawler: boolean;
  readonly networkId: bigint | null;
  readonly genesisHash: Uint8Array | null;
  readonly forkHash: Uint8Array | null;
  readonly forkNext: bigint | null;
  readonly forkClass: string | null;
  readonly forkSource: 'status' | 'enr' | null;
  readonly forkAt: Date | null;
  readonly headNumber: bigint | null;
  readonly headAt: Date | null;
  readonly synced: boolean | null;
  readonly earliestBlock: bigint | null;
  readonly enr: string | null;
  readonly enrSeq: bigint | null;
  readonly idHash: Uint8Array;
  readonly helloShortened: boolean;
  readonly clockSkewS: number | null;
  readonly foundBy: readonly Finding[];
  readonly lastDiscv4: Date | null;
  readonly lastDiscv5: Date | null;
  readonly layer: NodeLayer | null;
  readonly consensusNetwork: string | null;
  readonly consensusDigest: Uint8Array | null;
  readonly consensusReadiness: string | null;
  readonly recordClient: string | null;
}

/** Values from first to last, both included. */
export interface HexRange {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** What a search is for; the parts of one that are given are alternatives. */
export type NodeSearch =
  | { readonly at: 'address'; readonly ip: string; readonly port: number | null }
  | {
      readonly at: 'node';
      readonly ids?: HexRange;
      /** keccak256 of the ID. */
      readonly hashes?: HexRange | null;
      readonly clientNos?: readonly number[];
    }
  /** Start of the text of its record. */
  | { readonly at: 'record'; readonly text: string };

export interface NodeFilter {
  readonly population: Population;
  readonly since: Date;
  readonly network?: string | undefined;
  /** Numbers of the matching client strings; undefined = any client. */
  readonly clientNos?: readonly number[] | undefined;
  /** Numbers of the matching fork IDs; undefined = any. */
  readonly forkNos?: readonly number[] | undefined;
  readonly forkClass?: string | undefined;
  readonly identity?: Identity | undefined;
  readonly search?: NodeSearch | undefined;
  readonly after?: { readonly micros: bigint; readonly nodeNo: bigint } | undefined;
}

/** A page of nodes, newest proof first; `proofMicros` and `nodeNo` of a row say where the next page begins. */
export function selectNodes(
  sql: Sql,
  filter: NodeFilter,
  limit: number,
): Promise<(NodeRow & { readonly proofMicros: bigint })[]> {
  const proof = proofColumn(sql, filter.population);
  return sql<(NodeRow & { proofMicros: bigint })[]>`
    with page as (
      select n.node_no, ${proof} as proof from nodes n
      where ${conditions(sql, filter)}
      order by ${proof} desc, n.node_no desc
      limit ${limit}
    )
    select ${nodeColumns(sql)}, (extract(epoch from page.proof) * 1000000)::int8 as "proofMicros"
    from page join node_rows r using (node_no)
    order by page.proof desc, node_no desc`;
}

/** Number of the node with this ID; null = there is none. */
export async function selectNodeNo(sql: Sql, id: Uint8Array): Promise<bigint | null> {
  const [row] = await sql<{ nodeNo: bigint }[]>`select node_no as "nodeNo" from nodes where id = ${id}`;
  return row?.nodeNo ?? null;
}

/** Number of the last of the next `size` nodes in the order in which they were first stored; null = there are no more. */
export async function selectChunkEnd(sql: Sql, afterNodeNo: bigint, size: number): Promise<bigint | null> {
  const [row] = await sql<{ last: bigint | null }[]>`
    select max(node_no) as last
    from (select node_no from nodes where node_no > ${afterNodeNo} order by node_no limit ${size}) chunk`;
  return row?.last ?? null;
}

/**
 * The nodes in a chunk of the table that match the filter. Unlike proof times, node numbers never change, so a walk meets
 * each node once, whatever the crawlers write meanwhile.
 */
export function selectNodeChunk(
  sql: Sql,
  filter: NodeFilter,
  chunk: { readonly after: bigint; readonly last: bigint },
): Promise<NodeRow[]> {
  return sql<NodeRow[]>`
    with chunk as (
      select n.node_no from nodes n
      where n.node_no > ${chunk.after} and n.node_no <= ${chunk.last} and ${conditions(sql, filter)}
    )
    select ${nodeColumns(sql)} from chunk join node_rows r using (node_no) order by node_no`;
}

function conditions(sql: Sql, filter: NodeFilter) {
  const { population, since, network, clientNos, forkNos, forkClass, identity, search, after } = filter;
  const proof = proofColumn(sql, population);
  return sql`${populationFilter(sql, population, since)}
    and ${identityFilter(sql, network, identity)}
    ${clientNos === undefined ? sql`` : sql`and n.client_no = any(${[...clientNos]}::int4[])`}
    ${forkNos === undefined ? sql`` : sql`and n.fork_no = any(${[...forkNos]}::int4[])`}
    ${forkClass === undefined ? sql`` : sql`and n.fork_class = ${forkClass}`}
    ${search === undefined ? sql`` : sql`and (${searched(sql, search)})`}
    ${after === undefined ? sql`` : sql`and (${proof}, n.node_no) < (${instant(sql, after.micros)}, ${after.nodeNo})`}`;
}

function searched(sql: Sql, search: NodeSearch) {
  switch (search.at) {
    case 'address': {
      const { ip, port } = search;
      return sql`n.ip = ${ip}::inet ${port === null ? sql`` : sql`and ${port}::int4 in (n.udp_port, n.tcp_port)`}`;
    }
    case 'node': {
      const { ids, hashes, clientNos = [] } = search;
      const byId = ids === undefined ? sql`false` : sql`n.id >= ${ids.first} and n.id <= ${ids.last}`;
      return sql`${byId}
        ${hashes ? sql`or n.id_hash >= ${hashes.first} and n.id_hash <= ${hashes.last}` : sql``}
        ${clientNos.length > 0 ? sql`or n.client_no = any(${[...clientNos]}::int4[])` : sql``}`;
    }
    case 'record':
      // Byte by byte, as its index is; no letter of base64url is beyond the tilde.
      return sql`n.enr ~>=~ ${search.text} and n.enr ~<~ ${`${search.text}~`}`;
  }
}

/** Exact to the microsecond, which neither Date nor to_timestamp(float8) is. */
function instant(sql: Sql, micros: bigint) {
  return sql`timestamptz 'epoch' + ${micros}::int8 * interval '1 microsecond'`;
}

/** Columns of the view node_rows, named as in NodeRow. */
export function nodeColumns(sql: Sql) {
  return sql`
    r.node_no as "nodeNo", r.id, host(r.ip) as ip, r.udp_port as udp, r.tcp_port as tcp,
    r.first_seen as "firstSeen", r.last_seen as "lastSeen", r.last_alive as "lastAlive",
    r.last_reachable as "lastReachable", r.last_inbound as "lastInbound", r.last_identified as "lastIdentified",
    r.last_visit as "lastVisit", r.last_stage as "lastStage", r.last_code as "lastCode",
    r.last_remote_reason as "lastRemoteReason",
    r.client_raw as "clientRaw", r.client_name as "clientName", r.client_version as "clientVersion",
    r.client_os as "clientOs", r.client_arch as "clientArch", r.client_language as "clientLanguage",
    r.capabilities, r.network, r.network_source as "networkSource", r.network_ambiguous as "networkAmbiguous",
    r.network_candidates as "networkCandidates", r.network_relative as "networkRelative",
    r.other_network_id as "otherNetworkId", r.crawler, r.fork_source as "forkSource", r.fork_at as "forkAt",
    r.network_id as "networkId", r.genesis_hash as "genesisHash",
    r.fork_hash as "forkHash", r.fork_next as "forkNext", r.fork_class as "forkClass",
    r.head_number as "headNumber", r.head_at as "headAt", r.synced, r.earliest_block as "earliestBlock", r.enr, r.enr_seq as "enrSeq", r.id_hash as "idHash",
    r.hello_shortened as "helloShortened", r.clock_skew_s as "clockSkewS",
    r.found_by as "foundBy", r.last_discv4 as "lastDiscv4", r.last_discv5 as "lastDiscv5", r.layer,
    r.consensus_network as "consensusNetwork", r.consensus_digest as "consensusDigest",
    r.consensus_readiness as "consensusReadiness", r.record_client as "recordClient"`;
}
