import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advanceWalk, startWalk } from './bucketWalk.ts';

const hash = new Uint8Array(32);
hash.set([0b1010_0000, 0b0000_0001]);

test('buckets are asked from the farthest inward', () => {
  let state = startWalk(hash, 17);
  const asked: string[] = [];
  while (state.step.at === 'ask') {
    asked.push(state.step.prefix16.toString(2).padStart(16, '0').slice(0, state.step.bits));
    state = advanceWalk(state, hash, { named: 16, fresh: 4 }, 17);
  }
  assert.deepEqual(asked.slice(0, 4), ['0', '11', '100', '1011']);
  assert.equal(asked.length, 16);
  assert.equal(asked[15], '1010000000000000');
});

test('the walk ends when nothing new comes, when the whole table has come, or after two silences', () => {
  const start = startWalk(hash, 17);
  assert.deepEqual(advanceWalk(start, hash, { named: 16, fresh: 0 }, 17).step, { at: 'done', reason: 'nothingNew' });
  assert.deepEqual(advanceWalk(start, hash, { named: 5, fresh: 5 }, 17).step, { at: 'done', reason: 'wholeTable' });
  const once = advanceWalk(start, hash, null, 17);
  assert.equal(once.step.at, 'ask');
  assert.deepEqual(advanceWalk(once, hash, null, 17).step, { at: 'done', reason: 'noAnswer' });
  assert.deepEqual(advanceWalk(start, hash, { named: 16, fresh: 9 }, 1).step, { at: 'done', reason: 'limit' });
  assert.deepEqual(startWalk(hash, 0).step, { at: 'done', reason: 'limit' });
});

test('a Besu table of 13 in one packet is walked on', () => {
  assert.equal(advanceWalk(startWalk(hash, 17), hash, { named: 13, fresh: 13 }, 17).step.at, 'ask');
});
