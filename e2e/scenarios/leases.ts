/**
 * Crawlers that share a database, over one simulated network: each node is visited by one of them, once an interval; what
 * one held that dies, another visits. LEASES_NODES=5000 measures it at that size.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { benchScenario } from '../../bench/benchScenario.ts';
import type { Scenario } from '../../lib/scenarioFile.ts';
import type { Sql } from '../../sql/client.ts';
import type { SimulatedRun } from '../../testkit/simulatedNetwork/simulatedRun.ts';
import type { Flags } from './watchedNetwork.ts';

/** Crawlers over one simulated network and one database, in virtual time or as processes. */
interface CrawlerRig {
  readonly network: SimulatedRun;
  readonly sql: Sql;
  start(vantage: string): RiggedCrawler;
  /** ms since the epoch, there. */
  now(): number;
  /** Lets this much time pass there. */
  pass(ms: number): Promise<void>;
  /** Why it cannot go on, if a crawler has ended by itself. */
  failure(): string | null;
  complaints(): string;
}

interface RiggedCrawler {
  /** As SIGTERM does; rejects when it does not end well. */
  stop(): Promise<void>;
  /** As SIGKILL does. */
  kill(): Promise<void>;
}

export type OpenRig = (t: TestContext, scenario: Scenario, flags: Flags) => Promise<CrawlerRig>;

const asked = process.env.LEASES_NODES;
const nodes = Number(asked ?? 100);
/** Longer than a busy machine stands still. */
const leaseMs = 20_000;
/** Few enough that both are busy from their first second to their last. */
const maxVisits = asked === undefined ? 16 : 160;
const backoffMs = 4 * 60_000;
const patienceMs = asked === undefined ? 120_000 : 1_200_000;

/** Polls until the answer is not null; a failure names what was waited for. */
async function until<T>(rig: CrawlerRig, what: string, ask: () => Promise<T | null>): Promise<T> {
  const end = rig.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    const failure = rig.failure();
    if (failure !== null || rig.now() > end)
      assert.fail(`${what}: ${failure ?? `not after ${patienceMs} ms`}\n${rig.complaints()}`);
    await rig.pass(100);
  }
}

interface Looked {
  readonly id: string;
  readonly visits: number;
  readonly answered: number;
  readonly vantages: readonly string[];
  /** Least time between visits of different crawlers; null where one crawler made them all. */
  readonly apartMs: number | null;
}

async function looks(sql: Sql): Promise<Looked[]> {
  return sql<Looked[]>`
    select encode(n.id, 'hex') as id, count(*)::int4 as visits, count(v.rtt_ms)::int4 as answered,
      array_agg(distinct v.vantage) as vantages, min(v.apart)::float8 as "apartMs"
    from (
      select *, case when vantage <> lag(vantage) over w then extract(epoch from at - lag(at) over w) * 1000 end as apart
      from visits where direction = 'outbound' window w as (partition by node_no order by at)
    ) v join nodes n using (node_no) group by n.id`;
}

/** Known nodes, those of them never visited, and leases held by the processes of a vantage. */
async function open(sql: Sql, vantage = '%') {
  const [row] = await sql<{ rows: number; unvisited: number; leases: number }[]>`
    select count(*)::int4 as rows, count(*) filter (where visited_at is null)::int4 as unvisited,
      count(*) filter (where lease_owner like ${`${vantage}/%`})::int4 as leases
    from frontier`;
  return row ?? { rows: 0, unvisited: 0, leases: 0 };
}

/** Resolves when every node of the network was visited. */
function allVisited(rig: CrawlerRig): Promise<true> {
  const { length } = rig.network.truth;
  return until(rig, 'every node visited', async () => {
    const { rows, unvisited } = await open(rig.sql);
    return unvisited === 0 && rows >= length ? true : null;
  });
}

function assertOnce(visited: readonly Looked[], { truth }: SimulatedRun): void {
  const ids = truth.map(({ id }) => id);
  const live = new Set(truth.filter(({ alive }) => alive).map(({ id }) => id));
  assert.deepEqual(visited.map(({ id }) => id).sort(), ids.toSorted());
  for (const { id, answered, visits, vantages, apartMs } of visited) {
    assert.ok(answered <= (live.has(id) ? 1 : 0), `${id} answered ${answered} of ${visits} visits`);
    // A silent node is due again after five minutes, give or take a fifth: a slow machine may live to see that.
    if (apartMs !== null)
      assert.ok(apartMs >= backoffMs, `${vantages.join(' and ')} visited ${id} within ${apartMs} ms`);
  }
  const missed = visited.filter(({ id, answered }) => live.has(id) && answered === 0).length;
  assert.ok(missed <= live.size / 50, `${missed} live nodes did not answer`);
  // A node that answers after we gave up on it is visited again at once: that happens on an overloaded machine.
  const again = visited.filter(({ visits, apartMs }) => visits > 1 && apartMs === null).length;
  assert.ok(again < ids.length / 4 || asked !== undefined, `${again} were visited again`);
}

