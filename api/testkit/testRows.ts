/** Rows for tests, as the crawler would write them. */
import { createHash } from 'node:crypto';
import type { Sql } from '../../sql/client.ts';
import { putPoints } from '../../sql/testRows.ts';
import type { CountWindow, Cut, PartialReason, Population, Resolution } from '../contract/common.ts';

const minute = 60_000;

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** 64 bytes that look like a key, the same for the same number. */
export function idOf(index: number): Uint8Array {
  return Uint8Array.from(createHash('sha512').update(`node ${index}`).digest());
}

export interface TestFork {
  readonly name: string;
  readonly kind: 'genesis' | 'block' | 'time';
  readonly activation: bigint;
  /** 8 hex digits. */
  readonly hash: string;
  readonly next: bigint;
}

export async function insertNetwork(
  sql: Sql,
  slug: string,
  forks: readonly TestFork[],
  options: { name?: string; networkId?: bigint; genesisHash?: string; known?: boolean } = {},
): Promise<void> {
  const { name = slug, networkId = 1n, genesisHash = 'aa'.repeat(32), known = true } = options;
  await sql`
    insert into networks (slug, name, network_id, genesis_hash, known, file)
    values (${slug}, ${name}, ${String(networkId)}, ${bytesOf(genesisHash)}, ${known}, ${sql.json({ version: 1 })})`;
  for (const [position, fork] of forks.entries()) {
    await sql`
      insert into network_forks (network, position, name, activation_kind, activation, hash, next)
      values (${slug}, ${position}, ${fork.name}, ${fork.kind}, ${String(fork.activation)}, ${bytesOf(fork.hash)}, ${String(fork.next)})`;
  }
}

/** Minutes ago; null = never. */
export interface TestNode {
  readonly index: number;
  readonly ip?: string;
  readonly udp?: number;
  readonly tcp?: number | null;
  readonly seen?: number;
  readonly alive?: number | null;
  readonly reachable?: number | null;
  readonly inbound?: number | null;
  readonly identified?: number | null;
  readonly client?: { readonly raw: string; readonly name: string; readonly version?: string };
  readonly capabilities?: readonly string[];
  readonly network?: string | null;
  readonly source?: 'status' | 'enr' | null;
  readonly fork?: { readonly hash: string; readonly next: bigint };
  readonly forkClass?: string;
  readonly enr?: string;
  /** Hex; the first half of the ID if left out. */
  readonly idHash?: string;
  readonly headNumber?: bigint;
}

export async function insertNode(sql: Sql, now: number, node: TestNode): Promise<void> {
  const ago = (minutes: number | null | undefined) =>
    minutes === null || minutes === undefined ? null : new Date(now - minutes * minute);
  const { index, ip = '192.0.2.1', udp = 30_303, tcp = 30_303, seen = 1, alive = 1, client, fork } = node;
  const clientNo = client === undefined ? null : await internClient(sql, client);
  const forkNo = fork === undefined ? null : await internFork(sql, fork);
  await sql`
    insert into nodes (id, id_hash, first_seen, last_seen, last_alive, last_reachable, last_inbound, last_identified,
      ip, udp_port, tcp_port, client_no, capabilities, network, network_source, fork_no, fork_class, enr, head_number)
    values (${idOf(index)}, ${node.idHash === undefined ? idOf(index).slice(0, 32) : bytesOf(node.idHash)}, ${new Date(now - 2_000 * minute)}, ${ago(seen)}, ${ago(alive)},
      ${ago(node.reachable)}, ${ago(node.inbound)}, ${ago(node.identified)}, ${ip}, ${udp}, ${tcp}, ${clientNo},
      ${node.capabilities === undefined ? null : [...node.capabilities]},
      ${node.network ?? null}, ${node.source ?? (node.network ? 'status' : null)}, ${forkNo}, ${node.forkClass ?? null},
      ${node.enr ?? null}, ${node.headNumber === undefined ? null : String(node.headNumber)})`;
}

