import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIp } from '../../lib/ipAddress.ts';
import { mutate } from '../../testkit/fuzz.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { concatBytes } from './bytes.ts';
import { encodeDiscv4, readDiscv4 } from './discv4.ts';
import { keccak256 } from './keccak.ts';
import type { NodeContact } from './nodeEndpoint.ts';
import { readPlainNeighbors } from './plainNeighbors.ts';
import { decodeRlpPrefix, encodeRlp, type RlpInput } from './rlp.ts';
import { chooseCurve } from './secp256k1.ts';

const curve = await chooseCurve();
const random = seededRandom();
const header = 98;
const expiration = 1_800_000_000n;

function someNodes(count: number): NodeContact[] {
  return Array.from({ length: count }, (_, i) => ({
    ip: formatIp(random.bytes(i % 4 === 3 ? 16 : 4)) ?? '',
    udp: 1_024 + Math.floor(random.next() * 60_000),
    // 0 stands for none; what is below 256 is written shorter.
    tcp: [0, 1, 127, 128, 255, 256, 1_024 + Math.floor(random.next() * 60_000)][i % 7] ?? 0,
    id: random.bytes(64),
  }));
}

function packetOf(nodes: readonly NodeContact[]): Uint8Array {
  return encodeDiscv4(curve, new Uint8Array(32).fill(7), { kind: 'neighbors', nodes, expiration }).bytes;
}

/** The same content with an element that nobody knows, which only the general reader takes. */
function readGenerally(bytes: Uint8Array): { nodes: readonly NodeContact[]; expiration: bigint } {
  const { item } = decodeRlpPrefix(bytes.subarray(header));
  assert.ok(!(item instanceof Uint8Array));
  const body = encodeRlp([...item, 'extra'] as RlpInput);
  const rest = concatBytes(new Uint8Array(65), Uint8Array.of(4), body);
  const { packet } = readDiscv4(concatBytes(keccak256(rest), rest));
  assert.ok(packet.kind === 'neighbors');
  return { nodes: packet.nodes, expiration: packet.expiration };
}

test('packets of every size are read as they were written, and hold no view of the datagram', () => {
  for (let count = 0; count <= 12; count++) {
    const nodes = someNodes(count);
    const bytes = packetOf(nodes);
    const read = readPlainNeighbors(bytes, header);
    assert.deepEqual(read, { nodes, expiration }, `${count} nodes, seed ${random.seed}`);
    assert.deepEqual(readGenerally(bytes), read);
    bytes.fill(0);
    assert.deepEqual(read?.nodes, nodes);
  }
});

test('what is out of the ordinary is left to the general reader', () => {
  const [node] = someNodes(1);
  assert.ok(node);
  const record: RlpInput = [Uint8Array.of(1, 2, 3, 4), 30_303, 30_303, node.id];
  const cases: [string, RlpInput][] = [
    ['an extra element', [[record], expiration, 1]],
    ['an extra element of a record', [[[...(record as RlpInput[]), 1]], expiration]],
    ['a port of three bytes', [[[Uint8Array.of(1, 2, 3, 4), 70_000, 30_303, node.id]], expiration]],
    ['a port that is a list', [[[Uint8Array.of(1, 2, 3, 4), [], 30_303, node.id]], expiration]],
    ['an expiration of eight bytes', [[record], 2n ** 63n]],
    ['no expiration', [[record]]],
    ['a string', 'neighbors'],
    ['a record that is a string', [['record'], expiration]],
  ];
  for (const [what, content] of cases) {
    assert.equal(readPlainNeighbors(concatBytes(new Uint8Array(header), encodeRlp(content)), header), null, what);
  }
});

test('mutants are read as the general reader reads them, or not at all', () => {
  let read = 0;
  for (let i = 0; i < 3_000; i++) {
    const valid = packetOf(someNodes(i % 13)).subarray(header);
    const mutant = concatBytes(new Uint8Array(header), mutate(valid, random));
    const plain = readPlainNeighbors(mutant, header);
    if (plain === null) continue;
    read += 1;
    assert.deepEqual(plain, readGenerally(mutant), `seed ${random.seed}, mutant ${i}`);
  }
  assert.ok(read > 100, `${read} mutants were plain`);
});