export function testLeases(openRig: OpenRig): void {
  describe('crawlers that share a database', { timeout: asked === undefined ? 290_000 : 3_600_000 }, () => {
    const prepare = (t: TestContext): Promise<CrawlerRig> => {
      const calm = { deadPerLive: 1, latencyMs: 0, jitterMs: 0, loss: 0, hostile: 0 };
      const scenario = benchScenario({ nodes, seed: 20_261_124, ...calm });
      return openRig(t, scenario, { lease: `${leaseMs}ms`, 'max-visits': `${maxVisits}` });
    };

    test('every node is visited by one of two, once', async (t) => {
      const rig = await prepare(t);
      const { sql, network } = rig;
      const began = rig.now();
      const crawlers = [rig.start('first'), rig.start('second')];
      await allVisited(rig);
      t.diagnostic(`${network.truth.length} nodes visited in ${rig.now() - began} ms`);
      for (const crawler of crawlers) await crawler.stop();
      const visited = await looks(sql);
      assertOnce(visited, network);
      const shares = ['first', 'second'].map(
        (name) => visited.filter(({ vantages }) => vantages.includes(name)).length,
      );
      const extra = visited.reduce((sum, { visits }) => sum + visits - 1, 0);
      t.diagnostic(`shares ${shares.join(' and ')}; further visits of late answerers: ${extra}`);
      for (const share of shares) assert.ok(share > 0, `shares ${shares.join(' and ')}`);
    });

    test('what a crawler held that is killed is visited by the other when its leases have lapsed, and nothing twice', async (t) => {
      const rig = await prepare(t);
      const { sql, network } = rig;
      const doomed = rig.start('doomed');
      rig.start('other');
      await until(rig, 'both at work', async () => {
        const [row] = await sql<{ both: boolean }[]>`
          select count(distinct vantage) = 2 as both from visits where direction = 'outbound'`;
        return row?.both === true && (await open(sql, 'doomed')).leases >= maxVisits / 2 ? true : null;
      });
      await doomed.kill();
      const killedAt = rig.now();
      const held = await sql<{ id: string; until: Date }[]>`
      select encode(n.id, 'hex') as id, f.lease_until as until from frontier f join nodes n using (node_no)
      where f.lease_owner like 'doomed/%'`;
      assert.ok(held.length > 0, 'it held nothing');
      const taken = await until(rig, 'what it held is visited', async () => {
        const rows = await sql<{ id: string; at: Date }[]>`
          select encode(n.id, 'hex') as id, min(v.at) as at from visits v join nodes n using (node_no)
          where v.vantage = 'other' and v.direction = 'outbound' and encode(n.id, 'hex') = any(${held.map(({ id }) => id)})
          group by n.id`;
        return rows.length === held.length ? rows : null;
      });
      const at = new Map(taken.map((row) => [row.id, row.at.getTime()]));
      for (const { id, until: lapses } of held) {
        assert.ok(at.get(id)! >= lapses.getTime() - 1, `${id} was visited while it was held`);
      }
      const lastMs = Math.max(...at.values()) - killedAt;
      t.diagnostic(`${held.length} leases; the last of them visited ${lastMs} ms after the kill, lease ${leaseMs} ms`);
      if (asked !== undefined) assert.ok(lastMs <= leaseMs + 10_000, `${lastMs} ms`);
      await allVisited(rig);
      assertOnce(await looks(sql), network);
    });

    test('one that is told to end gives back what it did not get to, due as it was', async (t) => {
      const rig = await prepare(t);
      const { sql } = rig;
      const crawler = rig.start('leaving');
      await until(rig, 'at work', async () => ((await open(sql)).leases >= maxVisits / 2 ? true : null));
      await crawler.stop();
      const [left] = await sql<{ leases: number; postponed: number }[]>`
      select count(lease_owner)::int4 as leases,
        count(*) filter (where c.code = 'aborted' and due_at > ${new Date(rig.now())})::int4 as postponed
      from frontier left join codes c on c.code_no = last_code_no`;
      assert.deepEqual({ ...left }, { leases: 0, postponed: 0 });
    });
  });
}
