import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilityNames, capabilityText, capabilityTexts, maxCapabilities, versionsOf } from './capabilities.ts';

const offered = [
  { name: 'snap', version: 1 },
  { name: 'eth', version: 69 },
  { name: 'eth', version: 68 },
  { name: 'eth', version: 69 },
  { name: 'istanbul', version: 100 },
];

test('capabilities in order, each once', () => {
  assert.deepEqual(capabilityTexts(offered), ['eth/68', 'eth/69', 'istanbul/100', 'snap/1']);
  assert.deepEqual(capabilityNames(offered), ['eth', 'istanbul', 'snap']);
  assert.deepEqual(versionsOf(offered, 'eth'), [68, 69]);
  assert.deepEqual(versionsOf(offered, 'les'), []);
});

test('hostile names are escaped and cut, long lists too', () => {
  assert.equal(capabilityText({ name: '\u202eeth', version: 68 }), '\\u{202e}eth/68');
  assert.equal(capabilityText({ name: 'x'.repeat(500), version: Number.NaN }), `${'x'.repeat(23)}…/?`);
  const many = Array.from({ length: 5000 }, (_, version) => ({ name: 'eth', version }));
  assert.equal(capabilityTexts(many).length, maxCapabilities);
  assert.equal(versionsOf(many, 'eth').length, maxCapabilities);
});
