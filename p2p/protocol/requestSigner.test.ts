import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { decodeDiscv4 } from '../wire/discv4.ts';
import { RequestSigner, type SharedRequest } from './requestSigner.ts';

const start = 1_800_000_000_000;
const random = seededRandom();
const target = random.bytes(64);
const findnode: SharedRequest = { kind: 'findnode', target };
const address = (i: number) => ({ ip: `10.0.0.${i}`, port: 30303 });

test('many recipients get the same bytes, one recipient never the same twice', () => {
  const signer = new RequestSigner(curve, random.bytes(32), 20_000);
  const toMany = Array.from({ length: 100 }, (_, i) =>
    bytesToHex(signer.signShared(findnode, address(i), start).bytes),
  );
  assert.equal(new Set(toMany).size, 1);
  // Within one second, where the expiration alone would be the same.
  const toOne = Array.from({ length: 20 }, (_, i) =>
    bytesToHex(signer.signShared(findnode, address(1), start + i).bytes),
  );
  assert.equal(new Set([...toOne, toMany[0]]).size, 21);
});

test('bytes are not reused once a quarter of their life has passed, and never expire early', () => {
  const signer = new RequestSigner(curve, random.bytes(32), 20_000);
  const first = signer.signShared({ kind: 'enrRequest' }, address(1), start);
  assert.equal(signer.signShared({ kind: 'enrRequest' }, address(2), start + 4999).bytes, first.bytes);
  const second = signer.signShared({ kind: 'enrRequest' }, address(3), start + 5000);
  assert.notDeepEqual(second.bytes, first.bytes);
  const { packet } = decodeDiscv4(curve, second.bytes);
  assert.ok(packet.kind === 'enrRequest');
  assert.equal(packet.expiration, BigInt(start / 1000 + 25));
  assert.notDeepEqual(
    signer.signShared({ kind: 'enrRequest' }, address(4), start).bytes,
    second.bytes,
    'a clock set back',
  );
});

test('each target has its own bytes, and their number is bounded', () => {
  const signer = new RequestSigner(curve, random.bytes(32), 20_000, 10);
  for (let i = 0; i < 50; i++) {
    const other = random.bytes(64);
    const { bytes } = signer.signShared({ kind: 'findnode', target: other }, address(1), start);
    const { packet } = decodeDiscv4(curve, bytes);
    assert.ok(packet.kind === 'findnode');
    assert.deepEqual(packet.target, other);
  }
  assert.equal(signer.size, 10);
});

test('after 4096 recipients the packet is signed anew', () => {
  const signer = new RequestSigner(curve, random.bytes(32), 20_000);
  const seen = new Set<object>();
  for (let i = 0; i < 4097; i++) seen.add(signer.signShared(findnode, { ip: '10.0.0.1', port: i }, start).bytes);
  assert.equal(seen.size, 2);
});

test('who was sent what is forgotten once the bytes are stale, and still nobody gets the same bytes again', () => {
  const signer = new RequestSigner(curve, random.bytes(32), 20_000);
  const sent = new Set<string>();
  // So many at once that their expirations run ahead of the clock.
  for (let i = 0; i < 30; i++) sent.add(bytesToHex(signer.signShared(findnode, address(1), start).bytes));
  for (let i = 0; i < 100; i++) signer.signShared({ kind: 'findnode', target: random.bytes(64) }, address(2), start);
  assert.deepEqual([sent.size, signer.size], [30, 101]);
  signer.signShared({ kind: 'enrRequest' }, address(3), start + 6_000);
  sent.add(bytesToHex(signer.signShared(findnode, address(1), start + 6_000).bytes));
  assert.equal(sent.size, 31);
  signer.signShared({ kind: 'enrRequest' }, address(3), start + 60_000);
  assert.equal(signer.size, 1);
  sent.add(bytesToHex(signer.signShared(findnode, address(1), start + 60_000).bytes));
  assert.equal(sent.size, 32);
});
