import { toDate } from '../../lib/time.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { column, type Sql, storableText, textArrayLiteral } from '../../sql/client.ts';
import { type NodeUpdate, tcpPort } from './foldVisits.ts';
import { clientKey } from './interner.ts';
import { toBigint, toBytes, type VisitRow } from './visitRow.ts';

/** Numbers of everything interned that a batch refers to. */
export interface Interned {
  readonly clients: ReadonlyMap<string, number>;
  readonly forkIds: ReadonlyMap<string, number>;
  readonly codes: ReadonlyMap<string, number>;
}

/**
 * Creates and updates nodes. Each fact is replaced only by a newer one of its kind, so batches may come twice and in any
 * order. Returns id, node_no and last_visit of each.
 */
export function nodesStatement(sql: Sql, updates: readonly NodeUpdate[], { clients, forkIds, codes }: Interned) {
  const ids = updates.map(({ id }) => hexToBytes(id));
  const time = (read: (update: NodeUpdate) => number | null) =>
    column(
      'timestamptz',
      updates.map((u) => toDate(read(u))),
    );
  const text = (read: (update: NodeUpdate) => string | null | undefined) =>
    column(
      'text',
      updates.map((u) => read(u) ?? null),
    );
  const int = (read: (update: NodeUpdate) => number | null | undefined) =>
    column(
      'int4',
      updates.map((u) => read(u) ?? null),
    );
  const uint = (read: (update: NodeUpdate) => string | null | undefined) =>
    column(
      'numeric',
      updates.map((u) => toBigint(read(u))),
    );
  const hash = (read: (update: NodeUpdate) => string | null | undefined) =>
    column(
      'bytea',
      updates.map((u) => toBytes(read(u))),
    );
  const address = ({ proof, newest }: NodeUpdate): VisitRow => proof ?? newest;
  const newer = sql`excluded.last_visit >= coalesce(n.last_visit, '-infinity')`;
  const newHello = sql`excluded.last_identified >= coalesce(n.last_identified, '-infinity')`;
  const newStatus = sql`excluded.last_status >= coalesce(n.last_status, '-infinity')`;
  // A PONG proves an address; a handshake alone counts only while there is nothing better: one that we dialled proves a
  // port, one that the node dialled only its IP.
  const newAddress = sql`
    case when excluded.last_alive is not null then excluded.last_alive >= coalesce(n.last_alive, '-infinity')
         else n.ip is null or n.last_alive is null and (excluded.last_reachable is not null
           or excluded.last_inbound is not null and n.last_reachable is null
             and (excluded.tcp_port is not null or n.tcp_port is null or n.ip is distinct from excluded.ip)) end`;
  // A Status outranks an ENR, however new the ENR.
  const newNetwork = sql`
    case excluded.network_source when 'status' then n.network_source is distinct from 'status' or ${newStatus}
         when 'enr' then n.network_source is null or (n.network_source = 'enr' and ${newer}) else false end`;
  const newFork = sql`excluded.fork_no is not null and (n.fork_no is null or ${newer})`;
  // A head is its number, hash and time: one without a number (up to eth/68, headers not answered) replaces none, and
  // gives way to one with a number whichever of the two was written first.
  const newHead = sql`
    case when excluded.head_number is null then ${newStatus} and n.head_number is null
         else ${newStatus} or n.head_number is null end`;
  const newEnr = sql`excluded.enr_seq >= coalesce(n.enr_seq, 0)`;

  return sql`
    insert into nodes as n (
      id, id_hash, first_seen, last_seen, last_alive, last_reachable, last_inbound, last_identified, last_status,
      last_visit, last_stage_no, last_code_no, last_remote_reason, ip, udp_port, tcp_port, client_no, capabilities,
      network, network_source, network_ambiguous, fork_no, fork_class,
      eth_version, network_id, genesis_hash, head_number, head_hash, earliest_block, total_difficulty, head_at, synced, enr, enr_seq, hello_shortened, clock_skew_s
    )
    select id, id_hash, first_seen, greatest(first_seen, last_alive, last_reachable, last_inbound), last_alive,
      last_reachable, last_inbound, last_identified, last_status, last_visit, last_stage_no, last_code_no,
      last_remote_reason, ip, udp_port, tcp_port, client_no, capabilities::text[], network, network_source,
      network_ambiguous, fork_no, fork_class, eth_version, network_id, genesis_hash, head_number, head_hash,
      earliest_block, total_difficulty, head_at, synced, enr, enr_seq, hello_shortened, clock_skew_s
    from unnest(
      ${column('bytea', ids)}::bytea[], ${column('bytea', ids.map(keccak256))}::bytea[],
      ${time((u) => u.firstAt)}::timestamptz[], ${time((u) => u.aliveAt)}::timestamptz[],
      ${time((u) => u.reachableAt)}::timestamptz[], ${time((u) => u.inboundAt)}::timestamptz[],
      ${time((u) => u.identifiedAt)}::timestamptz[], ${time((u) => u.statusAt)}::timestamptz[],
      ${time((u) => u.newest.at)}::timestamptz[], ${int((u) => codes.get(u.newest.stage))}::int2[],
      ${int((u) => codes.get(u.newest.code))}::int2[], ${int((u) => u.newest.remoteReason)}::int2[],
      ${column(
        'inet',
        updates.map((u) => address(u).ip),
      )}::inet[], ${int((u) => address(u).udp)}::int4[],
      ${int((u) => tcpPort(address(u)))}::int4[],
      ${int((u) => (u.hello?.client ? clients.get(clientKey(u.hello.client)) : null))}::int4[],
      ${text((u) => u.hello?.hello && textArrayLiteral(u.hello.hello.capabilities.map(storableText)))}::text[],
      ${text((u) => u.network?.network?.slug)}::text[], ${text((u) => u.network?.network?.source)}::text[],
      ${column(
        'bool',
        updates.map((u) => u.network?.network?.ambiguous ?? false),
      )}::bool[],
      ${int((u) => (u.fork?.forkId ? forkIds.get(`${u.fork.forkId.hash}/${u.fork.forkId.next}`) : null))}::int4[],
      ${text((u) => u.fork?.forkClass)}::text[], ${int((u) => u.status?.status?.ethVersion)}::int2[],
      ${uint((u) => u.status?.status?.networkId)}::numeric[], ${hash((u) => u.status?.status?.genesisHash)}::bytea[],
      ${uint((u) => u.head?.status?.headNumber)}::numeric[], ${hash((u) => u.head?.status?.headHash)}::bytea[],
      ${uint((u) => u.status?.status?.earliestNumber)}::numeric[],
      ${uint((u) => u.status?.status?.totalDifficulty)}::numeric[],
      ${time((u) => u.head?.headAt ?? null)}::timestamptz[],
      ${column(
        'bool',
        updates.map((u) => u.head?.synced ?? null),
      )}::bool[],
      ${text((u) => u.enr?.enr?.text)}::text[], ${uint((u) => u.enr?.enr?.seq)}::numeric[],
      ${column(
        'bool',
        updates.map((u) => u.hello?.hello?.shortened ?? false),
      )}::bool[], ${int((u) => u.clockSkewS)}::int4[]
    ) as u (
      id, id_hash, first_seen, last_alive, last_reachable, last_inbound, last_identified, last_status, last_visit,
      last_stage_no, last_code_no, last_remote_reason, ip, udp_port, tcp_port, client_no, capabilities, network,
      network_source, network_ambiguous, fork_no, fork_class, eth_version, network_id, genesis_hash, head_number,
      head_hash, earliest_block, total_difficulty, head_at, synced, enr, enr_seq, hello_shortened, clock_skew_s
    )
    order by id
    on conflict (id) do update set
      first_seen = least(n.first_seen, excluded.first_seen),
      last_seen = greatest(n.last_seen, excluded.last_alive, excluded.last_reachable, excluded.last_inbound),
      last_alive = greatest(n.last_alive, excluded.last_alive),
      last_reachable = greatest(n.last_reachable, excluded.last_reachable),
      last_inbound = greatest(n.last_inbound, excluded.last_inbound),
      last_identified = greatest(n.last_identified, excluded.last_identified),
      last_status = greatest(n.last_status, excluded.last_status),
      last_visit = greatest(n.last_visit, excluded.last_visit),
      last_stage_no = case when ${newer} then excluded.last_stage_no else n.last_stage_no end,
      last_code_no = case when ${newer} then excluded.last_code_no else n.last_code_no end,
      last_remote_reason = case when ${newer} then excluded.last_remote_reason else n.last_remote_reason end,
      ip = case when ${newAddress} then excluded.ip else n.ip end,
      udp_port = case when ${newAddress} then excluded.udp_port else n.udp_port end,
      tcp_port = case when ${newAddress} then excluded.tcp_port else n.tcp_port end,
      country = case when ${newAddress} and n.ip is distinct from excluded.ip then null else n.country end,
      asn = case when ${newAddress} and n.ip is distinct from excluded.ip then null else n.asn end,
      client_no = case when ${newHello} and excluded.client_no is not null then excluded.client_no else n.client_no end,
      capabilities = case when ${newHello} then excluded.capabilities else n.capabilities end,
      network = case when ${newNetwork} then excluded.network else n.network end,
      network_source = case when ${newNetwork} then excluded.network_source else n.network_source end,
      network_ambiguous = case when ${newNetwork} then excluded.network_ambiguous else n.network_ambiguous end,
      fork_no = case when ${newFork} then excluded.fork_no else n.fork_no end,
      fork_class = case when ${newFork} then excluded.fork_class else n.fork_class end,
      eth_version = case when ${newStatus} then excluded.eth_version else n.eth_version end,
      network_id = case when ${newStatus} then excluded.network_id else n.network_id end,
      genesis_hash = case when ${newStatus} then excluded.genesis_hash else n.genesis_hash end,
      head_number = case when ${newHead} then excluded.head_number else n.head_number end,
      head_hash = case when ${newHead} then excluded.head_hash else n.head_hash end,
      earliest_block = case when ${newStatus} then excluded.earliest_block else n.earliest_block end,
      total_difficulty = case when ${newStatus} then excluded.total_difficulty else n.total_difficulty end,
      head_at = case when ${newHead} then excluded.head_at else n.head_at end,
      synced = case when ${newHead} and excluded.synced is not null then excluded.synced else n.synced end,
      enr = case when ${newEnr} then excluded.enr else n.enr end,
      enr_seq = case when ${newEnr} then excluded.enr_seq else n.enr_seq end,
      hello_shortened = case when ${newHello} then excluded.hello_shortened else n.hello_shortened end,
      clock_skew_s = case when excluded.last_alive >= coalesce(n.last_alive, '-infinity') then excluded.clock_skew_s
                          else n.clock_skew_s end
    returning id, node_no, last_visit`;
}
