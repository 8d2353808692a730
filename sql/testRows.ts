import type { SqlRunner } from './client.ts';

/**
 * Stores counts as censuses and roll-ups do: `query` gives series_no, resolution, at, ids and ips. What a series shows of
 * the present is its newest census.
 */
export async function putPoints(sql: SqlRunner, query: string): Promise<void> {
  await sql.unsafe(`
    create temp table put_points as
    select p.series_no::int4, p.resolution::text, p.at::timestamptz, p.ids::int4, p.ips::int4 from (${query}) p;
    select create_count_partition('census_counts', p.at)
    from (select distinct date_trunc('day', at, 'UTC') as at from put_points where resolution = 'census') p;
    insert into census_counts (at, series_no, ids, ips)
    select at, series_no, ids, ips from put_points where resolution = 'census' order by at, series_no;
    update count_series s set ids = p.ids, ips = p.ips
    from (select distinct on (series_no) series_no, at, ids, ips from census_counts order by series_no, at desc) p
    where p.series_no = s.series_no and s.series_no in (select series_no from put_points where resolution = 'census')
      and p.at >= coalesce((select max(at) from census_runs), '-infinity');
    create temp table rolled_points as
    select series_no, at, ids, ips, ids as ids_low, ids as ids_high from put_points where resolution = 'hour';
    select pack_points('hour');
    truncate rolled_points;
    insert into rolled_points
    select series_no, at, ids, ips, ids, ids from put_points where resolution = 'day';
    select pack_points('day');
    drop table rolled_points, put_points`);
}

/** Stores visits as crawlers do: `query` gives columns of the view visits; what it does not give is null. */
export async function putVisits(sql: SqlRunner, query: string): Promise<void> {
  await sql.unsafe(`
    create temp table put_visits as select to_jsonb(q) as v from (${query}) q;
    insert into codes (code) select distinct w from put_visits,
      unnest(array[v->>'vantage', v->>'network', v->>'fork_class']) w
    where w is not null and w not in (select code from codes) order by 1;
    select create_visit_partition(d::date)
    from (select distinct ((v->>'at')::timestamptz at time zone 'UTC')::date::text as d from put_visits) p;
    insert into visit_log select r.* from put_visits, jsonb_populate_record(null::visit_log, v || jsonb_build_object(
      'visit_key', coalesce(v->>'visit_key', gen_random_uuid()::text), 'inbound', v->>'direction' = 'inbound',
      'vantage_no', (select code_no from codes where code = v->>'vantage'),
      'network_no', (select code_no from codes where code = v->>'network'),
      'fork_class_no', (select code_no from codes where code = v->>'fork_class'),
      'udp_port', (v->>'udp_port')::int4 - 32768, 'tcp_port', (v->>'tcp_port')::int4 - 32768
    )) r;
    drop table put_visits`);
}
