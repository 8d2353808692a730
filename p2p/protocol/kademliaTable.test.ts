import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex, hexToBytes } from '../wire/bytes.ts';
import { idHash, type NodeContact } from '../wire/nodeEndpoint.ts';
import {
  bucketCount,
  bucketSize,
  compareDistance,
  defaultSubnetLimits,
  KademliaTable,
  logDistance,
  maxReplacements,
} from './kademliaTable.ts';

const random = seededRandom();
const self = random.bytes(64);
const contact = (ip = '10.0.0.1'): NodeContact => ({ id: random.bytes(64), ip, udp: 30303, tcp: 30303 });

/** A contact whose log distance from us is `distance`. */
function contactAt(distance: number, ip = '10.0.0.1'): NodeContact {
  for (;;) {
    const candidate = contact(ip);
    if (logDistance(idHash(self), idHash(candidate.id)) === distance) return candidate;
  }
}

test('log distance is that of the specification: 2^(d-1) ≤ a xor b < 2^d', () => {
  const zero = new Uint8Array(32);
  const cases: [string, number][] = [
    ['00', 0],
    ['01', 1],
    ['02', 2],
    ['03', 2],
    ['80', 8],
    ['0100', 9],
    [`80${'00'.repeat(31)}`, 256],
    [`7f${'ff'.repeat(31)}`, 255],
    [`01${'00'.repeat(30)}`, 241],
  ];
  for (const [hex, distance] of cases) {
    const bytes = hexToBytes(hex.padStart(64, '0'));
    assert.equal(logDistance(zero, bytes), distance, hex);
    assert.equal(logDistance(bytes, zero), distance, hex);
  }
  for (let i = 0; i < 500; i++) {
    const [target, a, b] = [random.bytes(32), random.bytes(32), random.bytes(32)];
    const xor = (x: Uint8Array) => BigInt(`0x${bytesToHex(x)}`) ^ BigInt(`0x${bytesToHex(target)}`);
    assert.equal(Math.sign(compareDistance(target, a, b)), xor(a) < xor(b) ? -1 : 1, `seed ${random.seed}`);
    assert.equal(logDistance(target, a), xor(a).toString(2).length, `seed ${random.seed}`);
  }
});

test('a bucket keeps 16 nodes and 10 spare ones, whatever comes', () => {
  const table = new KademliaTable(self, null);
  const nodes = Array.from({ length: 60 }, () => contactAt(256));
  const results = nodes.map((node, i) => table.add(node, i));
  assert.equal(results.filter((result) => result === 'added').length, bucketSize);
  assert.equal(results.filter((result) => result === 'replacement').length, 60 - bucketSize);
  assert.equal(table.size, bucketSize);
  // Those that came first stay: newcomers cannot push them out.
  const kept = table.closest(idHash(self), 100, -1).map((node) => bytesToHex(node.id));
  assert.deepEqual(new Set(kept), new Set(nodes.slice(0, bucketSize).map((node) => bytesToHex(node.id))));
});

test('the whole table is bounded', () => {
  const table = new KademliaTable(self, null);
  for (let i = 0; i < 5000; i++) table.add(contact(), i);
  assert.ok(table.size <= bucketCount * bucketSize);
  assert.ok(table.size >= 5 * bucketSize, `${table.size} nodes`);
  for (let i = 0; i < 5000 && table.size > 0; i++) {
    const stalest = table.oldestOfBucket(random.next());
    assert.ok(stalest !== null);
    table.fail(stalest, 1);
  }
  assert.ok(table.size === 0);
});

test('a node that fails twice gives way to the youngest spare one', () => {
  const table = new KademliaTable(self, null);
  const nodes = Array.from({ length: bucketSize + maxReplacements + 5 }, () => contactAt(256));
  for (const [i, node] of nodes.entries()) table.add(node, i);
  const first = nodes[0]!;
  table.fail(first, 2);
  assert.equal(table.size, bucketSize);
  const named = () => table.closest(idHash(first.id), 100, -1).map((node) => bytesToHex(node.id));
  assert.ok(!named().includes(bytesToHex(first.id)), 'what does not answer is not named');
  table.fail(first, 2);
  assert.equal(table.size, bucketSize);
  assert.ok(named().includes(bytesToHex(nodes.at(-1)!.id)));
  assert.ok(!named().includes(bytesToHex(nodes[bucketSize]!.id)));
});

