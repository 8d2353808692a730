/** A crawl in virtual time, in a process of its own. Started by days.ts. */
import type { Scenario } from '../lib/scenarioFile.ts';
import type { Sql } from '../sql/client.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { truthAt } from '../testkit/simulatedNetwork/networkTruth.ts';
import { openVirtualCrawl, type VirtualCrawl } from '../testkit/virtualCrawl/virtualCrawl.ts';
import { benchScenario } from './benchScenario.ts';
import { round } from './machine.ts';

export interface DaysOrder {
  readonly nodes: number;
  readonly hours: number;
  readonly seed: number;
  /** Time between two visits to a node that answers, with its unit. */
  readonly revisit: string;
}

export interface DaysReport {
  readonly nodes: number;
  readonly hours: number;
  readonly tookSeconds: number;
  readonly setUpSeconds: number;
  /** Of `tookSeconds`: CPU of this process, and time spent waiting for PostgreSQL. */
  readonly cpuSeconds: number;
  readonly databaseSeconds: number;
  readonly visits: number;
  readonly datagrams: number;
  readonly sessions: number;
  readonly queries: number;
  readonly jumps: number;
  /** Alive in the last two hours by the last census of each fourth hour and of the last one, and in truth. */
  readonly counts: readonly { readonly hour: number; readonly alive: number; readonly truth: number }[];
  /** Warnings and errors of the crawler. */
  readonly warnings: number;
}

const hourMs = 3_600_000;

process.once('message', (order: DaysOrder) => void run(order));

async function run(order: DaysOrder): Promise<void> {
  const database = await openTestDatabase();
  try {
    const report = await crawlDays(order, database.url);
    process.send?.(report, () => process.disconnect());
  } finally {
    await database.close();
  }
}

async function crawlDays({ nodes, hours, seed, revisit }: DaysOrder, databaseUrl: string): Promise<DaysReport> {
  const began = performance.now();
  await using crawl = await openVirtualCrawl({ scenario: scenarioOf(nodes, seed), databaseUrl, seed });
  const setUpSeconds = (performance.now() - began) / 1_000;
  const startedAt = crawl.clock.now();
  const crawler = crawl.start('bench', { revisit });
  const cpu = process.cpuUsage();
  const counts: DaysReport['counts'][number][] = [];
  for (let hour = 1; hour <= hours; hour++) {
    await crawl.pass(hourMs);
    if (hour % 4 === 0 || hour === hours)
      counts.push({ hour, ...(await countAlive(crawl, startedAt + hour * hourMs)) });
    console.error(`hour ${hour} after ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  }
  const { user, system } = process.cpuUsage(cpu);
  const { heldMs, jumps } = crawl.clock.spent;
  return {
    nodes,
    hours,
    tookSeconds: round((performance.now() - began) / 1_000),
    setUpSeconds: round(setUpSeconds),
    cpuSeconds: round((user + system) / 1e6),
    databaseSeconds: round(heldMs / 1_000),
    visits: crawler.progress?.visited ?? 0,
    datagrams: crawl.wire.counts.datagrams,
    sessions: crawl.wire.counts.streams,
    queries: crawl.queries,
    jumps,
    counts,
    warnings: crawler.log.filter((line) => !line.startsWith('info')).length,
  };
}

function scenarioOf(nodes: number, seed: number): Scenario {
  const dead = Math.round(nodes / 10);
  const way = { latencyMs: 20, jitterMs: 10, loss: 0, hostile: 0 };
  const scenario = benchScenario({ nodes: nodes - dead, deadPerLive: dead / (nodes - dead), seed, ...way });
  const night = [
    { at: 8 * hourMs, kind: 'nodesDown', group: 'geth-closed', share: 1 / 3 },
    { at: 16 * hourMs, kind: 'nodesUp', group: 'geth-closed' },
  ] as const;
  return { ...scenario, faults: [...night] };
}

/** Those of the newest census, which counts who was alive within two hours, and those who were. */
async function countAlive({ sql, network }: VirtualCrawl, now: number): Promise<{ alive: number; truth: number }> {
  const alive = await selectAlive(sql);
  const { length: truth } = network.truth.filter(
    (node) => truthAt(node, now).alive || truthAt(node, now - 2 * hourMs).alive,
  );
  return { alive, truth };
}

async function selectAlive(sql: Sql): Promise<number> {
  const [row] = await sql<{ ids: number }[]>`
    select ids from current_counts
    where network = 'all' and population = 'alive' and cut = 'total' and time_window = 'now'`;
  return row?.ids ?? 0;
}
