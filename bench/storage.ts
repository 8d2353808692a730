/** Bytes of a point and of a visit with their indexes, as roll-ups and the store write them, and which updates are HOT. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createVisitKey } from '../crawler/crawl/visitKey.ts';
import { createStore } from '../crawler/store/createStore.ts';
import { toVisitRow, type VisitRow } from '../crawler/store/visitRow.ts';
import { systemRandom } from '../p2p/net/systemRandom.ts';
import { connect, type Sql } from '../sql/client.ts';
import { startEmbedded } from '../sql/embedded.ts';
import { migrate } from '../sql/migrate.ts';
import { makeFullVisit, makePong, makeVisit } from '../testkit/makeVisit.ts';
import { machine, round } from './machine.ts';

const dayMs = 86_400_000;
const t0 = Date.UTC(2026, 10, 1);

/**
 * `npm run bench -- storage --series 25000 --days 30 --nodes 100000`: every series in every hour of so many days, a census
 * each ten minutes of one day, and a day of visits to so many nodes, each every half hour; a third of the visits are whole.
 */
export async function run(words: readonly string[]): Promise<object> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      series: { type: 'string', default: '500' },
      days: { type: 'string', default: '3' },
      nodes: { type: 'string', default: '500' },
    },
  });
  const size = { series: Number(values.series), days: Number(values.days), nodes: Number(values.nodes) };
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-bench-'));
  await chmod(folder, 0o755);
  const server = await startEmbedded({ dataDir: folder });
  const sql = connect(server.url, { max: 2 });
  try {
    await migrate(sql);
    const hours = await fillHours(sql, size.series, size.days);
    const census = await fillCensuses(sql, size.series);
    const visits = await fillVisits(sql, size.nodes);
    const aVisit = round((await bytesOf(sql, 'visit_log')) / visits);
    const anHour = round((await bytesOf(sql, 'hour_counts')) / hours);
    return {
      ...{ bench: 'storage', ...size },
      bytes: { anHour, aCensusPoint: round((await bytesOf(sql, 'census_counts')) / census), aVisit },
      // Of 25,000 series.
      gigabytesAYear: round((anHour * 25_000 * 365 * 24) / 1e9),
      hotShare: await hotShares(sql),
      ...machine(),
    };
  } finally {
    await sql.end({ timeout: 5 });
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fillHours(sql: Sql, series: number, days: number): Promise<number> {
  await sql`
    insert into count_series (network, population, time_window, cut, key)
    select 'all', 'alive', 'day', 'client_version', array['geth', n::text] from generate_series(1, ${series}::int4) n`;
  for (let hour = 0; hour < days * 24; hour++) {
    await sql.begin(async (one) => {
      await one`
        create temp table rolled_points on commit drop as
        select series_no, ${new Date(t0 + hour * 3_600_000)}::timestamptz as at, n as ids, n - n / 9 as ips, n - n / 50 as ids_low,
          n + n / 50 as ids_high
        from (select series_no, 5 + (random() * 30000)::int4 as n from count_series) s`;
      await one`select pack_points('hour')`;
    });
    // As autovacuum does within the hour.
    await sql`vacuum hour_counts`;
    if (hour % 24 === 23) console.error(`day ${(hour + 1) / 24} of ${days}`);
  }
  return series * days * 24;
}

async function fillCensuses(sql: Sql, series: number): Promise<number> {
  await sql`select create_count_partition('census_counts', ${new Date(t0)})`;
  for (let census = 0; census < 144; census++) {
    await sql`
      insert into census_counts (at, series_no, ids, ips)
      select ${new Date(t0 + census * 600_000)}, series_no, 5, 4 from count_series order by series_no`;
  }
  return series * 144;
}

async function fillVisits(sql: Sql, nodes: number): Promise<number> {
  await sql`
    insert into networks (slug, name, network_id, genesis_hash, file)
    values ('mainnet', 'Mainnet', 1, sha256('mainnet'::bytea), '{}')`;
  const day = t0 - 2 * dayMs;
  const store = createStore(sql, 'bench', '0', { at: 'caller', now: () => t0 });
  for (let round = 0; round < 48; round++) {
    for (let from = 0; from < nodes; from += 1_000) {
      const count = Math.min(1_000, nodes - from);
      await store.recordVisits(Array.from({ length: count }, (_, n) => visitOf(from + n, day + round * 1_800_000 + n)));
    }
    // As autovacuum does of a real one.
    await sql`vacuum (analyze) nodes, frontier, reachability, endpoints`;
  }
  return nodes * 48;
}

function visitOf(n: number, at: number): VisitRow {
  const kinds = [
    () => makeFullVisit(n, at, 'mainnet'),
    () => makeVisit(n, at, { stage: 'auth', code: 'disconnected', remoteReason: 4, pong: makePong }),
    () => makeVisit(n, at),
  ];
  const row = toVisitRow((kinds[n % kinds.length] ?? (() => makeVisit(n, at)))());
  return { ...row, at, key: createVisitKey(at, systemRandom.bytes(10)), dueAt: at + 1_800_000 };
}

async function bytesOf(sql: Sql, table: string): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    select sum(pg_total_relation_size(inhrelid))::float8 as bytes from pg_inherits where inhparent = ${table}::regclass`;
  return row?.bytes ?? 0;
}

/** Share of the updates of each table that wrote no index. */
async function hotShares(sql: Sql): Promise<Record<string, number>> {
  // What connections have counted is told when they are idle.
  await sql`select pg_sleep(1.5)`;
  const rows = await sql<{ name: string; share: number }[]>`
    select relname as name, n_tup_hot_upd::float8 / n_tup_upd as share from pg_stat_user_tables
    where n_tup_upd > 0 and relname in ('nodes', 'frontier', 'reachability', 'endpoints') order by 1`;
  return Object.fromEntries(rows.map(({ name, share }) => [name, round(share)]));
}
