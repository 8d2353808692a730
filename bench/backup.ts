import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inspectBackup } from '../sql/backup/readBackup.ts';
import { restoreBackup } from '../sql/backup/restoreBackup.ts';
import { writeBackup } from '../sql/backup/writeBackup.ts';
import { connect, type Sql } from '../sql/client.ts';
import { startEmbedded } from '../sql/embedded.ts';
import { migrate } from '../sql/migrate.ts';
import { machine } from './machine.ts';

/**
 * `npm run bench -- backup --nodes 1000000 --series 2500 --days 365 --folder /big`: how long a backup and a restore of so
 * many nodes and hourly counts take, between two embedded servers in `folder`.
 */
export async function run(words: readonly string[]): Promise<object> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      nodes: { type: 'string', default: '1000000' },
      series: { type: 'string', default: '2500' },
      days: { type: 'string', default: '365' },
      folder: { type: 'string', default: '/tmp' },
    },
  });
  const size = { nodes: Number(values.nodes), series: Number(values.series), days: Number(values.days) };
  const folder = await mkdtemp(join(values.folder, 'forkscope-bench-'));
  await chmod(folder, 0o755);
  const { signal } = new AbortController();
  const path = join(folder, 'backup');
  await using _folder = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  await using from = await startServer(join(folder, 'from'));
  await using to = await startServer(join(folder, 'to'));
  await migrate(from.sql);
  const filled = await timed(() => fill(from.sql, size));
  console.error(`filled in ${filled.seconds} s`);
  const backup = await timed(() => writeBackup({ url: from.url, path, version: 'bench', now: Date.now(), signal }));
  console.error(`backup in ${backup.seconds} s`);
  const inspected = await timed(() => inspectBackup(path, signal));
  const restored = await timed(() => restoreBackup(inspected.result, { url: to.url, path, signal }));
  const { rows } = backup.result;
  return {
    ...{ bench: 'backup', machine: machine(), ...size, rows, fileBytes: (await stat(path)).size },
    ...{ databaseBytes: { before: await bytesOf(from.sql), after: await bytesOf(to.sql) } },
    ...{ seconds: { backup: backup.seconds, check: inspected.seconds, restore: restored.seconds } },
    rssMib: Math.round(process.resourceUsage().maxRSS / 1_024),
  };
}

async function startServer(dataDir: string) {
  const server = await startEmbedded({ dataDir });
  const sql = connect(server.url, { max: 1 });
  return {
    ...{ sql, url: server.url },
    [Symbol.asyncDispose]: async () => {
      await sql.end();
      await server.stop();
    },
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const startedAt = performance.now();
  const result = await work();
  return { result, seconds: Math.round((performance.now() - startedAt) / 100) / 10 };
}

/** Rows as a crawl of so many nodes leaves them; hourly counts with every series in every hour. */
async function fill(sql: Sql, { nodes, series, days }: { nodes: number; series: number; days: number }): Promise<void> {
  await sql`insert into clients (raw, name) select 'geth/' || n, 'geth' from generate_series(1, 500) n`;
  await sql`
    insert into nodes (id, id_hash, first_seen, last_seen, last_alive, ip, udp_port, tcp_port, client_no, capabilities, enr)
    select decode(repeat(md5(n::text), 4), 'hex'), sha256(n::text::bytea), timestamptz '2026-01-01' + n * interval '1 s',
      '2026-11-28', '2026-11-28', '1.0.0.0'::inet + n * 7, 30303, 30303, 1 + n % 500, '{eth/68,eth/69,snap/1}',
      'enr:-' || repeat(md5(n::text), 5)
    from generate_series(1, ${nodes}::int4) n`;
  await sql`insert into frontier (node_no, due_at) select node_no, '2026-11-29' from nodes`;
  await sql`
    insert into endpoints (node_no, ip, udp_port, tcp_port, source, first_seen, last_seen, last_pong)
    select node_no, ip, udp_port, tcp_port, 'neighbour', first_seen, last_seen, last_alive from nodes`;
  await sql`
    insert into reachability (node_no, vantage, last_dialled, last_reachable, last_visit, last_alive)
    select node_no, 'here', last_alive, last_alive, last_alive, last_alive from nodes`;
  await sql`
    insert into count_series (network, population, time_window, cut, key)
    select 'all', 'alive', 'day', 'client_version', array['geth', n::text] from generate_series(1, ${series}::int4) n`;
  await sql`
    select create_count_partition('hour_counts', month)
    from generate_series(timestamp '2026-01-01', timestamp '2026-01-01' + (${days}::int4 - 1) * interval '1 day', '1 month') month`;
  await sql`
    insert into hour_counts (from_at, series_no, ids, ips, ids_low, ids_high)
    select day at time zone 'UTC', series_no, array(select series_no * 3 + (random() * 1000)::int4 from generate_series(1, 24)),
      array(select series_no * 2 + (random() * 1000)::int4 from generate_series(1, 24)),
      array(select series_no + (random() * 1000)::int4 from generate_series(1, 24)),
      array(select series_no * 4 + (random() * 1000)::int4 from generate_series(1, 24))
    from generate_series(timestamp '2026-01-01', timestamp '2026-01-01' + (${days}::int4 - 1) * interval '1 day', '1 day') day,
      count_series order by day, series_no`;
}

async function bytesOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`select pg_database_size(current_database())::float8 as bytes`;
  return row?.bytes ?? 0;
}
