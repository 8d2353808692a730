import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNumbers } from '../i18n/numbers.ts';
import { formatActivation, formatEndpoint, formatInstant, shortenHex } from './format.ts';

test('long hex is shortened, short hex is not', () => {
  assert.equal(shortenHex('0xd4e56740f876aef8c010b86a40d5f567'), '0xd4e56740…d5f567');
  assert.equal(shortenHex('0x07c9462e'), '0x07c9462e');
  assert.equal(shortenHex('a'.repeat(128), 10, 6), `${'a'.repeat(10)}…${'a'.repeat(6)}`);
});

test('times are UTC whatever the zone of the machine', () => {
  assert.equal(formatInstant(1_767_747_671_000), '2026-01-07 01:01:11 UTC');
});

test('endpoints: IPv6 in brackets, masked and unknown ones without a port', () => {
  assert.equal(formatEndpoint('203.0.113.7', 30303), '203.0.113.7:30303');
  assert.equal(formatEndpoint('2001:db8::1', 30303), '[2001:db8::1]:30303');
  assert.equal(formatEndpoint('203.0.113.0/24', 0), '203.0.113.0/24');
  assert.equal(formatEndpoint('', 0), '–');
});

test('activations by block, by time, and by numbers that no calendar has', () => {
  assert.equal(formatActivation('block', '12965000', createNumbers('en')), '#12,965,000');
  assert.equal(formatActivation('time', '1767747671', createNumbers('en')), '2026-01-07 01:01 UTC');
  assert.equal(formatActivation('time', '18446744073709551615', createNumbers('en')), '18,446,744,073,709,551,615');
});
