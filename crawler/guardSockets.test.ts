import assert from 'node:assert/strict';
import { test } from 'node:test';
import ipaddr from 'ipaddr.js';
import { formatIp } from '../lib/ipAddress.ts';
import type { Sockets } from '../p2p/ports.ts';
import { seededRandom } from '../testkit/seededRandom.ts';
import { SimulatedClock } from '../testkit/simulatedClock.ts';
import { createAddressPolicy } from './crawl/addressPolicy.ts';
import { guardSockets } from './guardSockets.ts';

/** A million where there is time for them. */
const count = process.env.CI === 'true' ? 1_000_000 : 100_000;
const seed = Number(process.env.FUZZ_SEED ?? Date.now() >>> 0);

/** Prefixes that liars like: they look like hosts on the internet and lead elsewhere, or the other way round. */
const prefixes = `::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 1fff::/16 2000::/16 2001::/32
  2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:200::/23 2001:db8::/32 2002::/16
  2620:4f:8000::/48 2a00::/16 3ffe::/16 3fff::/20 3fff:1000::/20 4000::/3 5f00::/16 6000::/3 8000::/1 fc00::/7 fd00::/8
  fe00::/9 fe80::/10 fec0::/10 ff00::/8 ff02::/16 0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16
  172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24
  198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32`.split(/\s+/);

/** What ipaddr.js calls special and IANA's registries call globally reachable: DNS and tunnels of the internet itself. */
const reachable = new Set(['as112', 'as112v6', 'amt']);
/** What IANA reserves for protocols and documentation and ipaddr.js does not know. */
const kept = ['2001::/23', '3fff::/20', '192.0.0.0/24', '192.88.99.0/24'].map((text) => ipaddr.parseCIDR(text));

type Verdict = 'public' | 'not' | 'either';

function oracle(bytes: Uint8Array): Verdict {
  const whole = ipaddr.fromByteArray([...bytes]);
  const address = whole instanceof ipaddr.IPv6 && whole.isIPv4MappedAddress() ? whole.toIPv4Address() : whole;
  const first = address.toByteArray()[0] ?? 0;
  if (address instanceof ipaddr.IPv6 && (first < 0x20 || first > 0x3f)) return 'not';
  const range = address.range();
  if (kept.some(([net, bits]) => net.kind() === address.kind() && address.match([net, bits] as never))) return 'not';
  if (reachable.has(range)) return 'either';
  return range === 'unicast' ? 'public' : 'not';
}

test(`of ${count} forged addresses, only public ones are ever sent to or dialled (FUZZ_SEED=${seed})`, async () => {
  const random = seededRandom(seed);
  const reached: string[] = [];
  const bare: Sockets = {
    bindUdp: async () => ({
      local: { ip: '::', port: 1 },
      counts: { oversized: 0, sendFailed: 0, receiveFailed: 0 },
      send: (_bytes, { ip }) => void reached.push(ip),
      close: async () => {},
    }),
    connectTcp: ({ ip }) => {
      reached.push(ip);
      return () => {};
    },
    listenTcp: () => Promise.reject(new Error('not asked for')),
  };
  const refused: string[] = [];
  const policy = createAddressPolicy([]);
  const sockets = guardSockets(bare, policy, { after: () => () => {} }, (ip) => refused.push(ip));
  const udp = await sockets.bindUdp({ ip: '::', port: 0, maxBytes: 1, receive: () => {} });
  const cidrs = prefixes.map((text) => {
    const [net, bits] = ipaddr.parseCIDR(text);
    return { bytes: net.toByteArray(), bits };
  });
  const nothing = new Uint8Array(0);
  for (let n = 0; n < count; n++) {
    const cidr = cidrs[n % (2 * cidrs.length)];
    const bytes = random.bytes(cidr?.bytes.length ?? (n % 3 === 0 ? 4 : 16));
    for (let bit = 0; bit < (cidr?.bits ?? 0); bit++) {
      const mask = 0x80 >> (bit & 7);
      bytes[bit >> 3] = ((bytes[bit >> 3] ?? 0) & ~mask) | ((cidr?.bytes[bit >> 3] ?? 0) & mask);
    }
    const ip = formatIp(bytes) ?? assert.fail();
    reached.length = 0;
    refused.length = 0;
    if (n % 2 === 0) udp.send(nothing, { ip, port: 30_303 });
    else sockets.connectTcp({ ip, port: 30_303 }, () => {});
    const verdict = oracle(bytes);
    if (verdict !== 'either') assert.equal(reached.length, verdict === 'public' ? 1 : 0, `${ip} is ${verdict}`);
    assert.equal(reached.length + refused.length, 1, ip);
  }
});

test('a dial that is refused ends like one to an unreachable host, and not before the call returns', async () => {
  const clock = new SimulatedClock();
  const none: Sockets = {
    bindUdp: () => Promise.reject(new Error('not asked for')),
    connectTcp: () => assert.fail('dialled'),
    listenTcp: () => Promise.reject(new Error('not asked for')),
  };
  const refused: string[] = [];
  const sockets = guardSockets(none, createAddressPolicy([]), clock, (ip) => refused.push(ip));
  const results: unknown[] = [];
  sockets.connectTcp({ ip: 'fec0::1', port: 1 }, (result) => results.push(result));
  const cancel = sockets.connectTcp({ ip: '10.0.0.1', port: 1 }, (result) => results.push(result));
  cancel();
  assert.deepEqual(results, []);
  await clock.drive(clock.sleep(10));
  assert.deepEqual(results, ['unreachable']);
  assert.deepEqual(refused, ['fec0::1', '10.0.0.1']);
});
