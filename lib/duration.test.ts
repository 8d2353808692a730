import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration } from './duration.ts';

test('durations carry their unit', () => {
  const table: [string, number | null][] = [
    ['30s', 30_000],
    ['24h', 86_400_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['250ms', 250],
    ['0', 0],
    [' 2d ', 172_800_000],
    ['30', null],
    ['', null],
    ['s', null],
    ['-1s', null],
    ['1 s', null],
    ['1e3s', null],
    ['5y', null],
    ['9999999999999s', null],
  ];
  for (const [text, ms] of table) assert.equal(parseDuration(text), ms, text);
});

test('what formatDuration writes, parseDuration reads', () => {
  for (const ms of [0, 1, 999, 1_000, 61_000, 3_600_000, 5_400_000, 90_061_001, 31_536_000_000]) {
    assert.equal(parseDuration(formatDuration(ms)), ms, formatDuration(ms));
  }
  assert.equal(formatDuration(86_400_000), '1d');
  assert.equal(formatDuration(90_000), '1m30s');
});
