import assert from 'node:assert/strict';
import { test } from 'node:test';
import { socketsPerProcess } from '../testkit/simulatedNetwork/simulatedNetwork.ts';
import { growth, run } from './scale.ts';

test('the scale benchmark prints what it has: each run, its memory, and what grew', async () => {
  const result = JSON.parse(JSON.stringify(await run(['--sizes', '20', '--limit', '600'])));
  assert.equal(result.runs.length, 1);
  for (const one of result.runs) {
    assert.deepEqual([one.complete, one.found.foundShare], [true, 1], JSON.stringify(one));
    assert.ok(one.crawler.memoryMib.liveHeap > 0 && one.crawler.memoryMib.liveHeap <= one.crawler.memoryMib.heapUsed);
  }
  assert.deepEqual(result.growth, [], 'nothing to stand beside');
  await assert.rejects(run(['--sizes', '20,x']), RangeError);
});

test('growth is told of complete runs: processor beside the smallest, memory beside 5,000 nodes', () => {
  const one = (nodes: number, cpu: number, mib: number, complete = true) => ({
    complete,
    network: { nodes, ids: 2 * nodes },
    crawler: {
      cpuUsPerVerifiedPacket: cpu,
      peakRssMib: mib,
      memoryMib: { rss: mib, liveHeap: mib / 2, liveArrayBuffers: 0 },
    },
  });
  const runs = [one(1_000, 100, 80), one(5_000, 100, 100), { network: { nodes: 20_000 }, failed: 'why' }];
  const grown = growth([...runs, one(50_000, 120, 145), one(60_000, 1, 1, false)] as never);
  const each = (perFurtherNode: number, perFurtherId: number) => ({ perFurtherNode, perFurtherId });
  assert.deepEqual(grown, [
    {
      nodes: 50_000,
      cpuPerPacket: { beside: 1_000, ratio: 1.2 },
      bytes: { beside: 5_000, peakRss: each(1_049, 524), rssAtEnd: each(1_049, 524), liveHeapAtEnd: each(524, 262) },
    },
  ]);
});

test('a low limit of open files makes more processes', () => {
  const limits = [Number.POSITIVE_INFINITY, 20_000, 4_096, 1_024];
  assert.deepEqual(limits.map(socketsPerProcess), [10_000, 10_000, 3_496, 512]);
});
