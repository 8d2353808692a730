import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { NodeSet } from './nodeSet.ts';

const scores = (set: NodeSet): number[] => [...set.entries()].map(({ score }) => score);

test('a node that answers gains a point, silence halves them, and at none it is gone', () => {
  const set = new NodeSet();
  const visit = (pong: boolean) => set.visited('aa', makeVisit(1, 1_000, pong ? { pong: makePong } : {}).outcome);
  visit(false);
  assert.deepEqual(scores(set), [], 'never answered');
  for (let i = 0; i < 3; i++) visit(true);
  assert.deepEqual(scores(set), [3]);
  visit(false);
  assert.deepEqual(scores(set), [1]);
  visit(false);
  assert.deepEqual(scores(set), []);
});

test('a node that dials us neither gains nor loses', () => {
  const set = new NodeSet();
  const call = makeVisit(1, 2_000, { direction: 'inbound', stage: 'status', code: 'ok' }).outcome;
  set.visited('aa', call);
  assert.deepEqual(scores(set), []);
  set.visited('aa', makeVisit(1, 1_000, { pong: makePong }).outcome);
  set.visited('aa', call);
  assert.deepEqual(scores(set), [1]);
});
