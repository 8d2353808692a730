/** What a large database costs: census, roll-up, churn, and retention with a reader beside it. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { takeCensus } from '../crawler/jobs/census.ts';
import { takeChurn } from '../crawler/jobs/followSessions.ts';
import { applyRetention, createVisitPartitions } from '../crawler/jobs/retention.ts';
import { rollUpCounts } from '../crawler/jobs/rollUp.ts';
import { connect, type Sql } from '../sql/client.ts';
import { startEmbedded } from '../sql/embedded.ts';
import { migrate } from '../sql/migrate.ts';
import { fillHistory } from './fillHistory.ts';
import { machine } from './machine.ts';

const t0 = Date.UTC(2026, 10, 28, 12);

/** `npm run bench -- history --nodes 1000000 --versions 200`: a third of the nodes at shared addresses, versions of 30 clients. */
export async function run(words: readonly string[]): Promise<object> {
  const { values } = parseArgs({
    args: [...words],
    options: { nodes: { type: 'string', default: '20000' }, versions: { type: 'string', default: '200' } },
  });
  const [nodes, versions] = [Number(values.nodes), Number(values.versions)];
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-bench-'));
  await chmod(folder, 0o755);
  const server = await startEmbedded({ dataDir: folder });
  const sql = connect(server.url, { max: 4 });
  try {
    await migrate(sql);
    await createVisitPartitions(sql, t0 - 33 * 86_400_000, 37);
    await fillHistory(sql, nodes, versions, t0);
    const seconds: Record<string, number> = {};
    const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const began = performance.now();
      const result = await work();
      seconds[name] = Math.round((performance.now() - began) / 10) / 100;
      console.error(`${name}: ${seconds[name]} s`);
      return result;
    };
    const first = await timed('firstCensus', () => takeCensus(sql, t0, 'bench'));
    await sql`analyze count_series, census_counts`;
    await timed('census', () => takeCensus(sql, t0 + 600_000, 'bench'));
    await timed('rollUp', () => rollUpCounts(sql, t0 + 3_600_000));
    await timed('churn', () => takeChurn(sql, t0 + 600_000));
    const { removed, longestWaitMs } = await timed('retention', () => retainBeside(sql));
    return { bench: 'history', nodes, points: first?.points, seconds, longestWaitMs, removed, ...machine() };
  } finally {
    await sql.end({ timeout: 5 });
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Retention, while somebody opens the pages of nodes one after the other. */
async function retainBeside(sql: Sql): Promise<{ removed: object | null; longestWaitMs: number }> {
  let isOver = false;
  let longestWaitMs = 0;
  const reading = (async () => {
    for (let n = 1; !isOver; n = (n * 7_919) % 100_003) {
      const began = performance.now();
      await sql`select at, code from visit_rows where node_no = ${n} order by at desc limit 50`;
      longestWaitMs = Math.max(longestWaitMs, Math.round(performance.now() - began));
      await sql`select pg_sleep(0.005)`;
    }
  })();
  const removed = await applyRetention(sql, t0 + 600_000, { visitDays: 30 });
  isOver = true;
  await reading;
  return { removed, longestWaitMs };
}
