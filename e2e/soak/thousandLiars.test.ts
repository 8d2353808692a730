/**
 * A thousand liars at once: the honest are still found, each lie is counted by its code, and memory stays flat. The
 * memory is compared with that of a crawler at work: before the liars come it has visited as many honest nodes several
 * times, because V8 takes some 30 MB for its first thousand visits whoever is visited, and keeps them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lieToCrawler } from '../fixtures/lyingPeers.ts';

const maxGrowthBytes = 20 * 1024 * 1024;

test('a thousand lying peers', { timeout: 290_000 }, async (t) => {
  const { before, peak } = await lieToCrawler(t, { liars: 1_000, honest: 600, visitsBefore: 4, restMs: 3_000 });
  t.diagnostic(`RSS before ${mebibytes(before)}, peak ${mebibytes(peak)}, growth ${mebibytes(peak - before)}`);
  assert.ok(peak - before <= maxGrowthBytes, `RSS grew by ${mebibytes(peak - before)}`);
});

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
