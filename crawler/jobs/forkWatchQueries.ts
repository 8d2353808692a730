import type { BlockFact } from '../../chains/forks/chainSplit.ts';
import { type LearnedFork, outdatesFile } from '../../chains/forks/learnedForks.ts';
import { toDate } from '../../lib/time.ts';
import type { ForkId } from '../../p2p/wire/forkId.ts';
import { column, type Sql } from '../../sql/client.ts';

/** Most rows read in one look: inventing fork IDs or heights must not cost us more. */
const maxRows = 200_000;

export interface AnnouncedRow {
  readonly forkNo: number;
  /** How many of the eras had ended when it was announced. */
  readonly era: number;
  /** Its own newest block, as far as it decides of a class: the last of `headSteps` that it has reached. */
  readonly headNumber: bigint | null;
  readonly forkId: ForkId;
  readonly forkClass: string | null;
  readonly client: string | null;
  readonly version: string | null;
  readonly nodes: number;
}

/** What decides of a class beside the fork ID. */
export interface ClassSteps {
  /** Ends of the eras in which an announcement may tell another thing, ms, ascending. */
  readonly eras: readonly number[];
  /** Ascending, from 0. */
  readonly heads: readonly bigint[];
}

function eraOf(sql: Sql, { eras }: ClassSteps) {
  return sql`width_bucket(coalesce(n.fork_at, '-infinity'), ${column(
    'timestamptz',
    eras.map((end) => toDate(end)),
  )}::timestamptz[])`;
}

function headOf(sql: Sql, { heads }: ClassSteps) {
  const steps = column('numeric', heads);
  return sql`(${steps}::numeric[])[width_bucket(n.head_number, ${steps}::numeric[])]`;
}

/** Fork IDs that the network's living nodes announce, by class stored, client and steps; most nodes first. */
export async function selectAnnounced(
  sql: Sql,
  network: string,
  since: Date,
  steps: ClassSteps,
): Promise<AnnouncedRow[]> {
  const rows = await sql<
    {
      fork_no: number;
      era: number;
      head: bigint | null;
      hash: Uint8Array;
      next: bigint;
      fork_class: string | null;
      name: string | null;
      version: string | null;
      nodes: number;
    }[]
  >`
    select n.fork_no, ${eraOf(sql, steps)} as era, f.hash, f.next, n.fork_class, c.name, c.version,
      ${headOf(sql, steps)} as head, count(*)::int4 as nodes
    from nodes n join fork_ids f using (fork_no) left join clients c using (client_no)
    where n.network = ${network} and n.last_alive > ${since}
    group by 1, 2, 3, 4, 5, 6, 7, 8 order by nodes desc limit ${maxRows}`;
  return rows.map((row) => ({
    forkNo: row.fork_no,
    era: row.era,
    headNumber: row.head,
    forkId: { hash: row.hash, next: row.next },
    forkClass: row.fork_class,
    client: row.name,
    version: row.version,
    nodes: row.nodes,
  }));
}

/**
 * Announced next forks, and fork hashes that the file lacks, not of those that name another network id: once per /24 (v6
 * /48), or by ID on private networks.
 */
export async function selectAnnouncements(
  sql: Sql,
  network: string,
  since: Date,
  byId: boolean,
): Promise<{ forkId: ForkId; subnet: string }[]> {
  const subnet = subnetOf(sql, byId);
  const rows = await sql<{ hash: Uint8Array; next: bigint; subnet: string }[]>`
    select distinct f.hash, f.next, ${subnet} as subnet
    from nodes n join fork_ids f using (fork_no)
    where n.network = ${network} and n.last_alive > ${since} and not n.other_network_id
      and (f.next > 0 or not exists (select from network_forks k where k.network = ${network} and k.hash = f.hash))
    limit ${maxRows}`;
  return rows.map(({ hash, next, subnet: key }) => ({ forkId: { hash, next }, subnet: key }));
}

/** How many subnets, or IDs on private networks, announce any fork ID. */
export async function countAnnouncers(sql: Sql, network: string, since: Date, byId: boolean): Promise<number> {
  const [row] = await sql<{ subnets: number }[]>`
    select count(distinct ${subnetOf(sql, byId)})::int4 as subnets from nodes n
    where n.network = ${network} and n.last_alive > ${since} and n.fork_no is not null`;
  return row?.subnets ?? 0;
}

