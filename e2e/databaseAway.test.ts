/** A crawler whose database goes away: what it has seen is on disk when it ends, and in the database once after the next start. */
import { test } from 'node:test';
import { endsSafely } from './fixtures/awayCrawl.ts';

test(
  'SIGTERM while the database is away: what was seen is on disk, the end says so, the next start writes it',
  {
    timeout: 120_000,
  },
  (t) => endsSafely(t, 'cut', 221),
);
