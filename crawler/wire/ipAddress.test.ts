import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import { seededRandom } from '../testkit/seededRandom.ts';
import { hexToBytes } from './bytes.ts';
import { canonicalIp, formatIp, parseIp } from './ipAddress.ts';

test('each address has one canonical text', () => {
  // RFC 5952, sections 1 to 5, and IPv4-mapped addresses as IPv4.
  const cases: [string, string | null][] = [
    ['1.2.3.4', '1.2.3.4'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::ffff:0102:0304', '1.2.3.4'],
    ['::', '::'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:0DB8::0001', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['fe80::', 'fe80::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ];
  for (const [text, canonical] of cases) assert.equal(canonicalIp(text), canonical, text);
});

test('what is no address is null', () => {
  const bad = ['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.4 ', '0x1.2.3.4', ':', ':::', '1::2::3'];
  const bad6 = ['1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8', '12345::', 'fe80::1%eth0', '::1.2.3', 'g::'];
  for (const text of [...bad, ...bad6, '1.2.3.4::', '::1.2.3.4:1', `${'0:'.repeat(40)}1`]) {
    assert.equal(parseIp(text), null, JSON.stringify(text));
  }
  for (const length of [0, 1, 3, 5, 15, 17]) assert.equal(formatIp(new Uint8Array(length)), null, `${length} bytes`);
});

test('bytes to text and back is the identity, and node:net agrees that the text is an address', () => {
  const random = seededRandom();
  for (let i = 0; i < 1000; i++) {
    const bytes = random.bytes(random.pick([4, 16]));
    // Zero groups, which are where the compression can go wrong.
    for (let group = 0; group < 8 && bytes.length === 16; group++) {
      if (random.next() < 0.5) bytes.fill(0, group * 2, group * 2 + 2);
    }
    const text = formatIp(bytes);
    const message = `${Buffer.from(bytes).toString('hex')} → ${text}, seed ${random.seed}`;
    assert.ok(text !== null && isIP(text) === (bytes.length === 4 ? 4 : 6), message);
    assert.deepEqual(parseIp(text), bytes, message);
  }
  assert.equal(formatIp(hexToBytes('00000000000000000000ffff01020304')), '1.2.3.4');
});
