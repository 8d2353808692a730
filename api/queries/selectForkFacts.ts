import type { Sql } from '../../sql/client.ts';

/** A learned fork that crawlers have not seen for so long says nothing any more. */
export const learnedForMs = 86_400_000;

export interface LearnedRow {
  readonly hash: Uint8Array;
  readonly base: Uint8Array;
  readonly kind: 'block' | 'time';
  readonly at: bigint;
  readonly subnets: number;
  /** Of so many that announce any fork ID. */
  readonly ofSubnets: number;
  /** `cluster/endpoint` of the operator that is configured with it. */
  readonly endpoint: string | null;
}

/** Learned forks of a network, without those that its file has listed since. */
export function selectLearnedForks(sql: Sql, network: string): Promise<LearnedRow[]> {
  return sql<LearnedRow[]>`
    select l.hash, l.base, l.activation_kind as kind, l.activation as at, l.subnets,
      l.of_subnets as "ofSubnets", l.endpoint from learned_forks l
    where l.network = ${network}
      and not exists (select from network_forks f where f.network = l.network and f.hash = l.hash)
    order by l.subnets desc, l.hash`;
}

/** How many forks enough of a network has that its file lacks, by slug; none = its file is not older than it. */
export async function selectMissingForks(sql: Sql, since: Date): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<{ network: string; forks: number }[]>`
    select l.network, count(*)::int4 as forks from learned_forks l
    where (l.outdates or l.endpoint is not null) and l.seen_at > ${since}
      and not exists (select from network_forks f where f.network = l.network and f.hash = l.hash)
    group by 1`;
  return new Map(rows.map(({ network, forks }) => [network, forks]));
}

export interface HeadRow {
  readonly at: Date;
  readonly number: bigint;
  readonly nodes: number;
  /** Age of the head blocks at the visits, seconds; null if no header showed it. */
  readonly ageMedian: number | null;
  /** Nine in ten were younger. */
  readonly ageLate: number | null;
}

/** The newest head estimate; null if there is none. */
export async function selectHead(sql: Sql, network: string): Promise<HeadRow | null> {
  const [row] = await sql<HeadRow[]>`
    select at, number, nodes, age_median_s as "ageMedian", age_late_s as "ageLate"
    from head_estimates where network = ${network} order by at desc limit 1`;
  return row ?? null;
}

/** The newest head estimate of every network. */
export function selectNewestHeads(sql: Sql): Promise<(HeadRow & { readonly network: string })[]> {
  return sql<(HeadRow & { readonly network: string })[]>`
    select n.slug as network, h.at, h.number, h.nodes, h.age_median_s as "ageMedian", h.age_late_s as "ageLate"
    from networks n cross join lateral (
      select * from head_estimates e where e.network = n.slug order by e.at desc limit 1
    ) h`;
}

export interface FirstBlockRow {
  readonly network: string;
  /** As in the schedule: block number, or seconds. */
  readonly activation: bigint;
  readonly block: bigint;
  readonly time: Date;
}

/** First blocks of forks that headers have shown. */
export function selectFirstBlocks(sql: Sql): Promise<FirstBlockRow[]> {
  return sql<FirstBlockRow[]>`
    select network, activation, block, block_time as time from fork_activations where block = below + 1`;
}

/** Head estimates of a range, thinned if there are more than `most`. */
export function selectHeads(sql: Sql, network: string, from: Date, to: Date, most: number): Promise<HeadRow[]> {
  return sql<HeadRow[]>`
    select at, number, nodes, age_median_s as "ageMedian", age_late_s as "ageLate" from (
      select *, row_number() over (order by at desc) - 1 as place, count(*) over () as everything
      from head_estimates where network = ${network} and at >= ${from} and at < ${to}
    ) h
    where place % ceil(everything / ${most}::float8)::int8 = 0 order by at`;
}

export interface SplitRow {
  readonly kind: string;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly data: unknown;
}

/** Splits of a network: the open ones first, then the newest. */
export function selectSplits(sql: Sql, network: string, most: number): Promise<SplitRow[]> {
  return sql<SplitRow[]>`
    select kind, opened_at as "openedAt", closed_at as "closedAt", data from events
    where subject = ${`network/${network}`} and kind in ('forkSplit', 'chainSplit')
    order by closed_at is not null, opened_at desc limit ${most}`;
}

/** How many splits of each kind are open, by network. */
export function selectOpenSplits(sql: Sql): Promise<{ network: string; kind: string; open: number }[]> {
  return sql`
    select substr(subject, 9) as network, kind, count(*)::int4 as open from events
    where closed_at is null and kind in ('forkSplit', 'chainSplit') and starts_with(subject, 'network/')
    group by 1, 2`;
}
