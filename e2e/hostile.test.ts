/** The short form; e2e/long has the one with ten liars of each kind. */
import { test } from 'node:test';
import { lieToCrawler } from './fixtures/lyingPeers.ts';

test('among liars of every kind the honest are found, and each lie is counted', { timeout: 290_000 }, async (t) => {
  await lieToCrawler(t, { liars: 45, honest: 12, visitsBefore: 1, restMs: 500 });
});
