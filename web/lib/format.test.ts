import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatActivation,
  formatChange,
  formatCount,
  formatDuration,
  formatEndpoint,
  formatInstant,
  formatShare,
  formatShort,
  shortenHex,
} from './format.ts';

function table<T>(name: string, format: (input: T) => string, rows: readonly (readonly [T, string])[]): void {
  test(name, () => {
    for (const [input, expected] of rows) assert.equal(format(input), expected, `of ${String(input)}`);
  });
}

table<number | string>('counts', formatCount, [
  [0, '0'],
  [999, '999'],
  [1_000, '1,000'],
  [1_234_567, '1,234,567'],
  ['18446744073709551615', '18,446,744,073,709,551,615'],
]);

table('short numbers', formatShort, [
  [0, '0'],
  [0.5, '0.5'],
  [999, '999'],
  [1_000, '1k'],
  [12_345, '12.3k'],
  [99_949, '99.9k'],
  [123_456, '123k'],
  [999_950, '1M'],
  [2_500_000, '2.5M'],
]);

test('a share is never rounded to nothing or to all', () => {
  assert.equal(formatShare(1, 3), '33.3%');
  assert.equal(formatShare(0, 10), '0.0%');
  assert.equal(formatShare(1, 100_000), '<0.1%');
  assert.equal(formatShare(99_999, 100_000), '>99.9%');
  assert.equal(formatShare(5, 5), '100.0%');
  assert.equal(formatShare(0, 0), '–');
});

test('changes carry their sign', () => {
  assert.equal(formatChange(100, 102), '+2.0%');
  assert.equal(formatChange(100, 50), '−50.0%');
  assert.equal(formatChange(100, 100), '±0.0%');
  assert.equal(formatChange(0, 5), '–');
});

test('long hex is shortened, short hex is not', () => {
  assert.equal(shortenHex('0xd4e56740f876aef8c010b86a40d5f567'), '0xd4e56740…d5f567');
  assert.equal(shortenHex('0x07c9462e'), '0x07c9462e');
  assert.equal(shortenHex('a'.repeat(128), 10, 6), `${'a'.repeat(10)}…${'a'.repeat(6)}`);
});

test('times are UTC whatever the zone of the machine', () => {
  assert.equal(formatInstant(1_767_747_671_000), '2026-01-07 01:01:11 UTC');
});

table('durations', formatDuration, [
  [-5, '0 s'],
  [12.9, '12 s'],
  [119, '119 s'],
  [120, '2 min'],
  [7_199, '119 min'],
  [7_200, '2 h'],
  [172_799, '47 h'],
  [172_800, '2 d'],
]);

test('endpoints: IPv6 in brackets, masked and unknown ones without a port', () => {
  assert.equal(formatEndpoint('203.0.113.7', 30303), '203.0.113.7:30303');
  assert.equal(formatEndpoint('2001:db8::1', 30303), '[2001:db8::1]:30303');
  assert.equal(formatEndpoint('203.0.113.0/24', 0), '203.0.113.0/24');
  assert.equal(formatEndpoint('', 0), '–');
});

test('activations by block, by time, and by numbers that no calendar has', () => {
  assert.equal(formatActivation('block', '12965000'), '#12,965,000');
  assert.equal(formatActivation('time', '1767747671'), '2026-01-07 01:01 UTC');
  assert.equal(formatActivation('time', '18446744073709551615'), '18,446,744,073,709,551,615');
});
