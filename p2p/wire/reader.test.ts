import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexToBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import { asBigUint, asBytes, asList, asUint } from './reader.ts';
import { decodeRlp } from './rlp.ts';

function refuses(work: () => unknown, code: string): void {
  assert.throws(work, (error) => error instanceof WireError && error.code === code);
}

test('bytes: kind, exact length, longest length, and a copy', () => {
  const packet = hexToBytes('83646f67');
  const item = decodeRlp(packet);
  const bytes = asBytes(item, { length: 3 });
  packet[1] = 0;
  assert.deepEqual(bytes, hexToBytes('646f67'));
  refuses(() => asBytes(item, { length: 4 }), 'rlpSize');
  refuses(() => asBytes(item, { max: 2 }), 'rlpSize');
  refuses(() => asBytes(decodeRlp(hexToBytes('c0'))), 'rlpKind');
  refuses(() => asBytes(undefined), 'rlpKind');
});

test('integers: width, leading zeros, and a list where a number should be', () => {
  assert.equal(asUint(hexToBytes(''), { maxBytes: 2 }), 0);
  assert.equal(asUint(hexToBytes('ffffffffffff'), { maxBytes: 6 }), 281_474_976_710_655);
  assert.equal(asBigUint(hexToBytes('ffffffffffffffff'), { maxBytes: 8 }), 18_446_744_073_709_551_615n);
  assert.equal(asUint(hexToBytes('0001'), { maxBytes: 2, leadingZeros: true }), 1);
  refuses(() => asUint(hexToBytes('00'), { maxBytes: 2 }), 'rlpInteger');
  refuses(() => asUint(hexToBytes('010000'), { maxBytes: 2 }), 'rlpInteger');
  refuses(() => asBigUint(hexToBytes('0001'), { maxBytes: 8 }), 'rlpInteger');
  refuses(() => asUint([hexToBytes('01')], { maxBytes: 2 }), 'rlpKind');
  assert.throws(() => asUint(hexToBytes('01'), { maxBytes: 7 }), RangeError);
});

test('lists: fewest, most, and what is beyond', () => {
  const three = decodeRlp(hexToBytes('c3010203'));
  assert.equal(asList(three, { min: 3, extra: 'reject' }).length, 3);
  assert.equal(asList(three, { min: 1, extra: 'ignore' }).length, 3);
  assert.equal(asList(three, { min: 1, max: 3, extra: 'reject' }).length, 3);
  refuses(() => asList(three, { min: 4, extra: 'ignore' }), 'rlpCount');
  refuses(() => asList(three, { min: 2, extra: 'reject' }), 'rlpCount');
  refuses(() => asList(three, { min: 1, max: 2, extra: 'reject' }), 'rlpCount');
  refuses(() => asList(hexToBytes('01'), { min: 0, extra: 'ignore' }), 'rlpKind');
  refuses(() => asList(undefined, { min: 0, extra: 'ignore' }), 'rlpKind');
});