function subnetOf(sql: Sql, byId: boolean) {
  return byId
    ? sql`encode(n.id, 'hex')`
    : sql`coalesce(host(set_masklen(n.ip, case family(n.ip) when 4 then 24 else 48 end)::cidr), '')`;
}

/** Stores the forks learned now, and deletes those that nobody has announced for long. */
export async function saveLearned(
  sql: Sql,
  network: string,
  { learned, ofSubnets }: { readonly learned: readonly LearnedFork[]; readonly ofSubnets: number },
  now: Date,
  forgetBefore: Date,
): Promise<void> {
  await sql`
    with gone as (delete from learned_forks where network = ${network} and seen_at < ${forgetBefore})
    insert into learned_forks (network, hash, base, activation_kind, activation, subnets, outdates, of_subnets, seen_at)
    select ${network}, l.*, ${ofSubnets}, ${now} from unnest(
      ${column(
        'bytea',
        learned.map(({ hash }) => hash),
      )}::bytea[],
      ${column(
        'bytea',
        learned.map(({ base }) => base),
      )}::bytea[],
      ${column(
        'text',
        learned.map(({ kind }) => kind),
      )}::text[],
      ${column(
        'numeric',
        learned.map(({ at }) => at),
      )}::numeric[],
      ${column(
        'int4',
        learned.map(({ subnets }) => subnets),
      )}::int4[],
      ${column(
        'bool',
        learned.map((fork) => outdatesFile({ ...fork, ofSubnets })),
      )}::bool[]
    ) as l
    on conflict (network, hash) do update set
      subnets = excluded.subnets, outdates = excluded.outdates, of_subnets = excluded.of_subnets, seen_at = excluded.seen_at`;
}

/** Learned forks, also those that have passed since and are announced as next by nobody any more. */
export async function selectLearned(sql: Sql, network: string): Promise<LearnedFork[]> {
  return sql<LearnedFork[]>`
    select hash, base, activation_kind as kind, activation as at, subnets from learned_forks
    where network = ${network} order by subnets desc, hash`;
}

export type NewClass = Pick<AnnouncedRow, 'forkNo' | 'era' | 'headNumber'> & { readonly forkClass: string };

/** Classes change with time, not only with visits: at an activation all stored classes change. */
export async function updateClasses(
  sql: Sql,
  network: string,
  classes: readonly NewClass[],
  steps: ClassSteps,
): Promise<void> {
  if (classes.length === 0) return;
  await sql`
    update nodes n set fork_class = m.class
    from unnest(
      ${column(
        'int4',
        classes.map(({ forkNo }) => forkNo),
      )}::int4[],
      ${column(
        'int4',
        classes.map(({ era }) => era),
      )}::int4[],
      ${column(
        'numeric',
        classes.map(({ headNumber }) => headNumber),
      )}::numeric[],
      ${column(
        'text',
        classes.map(({ forkClass }) => forkClass),
      )}::text[]
    ) as m (fork_no, era, head, class)
    where n.network = ${network} and n.fork_no = m.fork_no and ${eraOf(sql, steps)} = m.era
      and ${headOf(sql, steps)} is not distinct from m.head and n.fork_class is distinct from m.class`;
}

/**
 * Nodes that have told nothing since a fork are due now, ahead of all that was due after it: once for each fork, as their
 * visit may find nothing out.
 */
export async function hastenVisits(
  sql: Sql,
  network: string,
  { eraEnd, now, since }: { readonly eraEnd: Date; readonly now: Date; readonly since: Date },
): Promise<void> {
  await sql`
    update frontier f set due_at = ${eraEnd}
    from nodes n
    where n.node_no = f.node_no and n.network = ${network} and n.fork_class = 'notYetKnown' and n.last_alive > ${since}
      and n.last_visit < ${eraEnd} and f.lease_owner is null and f.due_at > ${now}`;
}

export interface FactRow extends BlockFact {
  /** For `rpc`: cluster and endpoint, as the operator names them. */
  readonly endpoint: string | null;
  readonly client: string | null;
  readonly version: string | null;
}

