import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHost } from './toHost.ts';

test('an IP whose IDs come and go rotates keys; one with many that stay does not, nor one on its first day', () => {
  const rotates = (ids: number, answering: number, fresh: number) =>
    toHost({ ids, answering, fresh, capped: 0 }).rotatesKeys;
  assert.equal(rotates(24, 2, 24), true);
  assert.equal(rotates(500, 500, 3), false);
  assert.equal(rotates(500, 480, 500), false);
  assert.equal(rotates(45, 10, 0), false, 'gone, but none is new');
  assert.equal(rotates(7, 1, 7), false);
  assert.equal(rotates(8, 4, 4), true);
});