test('a proof refreshes a node: its failures are forgotten, its new address counts, and it is no longer the stalest', () => {
  const table = new KademliaTable(self, null);
  const [a, b] = [contactAt(256), contactAt(256)];
  table.add(a, 1);
  table.add(b, 2);
  assert.equal(table.oldestOfBucket(0)?.provenAt, 1);
  table.fail(a, 2);
  assert.equal(table.add({ ...a, ip: '10.9.9.9', udp: 1234 }, 3), 'refreshed');
  assert.equal(table.size, 2);
  assert.equal(table.oldestOfBucket(0)?.provenAt, 2);
  const [found] = table.closest(idHash(a.id), 1, 0);
  assert.deepEqual([found?.ip, found?.udp, found?.failures], ['10.9.9.9', 1234, 0]);
});

test('a proof without a record leaves the record that is known, in a bucket and among the spare nodes', () => {
  const table = new KademliaTable(self, null);
  const nodes = Array.from({ length: bucketSize + 1 }, (_, i) => ({ ...contactAt(256), record: Uint8Array.of(i) }));
  for (const [i, node] of nodes.entries()) table.add(node, i);
  const bare = ({ record: _, ...named }: NodeContact): NodeContact => named;
  const spare = nodes.at(-1)!;
  for (const node of [nodes[0]!, spare]) table.add(bare(node), 100);
  table.fail(nodes[1]!, 1);
  assert.deepEqual(table.get(idHash(nodes[0]!.id))?.record, Uint8Array.of(0));
  assert.deepEqual(table.get(idHash(spare.id))?.record, Uint8Array.of(bucketSize));
  table.add({ ...spare, record: Uint8Array.of(99) }, 101);
  assert.deepEqual(table.get(idHash(spare.id))?.record, Uint8Array.of(99));
});

test('only nodes proven since are named, nearest first, and never ourselves', () => {
  const table = new KademliaTable(self, null);
  assert.equal(table.add({ ...contact(), id: self }, 1), 'self');
  for (let i = 1; i <= 100; i++) table.add(contact(), i);
  const target = random.bytes(32);
  const named = table.closest(target, 16, 50);
  assert.ok(named.every((node) => node.provenAt > 50));
  for (const [i, node] of named.slice(1).entries()) assert.ok(compareDistance(target, named[i]!.hash, node.hash) < 0);
  const all = table.closest(target, 1000, 50);
  assert.deepEqual(named, all.slice(0, 16));
});

test('one network cannot fill a bucket or the table', () => {
  const table = new KademliaTable(self, defaultSubnetLimits);
  const results = Array.from({ length: 8 }, (_, i) => table.add(contactAt(256, `8.8.8.${i + 1}`), i));
  assert.deepEqual(results.slice(0, 3), ['added', 'added', 'subnetFull']);
  assert.equal(table.size, 2);
  assert.equal(table.add(contactAt(256, '8.8.9.1'), 9), 'added', 'another network has room');
  for (let i = 0; i < 400; i++) table.add(contact('8.8.8.8'), i);
  const ofNetwork = table.closest(self.subarray(0, 32), 1000, -1).filter((node) => node.ip.startsWith('8.8.8.'));
  assert.ok(ofNetwork.length <= defaultSubnetLimits.perTable && ofNetwork.length >= 6, `${ofNetwork.length}`);
  // IPv6 counts by /48.
  const v6 = ['2600:1:1::1', '2600:1:1:ffff::2', '2600:1:1:2::3', '2600:1:2::1'];
  assert.deepEqual(
    v6.map((ip, i) => table.add(contactAt(256, ip), i)),
    ['added', 'added', 'subnetFull', 'added'],
  );
});

test('a node that leaves makes room for its network, and one that moves into a full network keeps its place', () => {
  const table = new KademliaTable(self, { perBucket: 1, perTable: 1 });
  const [a, b] = [contactAt(256, '8.8.8.1'), contactAt(256, '9.9.9.1')];
  assert.deepEqual([table.add(a, 1), table.add(b, 2)], ['added', 'added']);
  assert.equal(table.add({ ...b, ip: '8.8.8.2' }, 3), 'subnetFull');
  assert.equal(table.closest(idHash(b.id), 1, 0)[0]?.ip, '9.9.9.1');
  assert.equal(table.add({ ...a, ip: '8.8.8.9' }, 4), 'refreshed', 'its own place counts not against it');
  table.fail({ ...a, ip: '8.8.8.9' }, 1);
  assert.equal(table.add({ ...b, ip: '8.8.8.2' }, 5), 'refreshed');
});

