/** Answers of the API over a large database: `npm run bench -- api [nodes]`. Times are of whole requests on loopback. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { createApp } from '../api/app.ts';
import { readMigrations } from '../sql/migrate.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { putPoints } from '../sql/testRows.ts';
import { machine } from './machine.ts';

const rounds = 40;
const paths = {
  alive: '/api/v1/nodes',
  seen: '/api/v1/nodes?population=seen&limit=500',
  network: '/api/v1/nodes?network=mainnet',
  rareClient: '/api/v1/nodes?client=rare',
  commonClient: '/api/v1/nodes?client=geth',
  prefix: '/api/v1/nodes?q=abcdef',
  address: '/api/v1/nodes?q=10.0.100.1',
  summary: '/api/v1/networks/mainnet/summary',
  counts: '/api/v1/networks/mainnet/counts?cut=client&resolution=hour',
  distribution: '/api/v1/networks/mainnet/distribution?cut=client',
  metrics: '/metrics',
} as const;

export async function run(words: readonly string[]): Promise<object> {
  const nodes = Number(words[0] ?? 100_000);
  const database = await openTestDatabase();
  const { sql } = database;
  const server = createServer();
  try {
    await fill(sql, nodes);
    const app = createApp({
      ...{ sql, asker: sql },
      migrations: await readMigrations(),
      clock: { now: Date.now },
      registry: new Registry(),
      config: {
        ...{ httpHost: '127.0.0.1', allowedHosts: [], rateLimit: 0, trustProxy: 0, maskIps: false },
        ...{ censusIntervalMs: 600_000, checkResponses: false },
      },
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      webRoot: null,
      version: 'bench',
    });
    server.on('request', app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const milliseconds: Record<string, { median: number; worst: number }> = {};
    for (const [name, path] of Object.entries(paths))
      milliseconds[name] = await time(`http://127.0.0.1:${port}${path}`);
    const startedAt = performance.now();
    const csv = await (await fetch(`http://127.0.0.1:${port}/api/v1/nodes.csv?population=seen`)).text();
    const exported = { lines: csv.split('\r\n').length - 2, ms: Math.round(performance.now() - startedAt) };
    return { bench: 'api', nodes, rounds, milliseconds, exported, ...machine() };
  } finally {
    server.close();
    server.closeAllConnections();
    await database.close();
  }
}

async function time(url: string): Promise<{ median: number; worst: number }> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    const response = await fetch(url);
    await response.text();
    if (response.status !== 200) throw new Error(`${url}: ${response.status}`);
    times.push(performance.now() - startedAt);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const round = (ms: number | undefined) => Math.round((ms ?? 0) * 10) / 10;
  return { median: round(sorted[rounds >> 1]), worst: round(sorted.at(-1)) };
}

/** A fifth were alive within 24 h, the others over the last hundred days; a month of hourly counts. */
async function fill(sql: Awaited<ReturnType<typeof openTestDatabase>>['sql'], nodes: number): Promise<void> {
  await sql`
    insert into networks (slug, name, network_id, genesis_hash, file)
    values ('mainnet', 'Ethereum', 1, ${new Uint8Array(32)}, ${sql.json({ version: 1 })})`;
  await sql`
    insert into clients (raw, name) select 'Geth/' || i, 'geth' from generate_series(1, 300) i
    union all select 'rare/1', 'rare'`;
  await sql`
    insert into nodes (id, id_hash, first_seen, last_seen, last_alive, last_reachable, last_identified, ip, udp_port,
      tcp_port, client_no, network, network_source)
    select sha512(int4send(i)), sha256(int4send(i)), at, at, case when i % 10 < 8 then at end,
      case when i % 10 < 2 then at end, case when i % 10 < 2 then at end, '10.0.0.0'::inet + i, 30303, 30303,
      case when i % 10 < 2 then case when i % 5000 = 0 then 301 else 1 + i % 300 end end,
      case when i % 10 < 3 then 'mainnet' end, case when i % 10 < 3 then 'status' end
    from (
      select i, now() - random() * case when i % 5 = 0 then interval '24 hours' else interval '100 days' end as at
      from generate_series(1, ${nodes}::int4) i
    ) rows`;
  await sql`
    insert into count_series (network, population, time_window, cut, key)
    select n, p, w, 'client', array['client' || i]
    from unnest(array['all', 'mainnet']) n, unnest(array['alive', 'reachable', 'identified']) p,
      unnest(array['now', 'day']) w, generate_series(1, 100) i
    union all select n, p, w, 'total', '{}' from unnest(array['all', 'mainnet']) n,
      unnest(array['seen', 'alive', 'reachable', 'identified']) p, unnest(array['now', 'day']) w`;
  await sql.begin((one) =>
    putPoints(
      one,
      `select series_no, r as resolution, at, 5 as ids, 4 as ips from
        (select 'hour' as r, date_trunc('hour', now()) - i * interval '1 hour' as at from generate_series(0, 719) i
         union all select 'census', date_trunc('hour', now()) - i * interval '10 minutes' from generate_series(0, 143) i) instants,
        count_series`,
    ),
  );
  await sql`
    insert into census_runs (at, started_at, finished_at, duration_ms, points, nodes, source, rolled)
    select at, at, at, 1, 1, 1, 'bench', 2
    from generate_series(date_trunc('hour', now()) - interval '30 days', date_trunc('hour', now()), interval '10 minutes') at`;
  await sql`vacuum analyze`;
}
