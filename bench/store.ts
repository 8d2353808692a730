/** How many visits a second the store writes into the embedded server, durable, on disk, while claims and censuses go on. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createVisitKey } from '../crawler/crawl/visitKey.ts';
import { takeCensus } from '../crawler/jobs/census.ts';
import { createStore } from '../crawler/store/createStore.ts';
import { toVisitRow, type VisitRow } from '../crawler/store/visitRow.ts';
import { systemRandom } from '../p2p/net/systemRandom.ts';
import { connect, type Sql } from '../sql/client.ts';
import { startEmbedded } from '../sql/embedded.ts';
import { migrate } from '../sql/migrate.ts';
import { makeFullVisit, makePong, makeVisit } from '../testkit/makeVisit.ts';
import { machine } from './machine.ts';

/** `npm run bench -- store --nodes 100000 --seconds 30 --batch 2000 --writers 2`. A third of the visits are whole ones. */
export async function run(words: readonly string[]): Promise<object> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      nodes: { type: 'string', default: '100000' },
      seconds: { type: 'string', default: '30' },
      batch: { type: 'string', default: '2000' },
      writers: { type: 'string', default: '2' },
    },
  });
  const [nodes, seconds, batch, writers] = [values.nodes, values.seconds, values.batch, values.writers].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-bench-'));
  await chmod(folder, 0o755);
  const server = await startEmbedded({ dataDir: folder });
  const sql = connect(server.url, { max: writers + 2 });
  try {
    await migrate(sql);
    const store = createStore(sql, 'bench');
    const rows = Array.from({ length: nodes }, (_, n) => visitOf(n, Date.now()));
    let next = 0;
    const take = (): VisitRow[] =>
      Array.from({ length: Math.min(batch, nodes) }, () => {
        const row = rows[next++ % nodes];
        if (row === undefined) throw new RangeError('no nodes');
        const at = Date.now();
        return { ...row, at, key: createVisitKey(at, systemRandom.bytes(10)), dueAt: at + 1_800_000 };
      });
    const write = async (until: () => boolean): Promise<number> => {
      let written = 0;
      const one = async (): Promise<void> => {
        while (!until()) {
          const visits = take();
          await store.recordVisits(visits);
          written += visits.length;
        }
      };
      await Promise.all(Array.from({ length: writers }, one));
      return written;
    };
    // Every node is there before the clock runs.
    await write(() => next >= nodes);
    const began = performance.now();
    const isOver = () => performance.now() - began > seconds * 1_000;
    const beside = crawlBeside(sql, isOver);
    const visits = await write(isOver);
    const took = (performance.now() - began) / 1_000;
    const census = await beside;
    return {
      bench: 'store',
      nodes,
      batch,
      writers,
      visitsPerSecond: Math.round(visits / took),
      census,
      bytes: await sizes(sql),
      ...machine(),
    };
  } finally {
    await sql.end({ timeout: 5 });
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function visitOf(n: number, at: number): VisitRow {
  const kinds = [
    () => makeFullVisit(n, at, null),
    () => makeVisit(n, at, { stage: 'auth', code: 'disconnected', remoteReason: 4, pong: makePong }),
    () => makeVisit(n, at),
  ];
  return toVisitRow((kinds[n % kinds.length] ?? (() => makeVisit(n, at)))());
}

/** What a crawl asks of the same server meanwhile: due nodes each second, and a census every ten. */
async function crawlBeside(sql: Sql, isOver: () => boolean): Promise<{ longestMs: number; taken: number }> {
  const claims = createStore(sql, 'beside');
  let [longestMs, taken, round] = [0, 0, 0];
  while (!isOver()) {
    await claims.claimDue(200, 60_000, { allowedCidrs: [], publicUnicast: true, exceptIds: [] });
    if (round++ % 10 === 5) {
      const report = await takeCensus(sql, Date.now(), 'bench', { spanMs: 1_000 });
      if (report !== null) {
        taken++;
        longestMs = Math.max(longestMs, report.durationMs);
      }
    }
    await sql`select pg_sleep(1)`;
  }
  return { longestMs, taken };
}

/** Of a visit, with its indexes. */
async function sizes(sql: Sql): Promise<{ aVisit: number }> {
  const [row] = await sql<{ visit: number }[]>`
    select (select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'visit_log'::regclass)::float8
      / (select greatest(count(*), 1) from visits) as visit`;
  return { aVisit: Math.round(row?.visit ?? 0) };
}
