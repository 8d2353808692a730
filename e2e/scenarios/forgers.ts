/** What forgers cost: the same simulated network with and without them, packet for packet. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { BenchNetwork } from '../../bench/benchScenario.ts';

/** `crawl --once` over such a network, in figures. */
export type MeasureCrawl = (
  t: TestContext,
  network: BenchNetwork,
) => Promise<{
  readonly found: number;
  readonly foundButNotLive: number;
  readonly storedAlive: number;
  /** Nodes named beyond what their sources had earned. */
  readonly unearned: number;
  /** Packets for each live node. */
  readonly sentPerLive: number;
}>;

const about = { seed: 20_261_123, deadPerLive: 1, latencyMs: 0, jitterMs: 0, loss: 0, hostile: 0 };

export function testForgers(measure: MeasureCrawl, nodes: number): void {
  const network = { ...about, nodes };
  test('with one forger in twenty, a crawl finds the same live nodes as without, for at most half as many packets again', {
    timeout: 290_000,
  }, async (t) => {
    const honest = await measure(t, network);
    const hostile = await measure(t, { ...network, hostile: 0.05 });
    for (const { found, foundButNotLive, storedAlive } of [honest, hostile]) {
      assert.deepEqual([found, foundButNotLive, storedAlive], [nodes, 0, nodes]);
    }
    assert.ok(hostile.unearned > nodes * (5 / 3), `${hostile.unearned}`);
    const ratio = hostile.sentPerLive / honest.sentPerLive;
    t.diagnostic(`${hostile.sentPerLive} packets a live node to ${honest.sentPerLive}: ${ratio.toFixed(2)}`);
    assert.ok(ratio <= 1.5, `${hostile.sentPerLive} packets a live node to ${honest.sentPerLive}`);
  });
}
