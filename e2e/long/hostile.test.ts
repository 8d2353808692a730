import { test } from 'node:test';
import { lieToCrawler } from '../fixtures/lyingPeers.ts';

test('among ten liars of each kind the honest are found, and each lie is counted', { timeout: 290_000 }, async (t) => {
  await lieToCrawler(t, { liars: 140, honest: 40, visitsBefore: 1, restMs: 1_000 });
});
