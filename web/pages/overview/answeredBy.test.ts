import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answeredBy } from './answeredBy.ts';

test('a protocol that no node answers by is not one that would see nobody: it may not have been asked', () => {
  assert.deepEqual(answeredBy([{ key: 'discv4' }]), ['discv4']);
  assert.deepEqual(answeredBy([{ key: 'discv5' }]), ['discv5']);
  assert.deepEqual(answeredBy([{ key: 'both' }]), ['discv4', 'discv5']);
  assert.deepEqual(answeredBy([{ key: 'discv5' }, { key: 'discv4' }]), ['discv4', 'discv5']);
  assert.deepEqual(answeredBy([]), []);
});
