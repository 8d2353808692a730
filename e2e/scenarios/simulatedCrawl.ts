/** A crawl of simulated networks of 200 live nodes and as many dead, run once: what it stores, against the truth. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type BenchNetwork, benchScenario } from '../../bench/benchScenario.ts';
import type { CrawlSummary } from '../../crawler/crawl/crawlTally.ts';
import type { Scenario } from '../../lib/scenarioFile.ts';
import type { Sql } from '../../sql/client.ts';
import type { SimulatedTruth } from '../../testkit/simulatedNetwork/networkTruth.ts';

/** `crawl --once` with this many bootnodes over the scenario, and what it and the network report. */
export type CrawlOnce = (
  t: TestContext,
  scenario: Scenario,
  bootnodes: number,
) => Promise<{
  readonly truth: readonly SimulatedTruth[];
  readonly stored: readonly Stored[];
  readonly summary: CrawlSummary;
  readonly stats: { readonly received: number; readonly findnodes: number };
  /** One line of JSON per node: who it is and whom it knows. */
  readonly pointers: readonly string[];
}>;

const plain: BenchNetwork = {
  nodes: 200,
  seed: 20_261_123,
  deadPerLive: 1,
  latencyMs: 0,
  jitterMs: 0,
  loss: 0,
  hostile: 0,
};

export interface Stored {
  readonly id: string;
  readonly alive: boolean;
  readonly reachable: boolean;
  readonly client: string | null;
  readonly network: string | null;
}

export async function selectStored(sql: Sql): Promise<Stored[]> {
  return sql<Stored[]>`
    select encode(n.id, 'hex') as id, n.last_alive is not null as alive, n.last_reachable is not null as reachable,
           c.raw as client, n.network
    from nodes n left join clients c using (client_no)`;
}

function idsOf(nodes: Iterable<{ readonly id: string }>): string[] {
  return Array.from(nodes, ({ id }) => id).sort();
}

function assertLike(truth: readonly SimulatedTruth[], stored: readonly Stored[]): void {
  const byId = new Map(stored.map((node) => [node.id, node]));
  assert.deepEqual(idsOf(stored.filter(({ alive }) => alive)), idsOf(truth.filter(({ alive }) => alive)));
  assert.deepEqual(
    idsOf(stored.filter(({ reachable }) => reachable)),
    idsOf(truth.filter(({ reachable }) => reachable)),
  );
  for (const { id, alive, identified, client, network } of truth) {
    const node = byId.get(id);
    if (!alive) continue;
    assert.equal(node?.client ?? null, identified ? client : null, `client of ${id}`);
    assert.equal(node?.network, network, `network of ${id}`);
  }
}

export function testSimulatedCrawl(crawlOnce: CrawlOnce): void {
  const crawl = (t: TestContext, network: BenchNetwork, bootnodes = 1) =>
    crawlOnce(t, benchScenario(network), bootnodes);
  describe('a crawl of a simulated network', { timeout: 280_000 }, () => {
    test('finds every live node and nobody else, tells who each is, and asks politely', async (t) => {
      const { truth, stored, summary, stats, pointers } = await crawl(t, plain);
      assertLike(truth, stored);
      assert.equal(summary.alive, 200);
      assert.equal(pointers.length, truth.length);
      for (const [index, line] of pointers.entries()) {
        const { knows, alive } = JSON.parse(line);
        assert.ok(alive ? knows.length > 60 : knows.length === 0, `node ${index} knows ${knows.length}`);
      }
      assert.ok(stats.findnodes / 200 <= Math.log2(200 / 16) + 5, `${stats.findnodes} FINDNODEs`);
      assert.ok(stats.received / 200 <= 25, `${stats.received} packets`);
    });

    test('finds them where one packet in five is lost and the way takes 50 to 300 ms', async (t) => {
      // Few, because each takes time: one bootnode more or less must not matter.
      const lossy = { ...plain, nodes: 60, deadPerLive: 0.5, latencyMs: 50, jitterMs: 250, loss: 0.2 };
      const { truth, stored } = await crawl(t, lossy, 4);
      const live = new Set(idsOf(truth.filter(({ alive }) => alive)));
      const found = stored.filter(({ alive }) => alive);
      for (const { id } of found) assert.ok(live.has(id), `${id} is not alive`);
      // Seven PINGs all go unanswered once in 1,200 times: chance takes three of 60 nodes in one run of 50,000. Two PINGs
      // would find 52.
      assert.ok(found.length >= 58, `${found.length} of ${live.size} found`);
    });

    test('is not fooled by nodes that name only nodes that do not exist', async (t) => {
      const { truth, stored, summary } = await crawl(t, { ...plain, hostile: 0.05 });
      assertLike(truth, stored);
      assert.equal(summary.alive, 200);
      assert.ok((summary.named.unearned ?? 0) > 500, JSON.stringify(summary.named));
      // 400 real ones, and of each of ten forgers no more than a source without credit may name.
      assert.ok(summary.seen <= 400 + 10 * 16, `${summary.seen} seen`);
    });
  });
}
