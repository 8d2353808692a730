import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { cidrContains, classifyIp, formatIp, hostKey, parseCidr, parseIp, subnetKey } from './ipAddress.ts';

test('addresses are read and written canonically', () => {
  for (const [text, canonical] of [
    ['1.2.3.4', '1.2.3.4'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
    ['::ffff:9.8.7.6', '9.8.7.6'],
    ['fe80::', 'fe80::'],
  ] as const) {
    const bytes = parseIp(text);
    assert.ok(bytes, text);
    assert.equal(formatIp(bytes), canonical);
  }
});

test('what is no address is null', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'g::',
    '::1.2.3.4:5',
    `${'1:'.repeat(30)}1`,
    '1:2:3:4:5:6:7::8',
  ])
    assert.equal(parseIp(text), null, text);
  assert.equal(formatIp(new Uint8Array(5)), null);
});

test('classes follow the special-purpose registries', () => {
  for (const [ip, kind] of [
    ['8.8.8.8', 'public'],
    ['127.9.9.9', 'loopback'],
    ['::1', 'loopback'],
    ['192.168.1.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'public'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['0.0.0.0', 'special'],
    ['255.255.255.255', 'special'],
    ['240.0.0.1', 'special'],
    ['2001:db8::1', 'special'],
    ['2a00::1', 'public'],
    ['::', 'special'],
  ] as const)
    assert.equal(classifyIp(parseIp(ip)!), kind, ip);
});

test('subnets and CIDRs', () => {
  assert.equal(subnetKey('10.1.2.3'), '10.1.2.0/24');
  assert.equal(subnetKey('2a00:1:2:3::4'), '2a00:1:2::/48');
  assert.equal(subnetKey('nonsense'), null);
  assert.ok(cidrContains(parseCidr('127.0.0.0/8')!, parseIp('127.200.1.1')!));
  assert.ok(!cidrContains(parseCidr('10.0.0.0/9')!, parseIp('10.128.0.0')!));
  assert.ok(!cidrContains(parseCidr('0.0.0.0/0')!, parseIp('::1')!));
  for (const text of ['10.0.0.0/33', '10.0.0.0/x', '10.0.0.0/8/8', 'x/8']) assert.equal(parseCidr(text), null, text);
});

test('IPv4 text is accepted only as the end of the whole address', () => {
  assert.equal(formatIp(parseIp('64:ff9b::192.0.2.33')!), '64:ff9b::c000:221');
  for (const text of ['1.2.3.4::', '1.2.3.4::1', '::1.2.3.4:1', '::1.2.3']) assert.equal(parseIp(text), null, text);
});

test('bytes to text and back is the identity, and node:net agrees that the text is an address', () => {
  // Zero groups are where the compression can go wrong.
  const group = fc.oneof(fc.constant([0, 0]), fc.tuple(fc.nat(255), fc.nat(255)));
  const ipv6 = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => Uint8Array.from(groups.flat()));
  const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.oneof(ipv6, ipv4), (bytes) => {
      const text = formatIp(bytes)!;
      assert.equal(isIP(text), bytes.length === 4 ? 4 : 6);
      assert.deepEqual(parseIp(text), bytes);
    }),
    { numRuns: 1000 },
  );
});

test('a host is an IPv4 address or a /64 of IPv6', () => {
  for (const [ip, key] of [
    ['1.2.3.4', '1.2.3.4'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['2600:1:2:3::', '2600:1:2:3::/64'],
    ['2600:1:2:3:ffff:ffff:ffff:ffff', '2600:1:2:3::/64'],
    ['2600:1:2:4::1', '2600:1:2:4::/64'],
    ['::1', '::/64'],
    ['no:address', 'no:address'],
  ] as const) {
    assert.equal(hostKey(ip), key, ip);
  }
});