export async function selectFacts(
  sql: Sql,
  network: string,
  heights: readonly bigint[],
  since: Date,
): Promise<FactRow[]> {
  if (heights.length === 0) return [];
  return sql<FactRow[]>`
    select b.node, b.height, encode(b.hash, 'hex') as hash, b.forged, c.name as client, c.version,
      case when h.node is null then b.voter else b.node end as voter,
      case when h.node is null then b.source else 'rpc' end as source,
      coalesce(h.endpoint, case b.source when 'rpc' then b.endpoint end) as endpoint
    from block_facts b
    -- An operator's own node is that, also where a visit was the last to ask for its block.
    left join rpc_heads h on h.network = b.network and h.node = b.node and h.at > ${since}
    left join nodes n on n.id = case when b.node ~ '^[0-9a-f]{128}$' then decode(b.node, 'hex') end
    left join clients c using (client_no)
    where b.network = ${network} and b.at > ${since} and b.height = any (${column('numeric', heights)}::numeric[])
    order by b.at limit ${maxRows}`;
}

export async function removeFacts(sql: Sql, before: Date): Promise<void> {
  await sql`delete from block_facts where at < ${before}`;
}

export async function loadWatch(sql: Sql, network: string): Promise<{ revision: number; state: unknown }> {
  const [row] = await sql<{ revision: number; state: unknown }[]>`
    select revision, state from fork_watches where network = ${network}`;
  return row ?? { revision: 0, state: null };
}

export interface SplitEventRow {
  readonly kind: 'forkSplit' | 'chainSplit';
  /** ms since the epoch. */
  readonly openedAt: number;
  readonly closedAt: number | null;
  /** JSON text; null = leave it unchanged. */
  readonly data: string | null;
}

/**
 * Writes a round: what the judges remember and the resulting events, all or nothing. False = another process has judged
 * since `revision` was read, and nothing was written.
 */
export async function saveWatch(
  sql: Sql,
  network: string,
  round: {
    readonly revision: number;
    readonly state: string;
    /** Heights that all nodes are asked for from now on. */
    readonly heights: readonly bigint[];
    readonly now: Date;
    readonly events: readonly SplitEventRow[];
  },
): Promise<boolean> {
  const { revision, state, heights, now, events } = round;
  // One statement, and a revision instead of a lock: a lock would have to outlive the connection that took it.
  const [row] = await sql<{ won: boolean }[]>`
    with won as (
      insert into fork_watches as w (network, state, heights, judged_at)
      values (${network}, ${state}::text::jsonb, ${column('numeric', heights)}::numeric[], ${now})
      on conflict (network) do update set
        revision = w.revision + 1, state = excluded.state, heights = excluded.heights, judged_at = excluded.judged_at
      where w.revision = ${revision}
      returning 1
    ), told as (
      insert into events as e (kind, subject, opened_at, closed_at, data, updated_at)
      select kind, ${`network/${network}`}::text, opened_at, closed_at, coalesce(data::jsonb, '{}'), ${now}
      from won, unnest(
        ${column(
          'text',
          events.map(({ kind }) => kind),
        )}::text[],
        ${column(
          'timestamptz',
          events.map(({ openedAt }) => toDate(openedAt)),
        )}::timestamptz[],
        ${column(
          'timestamptz',
          events.map(({ closedAt }) => toDate(closedAt)),
        )}::timestamptz[],
        ${column(
          'text',
          events.map(({ data }) => data),
        )}::text[]
      ) as g (kind, opened_at, closed_at, data)
      on conflict (kind, subject, opened_at) do update set
        closed_at = excluded.closed_at, updated_at = excluded.updated_at,
        -- A split that heals must not be told by its last stragglers: what it was at its widest is kept beside.
        data = case
          when excluded.data = '{}' then e.data
          when ((excluded.data->>'minority')::int, (excluded.data->>'voters')::int) < (
            coalesce(e.data->'widest'->>'minority', e.data->>'minority')::int,
            coalesce(e.data->'widest'->>'voters', e.data->>'voters')::int
          )
            then e.data || excluded.data || jsonb_build_object('widest', coalesce(e.data->'widest', e.data))
          else (e.data || excluded.data) - 'widest'
        end
    )
    select exists (select from won) as won`;
  return row?.won ?? false;
}
