import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowing, testCurve } from '../../testkit/discv4TestNode.ts';
import { createDiscv5Node } from '../../testkit/discv5Simulation.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { signEnr } from '../wire/enr.ts';
import { idHash } from '../wire/nodeEndpoint.ts';
import { logDistance } from './kademliaTable.ts';
import { KnownRecords } from './knownRecords.ts';
import { NodesReply } from './nodesReply.ts';
import { PeerPace } from './peerPace.ts';

const random = seededRandom(3);
const peer = createDiscv5Node({ random });
const peerHash = idHash(peer.node.id);
const ownHash = idHash(createDiscv5Node({ random }).node.id);
const records = Array.from(
  { length: 60 },
  (_, i) => createDiscv5Node({ random, at: { ip: `127.0.0.${i + 1}`, port: 30_303 } }).node.enr,
);
const distanceOf = (id: Uint8Array) => logDistance(peerHash, idHash(id));
const at256 = records.filter(({ id }) => distanceOf(id) === 256);
const at255 = records.filter(({ id }) => distanceOf(id) === 255);

function replyTo(
  distances: readonly number[],
  known = new KnownRecords(testCurve, 100),
  minNeighborPort = 1,
  hash = peerHash,
): NodesReply {
  const rules = { known, addressPolicy: allowing('127.0.0.0/8'), minNeighborPort, ownHash };
  return new NodesReply(rules, hash, { ip: '127.0.0.9', port: 1 }, distances);
}

test('a record at a distance that was not asked for is counted and not taken', () => {
  const reply = replyTo([255]);
  assert.equal(reply.add(1, [at255[0]!.bytes, at256[0]!.bytes, peer.node.enr.bytes]), 'whole');
  const { records: taken, misplaced } = reply.found;
  assert.deepEqual([taken.map(({ bytes }) => bytes), misplaced], [[at255[0]!.bytes], 2]);
});

test("geth's nearest bucket holds everything at 240 and nearer, and all of it comes whichever of these was asked for", () => {
  const record = at256[0]!;
  /** A peer whose distance from the record is this, up to 256. */
  const peerAt = (distance: number) => {
    const hash = idHash(record.id);
    const bit = distance - 1;
    hash[31 - (bit >> 3)]! ^= 1 << (bit & 7);
    assert.equal(logDistance(hash, idHash(record.id)), distance);
    return hash;
  };
  for (const [distance, asked, taken] of [
    [240, [240], 1],
    [240, [239], 1],
    [17, [240], 1],
    [239, [256, 3], 1],
    [1, [2], 1],
    [240, [241], 0],
    [241, [240], 0],
    [17, [256, 0], 0],
  ] as const) {
    const reply = replyTo(asked, undefined, 1, peerAt(distance));
    assert.equal(reply.add(1, [record.bytes]), 'whole');
    const { records: found, misplaced } = reply.found;
    assert.deepEqual([found.length, misplaced], [taken, 1 - taken], `${distance} of ${asked}`);
  }
});

test('bad records, duplicates, our own, and addresses that may not be named are left out and counted', () => {
  const known = new KnownRecords(testCurve, 100);
  const [good, other] = [at256[0]!, at256[1]!];
  const forged = good.bytes.map((byte, i) => (i === 10 ? byte ^ 1 : byte));
  const foreign = createForeign();
  const reply = replyTo([256], known);
  assert.equal(reply.add(3, [good.bytes, good.bytes, forged]), 'more');
  assert.equal(reply.add(3, [other.bytes, new Uint8Array(301), foreign.bytes]), 'more');
  assert.equal(reply.add(3, [forged]), 'whole');
  const { records: taken, invalid, refused, packets, total } = reply.found;
  assert.deepEqual([taken.length, invalid, refused, packets, total], [2, 3, 1, 3, 3]);
  // Each was checked once, the bad one too.
  assert.equal(known.checks, 5);
  const low = replyTo([256], known, 40_000);
  low.add(1, [good.bytes]);
  assert.deepEqual([low.found.records.length, low.found.refused], [0, 1]);
});

test('more packets or records than a table can fill are no answer', () => {
  assert.equal(replyTo([256]).add(0, []), 'bad');
  assert.equal(replyTo([256]).add(17, []), 'bad');
  const reply = replyTo([256]);
  assert.equal(
    reply.add(
      16,
      Array.from({ length: 16 }, () => at256[0]!.bytes),
    ),
    'more',
  );
  assert.equal(reply.add(16, [at256[0]!.bytes, at256[0]!.bytes]), 'bad');
});

test('the records kept are bounded, and those forgotten are checked again', () => {
  const known = new KnownRecords(testCurve, 10);
  for (const { bytes } of records.slice(0, 20)) assert.ok(known.read(bytes) !== null);
  assert.equal(known.size, 10);
  const before = known.checks;
  known.read(records[19]!.bytes);
  assert.equal(known.checks, before);
  known.read(records[0]!.bytes);
  assert.equal(known.checks, before + 1);
});

test('a pace lets six through within any second, and is bounded', () => {
  const pace = new PeerPace(6, 3);
  for (const at of [0, 0, 0, 500, 600, 700]) {
    assert.equal(pace.delay('a', at), 0);
    pace.charge('a', at);
  }
  assert.equal(pace.delay('a', 700), 300);
  assert.equal(pace.delay('a', 999), 1);
  assert.deepEqual([pace.delay('a', 1_000, 3), pace.delay('a', 1_000, 4), pace.delay('b', 700)], [0, 500, 0]);
  // A clock that was set back.
  assert.equal(pace.delay('a', -1_000_000), 0);
  for (const peerName of ['b', 'c', 'd', 'e']) pace.charge(peerName, 2_000);
  assert.equal(pace.size, 3);
});

/** A record at 256 with a private address. */
function createForeign() {
  for (;;) {
    const { enr, id } = createDiscv5Node({ random, at: { ip: '10.0.0.1', port: 30_303 } }).node;
    if (distanceOf(id) === 256) return enr;
  }
}

test('of a record of the consensus layer alone the TCP port is not taken: it is one for libp2p', () => {
  const known = new KnownRecords(testCurve, 10);
  const tcpOf = (...keys: string[]) => {
    const pairs = { ip: Uint8Array.of(127, 0, 0, 7), udp: 9_000, tcp: 9_001 };
    const more = Object.fromEntries(keys.map((key) => [key, new Uint8Array(0)]));
    const enr = signEnr(testCurve, new Uint8Array(32).fill(5), { seq: 1n, pairs: { ...pairs, ...more } });
    return known.read(enr.bytes)?.endpoint?.tcp;
  };
  assert.deepEqual(
    [tcpOf('eth2'), tcpOf('opstack'), tcpOf('eth', 'eth2'), tcpOf('opel', 'opstack'), tcpOf()],
    [0, 0, 9_001, 9_001, 9_001],
  );
});
