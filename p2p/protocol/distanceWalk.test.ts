import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DistanceWalk } from './distanceWalk.ts';

/** Walks a table with this many nodes at 256, 255, …, whose owner answers as geth does: as asked, 16 in all. */
function walk(table: readonly number[]): { requests: (readonly number[])[]; found: number } {
  const plan = new DistanceWalk();
  const requests: (readonly number[])[] = [];
  const found = new Map<number, number>();
  for (let distances = plan.next(); distances !== null; distances = plan.next()) {
    requests.push(distances);
    let room = 16;
    for (const distance of distances) {
      const count = Math.min(room, 16, table[256 - distance] ?? 0);
      found.set(distance, Math.max(found.get(distance) ?? 0, count));
      room -= count;
    }
    plan.answered(16 - room);
    assert.ok(requests.length < 40);
  }
  return { requests, found: [...found.values()].reduce((sum, count) => sum + count, 0) };
}

const tableOf = (nodes: number) => Array.from({ length: 17 }, (_, i) => Math.min(16, Math.round(nodes / 2 ** (i + 1))));
const sizeOf = (table: readonly number[]) => table.reduce((sum, count) => sum + count, 0);

test('the table of a node among 5,000 takes ten requests, among 25,400 thirteen, and all of it is found', () => {
  for (const [nodes, requests] of [
    [5_000, 10],
    [25_400, 13],
    [200, 6],
    [10, 2],
  ] as const) {
    const table = tableOf(nodes);
    const walked = walk(table);
    assert.equal(walked.found, sizeOf(table), `${nodes} nodes`);
    assert.ok(walked.requests.length <= requests, `${nodes} nodes: ${walked.requests.length} requests`);
  }
});

test('an empty table takes two requests', () => {
  const { requests } = walk([]);
  assert.deepEqual([requests.length, requests[0], requests[1]?.length], [2, [256], 16]);
});

test('a sparse part that is full is halved until all of it is seen', () => {
  const table = [9, ...Array.from({ length: 16 }, () => 7)];
  assert.equal(walk(table).found, sizeOf(table));
});

test('when every distance is full, each is asked for by itself, once', () => {
  const { requests } = walk(Array.from({ length: 17 }, () => 16));
  assert.deepEqual(
    requests.map(([distance]) => distance),
    Array.from({ length: 17 }, (_, i) => 256 - i),
  );
});
