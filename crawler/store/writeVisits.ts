import { toDate } from '../../lib/time.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { column, type Sql, type SqlRunner } from '../../sql/client.ts';
import { tcpPort } from './foldVisits.ts';
import { clientKey } from './interner.ts';
import { toBigint, type VisitRow } from './visitRow.ts';
import type { Interned } from './writeNodes.ts';

/** Appends visits of the nodes in `n`. Existing keys are not changed. */
export function visitsStatement(
  sql: Sql,
  vantage: string,
  visits: readonly VisitRow[],
  { clients, forkIds, codes }: Interned,
) {
  const text = (read: (visit: VisitRow) => string | null | undefined) =>
    column(
      'text',
      visits.map((v) => read(v) ?? null),
    );
  const int = (read: (visit: VisitRow) => number | null | undefined) =>
    column(
      'int4',
      visits.map((v) => read(v) ?? null),
    );
  return sql`
    insert into visits (
      at, visit_key, node_no, vantage, direction, ip, udp_port, tcp_port, stage_no, code_no, remote_reason, wire_code_no,
      client_no, network, fork_no, fork_class, eth_version, head_number, neighbours, rtt_ms, took_ms, clock_skew_s
    )
    select at, visit_key, node_no, ${vantage}::text, direction, ip, udp_port, tcp_port, stage_no, code_no, remote_reason,
      wire_code_no, client_no, network, fork_no, fork_class, eth_version, head_number, neighbours, rtt_ms, took_ms, clock_skew_s
    from unnest(
      ${column(
        'timestamptz',
        visits.map(({ at }) => toDate(at)),
      )}::timestamptz[],
      ${column(
        'uuid',
        visits.map(({ key }) => key),
      )}::uuid[],
      ${column(
        'bytea',
        visits.map(({ id }) => hexToBytes(id)),
      )}::bytea[],
      ${text(({ direction }) => direction)}::text[], ${column(
        'inet',
        visits.map(({ ip }) => ip),
      )}::inet[],
      ${int(({ udp }) => (udp > 0 ? udp : null))}::int4[], ${int(tcpPort)}::int4[], ${int(({ stage }) => codes.get(stage))}::int2[],
      ${int(({ code }) => codes.get(code))}::int2[], ${int(({ remoteReason }) => remoteReason)}::int2[],
      ${int(({ wireCode }) => (wireCode === null ? null : codes.get(wireCode)))}::int2[],
      ${int(({ client }) => (client === null ? null : clients.get(clientKey(client))))}::int4[],
      ${text(({ network }) => network?.slug)}::text[],
      ${int(({ forkId }) => (forkId === null ? null : forkIds.get(`${forkId.hash}/${forkId.next}`)))}::int4[],
      ${text(({ forkClass }) => forkClass)}::text[], ${int(({ status }) => status?.ethVersion)}::int2[],
      ${column(
        'numeric',
        visits.map(({ status }) => toBigint(status?.headNumber)),
      )}::numeric[],
      ${int(({ neighbours }) => neighbours)}::int4[], ${int(({ rttMs }) => rttMs)}::int4[],
      ${int(({ tookMs }) => tookMs)}::int4[], ${int(({ clockSkewS }) => clockSkewS)}::int4[]
    ) as v (
      at, visit_key, id, direction, ip, udp_port, tcp_port, stage_no, code_no, remote_reason, wire_code_no,
      client_no, network, fork_no, fork_class, eth_version, head_number, neighbours, rtt_ms, took_ms, clock_skew_s
    )
    join n using (id)
    on conflict (at, visit_key) do nothing`;
}

/** Creates the partitions for the days of these visits; returns the days. */
export async function createPartitions(sql: SqlRunner, days: readonly string[]): Promise<void> {
  await sql`select create_visit_partition(d) from unnest(${column('text', days)}::text[]::date[]) as g (d) order by d`;
}