async function internClient(sql: Sql, client: NonNullable<TestNode['client']>): Promise<number | null> {
  const [row] = await sql<{ no: number }[]>`
    insert into clients (raw, name, version) values (${client.raw}, ${client.name}, ${client.version ?? null})
    on conflict (raw, by_capability) do update set raw = excluded.raw returning client_no as no`;
  return row?.no ?? null;
}

async function internFork(sql: Sql, fork: { hash: string; next: bigint }): Promise<number | null> {
  const [row] = await sql<{ no: number }[]>`
    insert into fork_ids (hash, next) values (${bytesOf(fork.hash)}, ${String(fork.next)})
    on conflict (hash, next) do update set next = excluded.next returning fork_no as no`;
  return row?.no ?? null;
}

/** `intervalMs`: when the next one is due, as its taker said. */
export async function insertCensus(sql: Sql, at: Date, intervalMs: number | null = null): Promise<void> {
  await sql`
    insert into census_runs (at, started_at, finished_at, duration_ms, points, nodes, source, interval_ms, rolled)
    values (${at}, ${at}, ${at}, 5, 1, 1, 'test', ${intervalMs === null ? null : BigInt(intervalMs)}, 2)`;
}

export interface TestCount {
  readonly network?: string;
  readonly cut?: Cut;
  readonly key?: readonly string[];
  readonly population?: Population;
  readonly window?: CountWindow;
  readonly resolution?: Resolution;
  readonly at: Date;
  readonly ids: number;
  readonly ips?: number;
}

export async function insertCount(sql: Sql, count: TestCount): Promise<void> {
  const { network = 'mainnet', cut = 'total', key = [], population = 'alive', window = 'day' } = count;
  const { resolution = 'census', at, ids, ips = ids } = count;
  const [series] = await sql<{ no: number }[]>`
    insert into count_series (network, population, time_window, cut, key)
    values (${network}, ${population}, ${window}, ${cut}, ${[...key]})
    on conflict (network, cut, population, time_window, key) do update set key = excluded.key
    returning series_no as no`;
  await sql.begin((one) =>
    putPoints(
      one,
      `select ${series?.no} as series_no, '${resolution}' as resolution, '${at.toISOString()}' as at, ${ids} as ids, ${ips} as ips`,
    ),
  );
}

/** What a count stands on: complete unless said otherwise. */
export async function insertCoverage(
  sql: Sql,
  given: {
    at: Date;
    network?: string;
    population?: Population;
    window?: CountWindow;
    resolution?: Resolution;
    due: number;
    looked: number;
    watched?: number;
    unknown?: number | null;
    whole?: number | null;
    partial?: PartialReason;
  },
): Promise<void> {
  const { at, network = 'mainnet', population = 'alive', window = 'day', resolution = 'census', due, looked } = given;
  const { watched = 1, unknown = 0, whole = 0, partial = null } = given;
  await sql`
    insert into coverage_points (network, population, time_window, resolution, at, due, looked, watched, unknown_ids,
      unknown_ips, whole_ids, whole_ips, partial)
    values (${network}, ${population}, ${window}, ${resolution}, ${at}, ${due}, ${looked}, ${watched}, ${unknown},
      ${unknown}, ${whole}, ${whole}, ${partial})`;
}

export async function insertVantage(
  sql: Sql,
  now: number,
  given: {
    vantage?: string;
    beatMinutesAgo?: number;
    tried?: number;
    answered?: number;
    networks?: readonly string[];
    censusIntervalMs?: number;
  } = {},
): Promise<void> {
  const { vantage = 'here', beatMinutesAgo = 1, tried = 5, answered = 3, networks = [], censusIntervalMs } = given;
  await sql`
    insert into vantages (vantage, version, started_at, last_beat, bootnodes_tried, bootnodes_answered, frontier_nodes, visits,
      networks, census_interval_ms)
    values (${vantage}, '1.2.3', ${new Date(now - 60 * minute)}, ${new Date(now - beatMinutesAgo * minute)},
      ${tried}, ${answered}, 42, 7, ${networks}::text[], ${censusIntervalMs === undefined ? null : BigInt(censusIntervalMs)})
    on conflict (vantage) do update set
      last_beat = excluded.last_beat, census_interval_ms = excluded.census_interval_ms`;
}
