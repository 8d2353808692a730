import assert from 'node:assert/strict';
import { test } from 'node:test';
import { medianNumber, splitHeights } from './splitHeights.ts';

test('each activation and the block after it, and the median head less the depths', () => {
  assert.deepEqual(splitHeights('pos', [5000n, 5002n, 4000n], [100n, 4999n, 9000n]), [100n, 101n, 4744n, 4936n, 4999n]);
  assert.deepEqual(splitHeights('clique', [5000n], []), [4992n]);
  assert.deepEqual(splitHeights('pos', [5000n], [], [2n]), [4998n]);
});

test('a young chain has no height below its genesis, an unknown head none at all', () => {
  assert.deepEqual(splitHeights('pos', [100n], []), [36n]);
  assert.deepEqual(splitHeights('raft', [8n], []), []);
  assert.deepEqual(splitHeights('pos', [], [5n]), []);
});

test('a few liars do not move the median', () => {
  assert.equal(medianNumber([10n, 11n, 12n, 0xffff_ffff_ffff_ffffn, 0n]), 11n);
  assert.equal(medianNumber([1n, 2n]), 1n);
  assert.equal(medianNumber([]), null);
});
