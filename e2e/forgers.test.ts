/** What forgers cost: the same simulated network with and without them, packet for packet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crawlSimulation } from '../bench/crawlSimulation.ts';

const nodes = 600;
const network = { nodes, seed: 20_261_123, deadPerLive: 1, latencyMs: 0, jitterMs: 0, loss: 0, hostile: 0 };

test('with one forger in twenty, a crawl finds the same live nodes as without, for at most half as many packets again', {
  timeout: 290_000,
}, async (t) => {
  const honest = await crawlSimulation(network);
  const hostile = await crawlSimulation({ ...network, hostile: 0.05 });
  for (const { found } of [honest, hostile]) {
    assert.deepEqual([found.found, found.foundButNotLive, found.storedAlive], [nodes, 0, nodes]);
  }
  assert.ok((hostile.crawler.named.unearned ?? 0) > 1_000, JSON.stringify(hostile.crawler.named));
  const ratio = hostile.packets.sentPerLive / honest.packets.sentPerLive;
  t.diagnostic(
    `${hostile.packets.sentPerLive} packets a live node to ${honest.packets.sentPerLive}: ${ratio.toFixed(2)}`,
  );
  assert.ok(ratio <= 1.5, `${hostile.packets.sentPerLive} packets a live node to ${honest.packets.sentPerLive}`);
});
