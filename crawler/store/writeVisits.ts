import { toDate } from '../../lib/time.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { column, type Sql, type SqlRunner } from '../../sql/client.ts';
import { tcpPort } from './foldVisits.ts';
import { clientKey } from './interner.ts';
import { toBigint, type VisitRow } from './visitRow.ts';
import type { Interned } from './writeNodes.ts';

/** Appends visits of the nodes in `n`, which it waits for. Existing keys are not changed. */
export function visitsStatement(
  sql: Sql,
  vantage: string,
  visits: readonly VisitRow[],
  { clients, forkIds, codes }: Interned,
) {
  const int = (read: (visit: VisitRow) => number | null | undefined) =>
    column(
      'int4',
      visits.map((v) => read(v) ?? null),
    );
  const word = (read: (visit: VisitRow) => string | null | undefined) =>
    int((visit) => {
      const text = read(visit);
      return text == null ? null : codes.get(text);
    });
  /** As 16 bits with a sign. */
  const port = (read: (visit: VisitRow) => number | null) =>
    int((visit) => {
      const value = read(visit);
      return value === null ? null : value - 32_768;
    });
  const small = (read: (visit: VisitRow) => number | null | undefined) =>
    int((visit) => {
      const value = read(visit);
      return value == null ? null : Math.min(value, 32_767);
    });
  return sql`
    select keep_visits(array_agg(row(
      v.at, n.node_no, v.visit_key, v.took_ms, v.client_no, v.fork_no, v.clock_skew_s, v.vantage_no, v.stage_no, v.code_no,
      v.wire_code_no, v.network_no, v.fork_class_no, v.remote_reason, v.eth_version, v.neighbours, v.rtt_ms, v.udp_port,
      v.tcp_port, v.inbound, v.ip, v.head_number
    )::visit_log))
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
      ${int(({ tookMs }) => tookMs)}::int4[],
      ${int(({ client }) => (client === null ? null : clients.get(clientKey(client))))}::int4[],
      ${int(({ forkId }) => (forkId === null ? null : forkIds.get(`${forkId.hash}/${forkId.next}`)))}::int4[],
      ${int(({ clockSkewS }) => clockSkewS)}::int4[], ${word(() => vantage)}::int2[], ${word(({ stage }) => stage)}::int2[],
      ${word(({ code }) => code)}::int2[], ${word(({ wireCode }) => wireCode)}::int2[],
      ${word(({ network }) => network?.slug)}::int2[], ${word(({ forkClass }) => forkClass)}::int2[],
      ${int(({ remoteReason }) => remoteReason)}::int2[], ${int(({ status }) => status?.ethVersion)}::int2[],
      ${small(({ neighbours }) => neighbours)}::int2[], ${small(({ rttMs }) => rttMs)}::int2[],
      ${port(({ udp }) => (udp > 0 ? udp : null))}::int2[], ${port(tcpPort)}::int2[],
      ${column(
        'bool',
        visits.map(({ direction }) => direction === 'inbound'),
      )}::bool[],
      ${column(
        'inet',
        visits.map(({ ip }) => ip),
      )}::inet[],
      ${column(
        'numeric',
        visits.map(({ status }) => toBigint(status?.headNumber)),
      )}::numeric[]
    ) as v (
      at, visit_key, id, took_ms, client_no, fork_no, clock_skew_s, vantage_no, stage_no, code_no, wire_code_no, network_no,
      fork_class_no, remote_reason, eth_version, neighbours, rtt_ms, udp_port, tcp_port, inbound, ip, head_number
    )
    join n using (id)`;
}

/** The words that such visits name by number. */
export function wordsOf(vantage: string, visits: readonly VisitRow[]): string[] {
  return [
    vantage,
    ...visits.flatMap(({ stage, code, wireCode, network, forkClass }) =>
      [stage, code, wireCode, network?.slug, forkClass].filter((word) => word != null),
    ),
  ];
}

/** Creates the partitions for the days of these visits; returns the days. */
export async function createPartitions(sql: SqlRunner, days: readonly string[]): Promise<void> {
  await sql`select create_visit_partition(d) from unnest(${column('text', days)}::text[]::date[]) as g (d) order by d`;
}
