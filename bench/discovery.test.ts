import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run as runDial } from './dial.ts';
import { run } from './discovery.ts';

test('the discovery benchmark finds every node of a small network and tells what it cost', async () => {
  const result = JSON.parse(JSON.stringify(await run(['--nodes', '40'])));
  assert.deepEqual([result.found.live, result.found.found, result.found.storedAlive], [40, 40, 40]);
  assert.deepEqual([result.found.reachable, result.found.identified], [24, 12]);
  const { packets, crawler, simulator, floor } = result;
  for (const figure of [
    packets.sentPerLive,
    packets.receivedPerLive,
    packets.findnodesPerLive,
    crawler.cpuSeconds,
    crawler.peakRssMib,
    simulator.cpuSeconds,
    floor.sumUs,
    result.cpuPerPacketToFloor,
  ]) {
    assert.ok(figure > 0, JSON.stringify(result));
  }
  assert.ok(crawler.eventLoop.p99Ms >= 0);
});

test('the dial benchmark comes to the Status of every peer with both engines', async () => {
  const result = JSON.parse(JSON.stringify(await runDial(['--nodes', '10', '--rounds', '2', '--concurrency', '4'])));
  for (const engine of ['forkscope', 'ethereumjs']) {
    for (const round of ['first', 'last']) {
      assert.equal(result[engine][round].complete, 10, JSON.stringify(result));
      assert.ok(result[engine][round].cpuUsPerSession > 0);
    }
  }
  assert.ok(result.forkscope.curveUsPerSession > 0);
});
