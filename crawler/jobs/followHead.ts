import { forkSettleMs, hasPassedBlocks } from '../../chains/forks/forkClass.ts';
import { estimateHead, type HeadTeller } from '../../chains/forks/headEstimate.ts';
import type { HeadEstimate } from '../../chains/forks/headSync.ts';
import type { Network } from '../../chains/networks/networkFile.ts';
import { toDate, toMs } from '../../lib/time.ts';
import { column, type Sql } from '../../sql/client.ts';

/** Most heads read in one look, the newest first. */
const maxHeads = 100_000;

export interface HeadLook {
  /** ms; the estimate's row, which later looks within it replace. */
  readonly at: number;
  /** Heads told since then count, ms. */
  readonly since: number;
  readonly minVoters: number;
  /** Voters are IDs, not /24s (v6 /48). */
  readonly byId: boolean;
}

/**
 * The network's head by what its nodes and the operator's own endpoints have told of theirs; where too few have, what it was
 * last, with its time; null if it was never known. A node that tells both ways is one node.
 */
export async function followHead(sql: Sql, network: Network, look: HeadLook): Promise<HeadEstimate | null> {
  const { slug } = network;
  const told = await selectHeads(sql, slug, look);
  const trusted = told.some(({ rpc }) => rpc);
  const estimate = estimateHead(network, told, trusted ? 1 : look.minVoters);
  if (estimate !== null) {
    const { number, voters } = estimate;
    return saveEstimate(sql, slug, look.at, { number, voters, ages: told.flatMap(({ age }) => age ?? []) });
  }
  const [row] = await sql<{ number: bigint; at: Date }[]>`
    select number, at from head_estimates where network = ${slug} order by at desc limit 1`;
  return row === undefined ? null : { number: row.number, at: toMs(row.at) };
}

interface HeadRow extends HeadTeller {
  readonly rpc: boolean;
  /** Of its newest block at the visit, seconds; null if its header was not read or the node does not follow the network. */
  readonly age: number | null;
}

async function selectHeads(sql: Sql, network: string, { since, byId }: HeadLook): Promise<HeadRow[]> {
  const from = toDate(since);
  const voter = byId
    ? sql`encode(n.id, 'hex')`
    : sql`coalesce(host(set_masklen(n.ip, case family(n.ip) when 4 then 24 else 48 end)::cidr), encode(n.id, 'hex'))`;
  const rows = await sql<
    {
      number: bigint;
      voter: string;
      hash: Uint8Array | null;
      next: bigint | null;
      age: number | null;
      rpc: boolean;
    }[]
  >`
    select * from (
      select n.head_number as number, ${voter} as voter, f.hash, f.next, false as rpc, n.last_status as at,
        case when n.fork_class in ('current', 'ready')
          then least(greatest(extract(epoch from n.last_status - n.head_at), 0), 2147483647)::int4 end as age
      from nodes n left join fork_ids f on f.fork_no = n.fork_no and n.fork_source = 'status'
      where n.network = ${network} and n.last_status > ${from} and n.head_number is not null
        and not exists (
          select from rpc_heads r where r.network = ${network} and r.at > ${from} and r.node = encode(n.id, 'hex')
        )
      union all
      select r.number, r.node, null, null, true, r.at, null from rpc_heads r
      where r.network = ${network} and r.at > ${from}
    ) told
    order by at desc limit ${maxHeads}`;
  return rows.map(({ number, voter: name, hash, next, age, rpc }) => {
    return { number, voter: name, forkId: hash === null || next === null ? null : { hash, next }, age, rpc };
  });
}

async function saveEstimate(
  sql: Sql,
  network: string,
  at: number,
  { number, voters, ages }: { readonly number: bigint; readonly voters: number; readonly ages: readonly number[] },
): Promise<HeadEstimate> {
  const sorted = ages.toSorted((a, b) => a - b);
  const share = (part: number): number | null => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? null;
  await sql`
    insert into head_estimates (network, at, number, nodes, age_median_s, age_late_s)
    values (${network}, ${toDate(at)}, ${number}, ${voters}, ${share(0.5)}, ${share(0.9)})
    on conflict (network, at) do update set
      number = excluded.number, nodes = excluded.nodes,
      age_median_s = excluded.age_median_s, age_late_s = excluded.age_late_s`;
  return { number, at };
}

/**
 * When the head was first seen past forks by block that had been ahead before, ms. Estimates cover `stepMs`, so that may be
 * late, never early.
 */
export async function selectPassed(
  sql: Sql,
  network: Network,
  head: HeadEstimate | null,
  { now, stepMs }: { readonly now: number; readonly stepMs: number },
): Promise<ReadonlyMap<bigint, number>> {
  const passed = network.schedule.blockForks.filter((block) => head !== null && block <= head.number);
  if (passed.length === 0 || hasPassedBlocks(network, now)) return new Map();
  const rows = await sql<{ block: bigint; at: Date }[]>`
    select g.block, (select min(h.at) from head_estimates h where h.network = ${network.slug} and h.number >= g.block) as at
    from unnest(${column('numeric', passed)}::numeric[]) as g (block)
    where exists (select from head_estimates h where h.network = ${network.slug} and h.number < g.block)`;
  return new Map(rows.map(({ block, at }) => [block, toMs(at) + stepMs - forkSettleMs]));
}