test('a spare node that is promoted stands where its proof puts it, so that it is asked in its turn', () => {
  const table = new KademliaTable(self, null);
  const nodes = Array.from({ length: bucketSize + 1 }, () => contactAt(256));
  for (const [i, node] of nodes.entries()) table.add(node, i);
  // All but the second prove themselves again: of them and the spare node, the spare one is next oldest.
  for (const [i, node] of nodes.slice(2, bucketSize).entries()) table.add(node, 100 + i);
  table.fail(nodes[0]!, 1);
  assert.equal(table.oldestOfBucket(0)?.provenAt, 1);
  table.fail(nodes[1]!, 1);
  assert.deepEqual(table.oldestOfBucket(0)?.id, nodes.at(-1)!.id);
  assert.equal(table.size, bucketSize - 1);
});

test('spare nodes are bounded, the youngest are kept, and one that is silent leaves', () => {
  const table = new KademliaTable(self, null);
  const nodes = Array.from({ length: bucketSize + 40 }, () => contactAt(256));
  for (const [i, node] of nodes.entries()) table.add(node, i);
  table.fail(nodes.at(-1)!, 3);
  for (const node of nodes.slice(0, bucketSize)) table.fail(node, 1);
  const kept = new Set(table.closest(idHash(self), 100, -1).map(({ id }) => bytesToHex(id)));
  const expected = nodes.slice(-maxReplacements, -1).map(({ id }) => bytesToHex(id));
  assert.deepEqual(kept, new Set(expected), 'each takes the place of one that failed, until none is left');
});

test('silence at an address that is not its own takes no node out of the table', () => {
  const table = new KademliaTable(self, null);
  const nodes = Array.from({ length: bucketSize + 1 }, () => contactAt(256, '10.0.0.1'));
  for (const [i, node] of nodes.entries()) table.add(node, i);
  for (const { id } of nodes) for (let i = 0; i < 5; i++) table.fail({ id, ip: '6.6.6.6' }, 3);
  assert.equal(table.size, bucketSize);
  assert.equal(table.closest(idHash(self), 100, -1).length, bucketSize, 'and all are named still');
  table.fail(nodes[0]!, 1);
  assert.equal(table.size, bucketSize, 'the spare one was there too');
});

test('the bucket is picked at random among those that hold a node, and its oldest node is asked', () => {
  const table = new KademliaTable(self, null);
  assert.equal(table.oldestOfBucket(0.5), null);
  const crowd = Array.from({ length: bucketSize }, () => contactAt(256));
  const few = [contactAt(254), contactAt(254), contactAt(252)];
  for (const [i, node] of [...crowd, ...few].entries()) table.add(node, i);
  const asked = [0, 0.3, 0.34, 0.6, 0.7, 0.999].map((chance) => table.oldestOfBucket(chance)?.id);
  assert.deepEqual(asked, [few[2]!.id, few[2]!.id, few[0]!.id, few[0]!.id, crowd[0]!.id, crowd[0]!.id]);
  table.add(few[0]!, 99);
  assert.deepEqual(table.oldestOfBucket(0.5)?.id, few[1]!.id);
});

test('thousands of keys on one IP get ten places, two a bucket, however often they come', () => {
  const table = new KademliaTable(self, defaultSubnetLimits);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 1000; i++) table.add(contact('8.8.8.8'), i);
  }
  assert.ok(table.size <= defaultSubnetLimits.perTable, `${table.size} nodes`);
  const honest = Array.from({ length: 40 }, (_, i) => contact(`9.9.${i}.1`));
  const added = honest.filter((node) => table.add(node, 5000) === 'added').length;
  const distances = honest.map(({ id }) => logDistance(idHash(self), idHash(id)));
  const room = bucketSize - defaultSubnetLimits.perBucket;
  const inBucket = (distance: number) => distances.filter((one) => one === distance).length;
  const least = [...new Set(distances)].reduce((sum, distance) => sum + Math.min(inBucket(distance), room), 0);
  assert.ok(added >= least, `${added} honest nodes found room, seed ${random.seed}; there was some for ${least}`);
});
