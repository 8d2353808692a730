import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIp } from '../../lib/ipAddress.ts';
import { mutate } from '../../testkit/fuzz.ts';
import { nestedLists } from '../../testkit/nestedLists.ts';
import { readVectors } from '../../testkit/readVectors.ts';
import { type SeededRandom, seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex, concatBytes, hexToBytes } from './bytes.ts';
import {
  type Discv4Packet,
  decodeDiscv4,
  encodeDiscv4,
  isExpired,
  isSignedBy,
  maxNeighborsPerPacket,
  maxReadPacketBytes,
  maxSentPacketBytes,
  readDiscv4,
} from './discv4.ts';
import { signEnr } from './enr.ts';
import { WireError, type WireErrorCode } from './errors.ts';
import { keccak256, keccak256Of } from './keccak.ts';
import type { NodeContact } from './nodeEndpoint.ts';
import { encodeRlp, type RlpInput } from './rlp.ts';
import { chooseCurve } from './secp256k1.ts';

const curve = await chooseCurve();
const vector = readVectors('p2p/wire/testdata/eip8Discv4.txt');
const key = hexToBytes('b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291');
const id = curve.publicKey(key);
const expiration = 1136239445n;
const pingHash = hexToBytes('fbc914b16819237dcd8801d7e53f69e9719adecb3cc0e790c57e91ca4461c954');
const v6a = '2001:db8:3c4d:15::abcd:ef12';
const v6b = '2001:db8:85a3:8d3:1319:8a2e:370:7348';

function refuses(work: () => unknown, code: WireErrorCode, message: string): void {
  assert.throws(
    work,
    (error) => {
      assert.ok(error instanceof WireError, `${message}: ${String(error)}`);
      assert.equal(error.code, code, message);
      return true;
    },
    message,
  );
}

/** A packet of any content with a right hash and signature. */
function packetOf(type: number, data: Uint8Array): Uint8Array {
  const body = concatBytes(Uint8Array.of(type), data);
  const signature = curve.sign(keccak256(body), key);
  return concatBytes(keccak256Of(signature, body), signature, body);
}

function packetOfRlp(type: number, fields: RlpInput): Uint8Array {
  return packetOf(type, encodeRlp(fields));
}

test('the EIP-8 packets are accepted: extra elements, junk tails, a future version', () => {
  const local = { ip: '127.0.0.1', udp: 3322, tcp: 5544 };
  const expected: Record<string, Discv4Packet> = {
    pingPlain: {
      kind: 'ping',
      version: 4,
      from: local,
      to: { ip: '::1', udp: 2222, tcp: 3333 },
      expiration,
      enrSeq: null,
    },
    // EIP-868 gave the first extra element a meaning later: it reads as the ENR's number.
    pingExtra: {
      kind: 'ping',
      version: 4,
      from: local,
      to: { ip: '::1', udp: 2222, tcp: 3333 },
      expiration,
      enrSeq: 1n,
    },
    pingVersion555: {
      kind: 'ping',
      version: 555,
      from: { ip: v6a, udp: 3322, tcp: 5544 },
      to: { ip: v6b, udp: 2222, tcp: 33338 },
      expiration,
      enrSeq: null,
    },
    pong: { kind: 'pong', to: { ip: v6b, udp: 2222, tcp: 33338 }, pingHash, expiration, enrSeq: null },
    findnode: { kind: 'findnode', target: id, expiration },
    neighbors: {
      kind: 'neighbors',
      nodes: [
        {
          id: hexToBytes(
            '3155e1427f85f10a5c9a7755877748041af1bcd8d474ec065eb33df57a97babf54bfd2103575fa829115d224c523596b401065a97f74010610fce76382c0bf32',
          ),
          ip: '99.33.22.55',
          udp: 4444,
          tcp: 4445,
        },
        {
          id: hexToBytes(
            '312c55512422cf9b8a4097e9a6ad79402e87a15ae909a4bfefa22398f03d20951933beea1e4dfa6f968212385e829f04c2d314fc2d4e255e0d3bc08792b069db',
          ),
          ip: '1.2.3.4',
          udp: 1,
          tcp: 1,
        },
        {
          id: hexToBytes(
            '38643200b172dcfef857492156971f0e6aa2c538d8b74010f8e140811d53b98c765dd2d96126051913f44582e8c199ad7c6d6819e9a56483f637feaac9448aac',
          ),
          ip: v6a,
          udp: 3333,
          tcp: 3333,
        },
        {
          id: hexToBytes(
            '8dcab8618c3253b558d459da53bd8fa68935a719aff8b811197101a4b2b47dd2d47295286fc00cc081bb542d760717d1bdd6bec2c37cd72eca367d6dd3b9df73',
          ),
          ip: v6b,
          udp: 999,
          tcp: 1000,
        },
      ],
      expiration,
    },
  };
  for (const [name, packet] of Object.entries(expected)) {
    const bytes = hexToBytes(vector(name));
    const decoded = decodeDiscv4(curve, bytes);
    assert.deepEqual(decoded.packet, packet, name);
    assert.equal(bytesToHex(decoded.from), bytesToHex(id), `${name} is signed by the key of the EIP`);
    assert.deepEqual(decoded.hash, bytes.subarray(0, 32), name);
  }
});

test('what we sign for the plain ping is the published packet, except for the nonce of its signature', () => {
  const published = hexToBytes(vector('pingPlain'));
  const { packet } = decodeDiscv4(curve, published);
  const { bytes, hash } = encodeDiscv4(curve, key, packet);
  assert.deepEqual(bytes.subarray(97), published.subarray(97));
  assert.deepEqual(hash, bytes.subarray(0, 32));
  assert.deepEqual(decodeDiscv4(curve, bytes).packet, packet);
});

function randomPacket(random: SeededRandom): Discv4Packet {
  const ip = () => formatIp(random.bytes(random.pick([4, 16])));
  const endpoint = () => ({
    ip: random.next() < 0.1 ? null : ip(),
    udp: random.below(65536),
    tcp: random.below(65536),
  });
  const uint64 = () => BigInt(`0x${bytesToHex(random.bytes(8))}`);
  const node = (): NodeContact => ({ ...endpoint(), ip: ip()!, id: random.bytes(64) });
  const enrSeq = random.next() < 0.5 ? null : uint64();
  switch (random.below(6)) {
    case 0:
      return { kind: 'ping', version: 4, from: endpoint(), to: endpoint(), expiration: uint64(), enrSeq };
    case 1:
      return { kind: 'pong', to: endpoint(), pingHash: random.bytes(32), expiration: uint64(), enrSeq };
    case 2:
      return { kind: 'findnode', target: random.bytes(64), expiration: uint64() };
    case 3: {
      const nodes = Array.from({ length: random.below(maxNeighborsPerPacket + 1) }, node);
      return { kind: 'neighbors', nodes, expiration: uint64() };
    }
    case 4:
      return { kind: 'enrRequest', expiration: uint64() };
    default: {
      const record = signEnr(curve, key, {
        seq: uint64(),
        pairs: { ip: random.bytes(4), zz: [[random.bytes(9)]] },
      }).bytes;
      return { kind: 'enrResponse', requestHash: random.bytes(32), record };
    }
  }
}

test('every packet survives encoding and decoding', () => {
  const random = seededRandom();
  for (let i = 0; i < 1000; i++) {
    const packet = randomPacket(random);
    const { bytes, hash } = encodeDiscv4(curve, key, packet);
    const decoded = decodeDiscv4(curve, bytes);
    assert.deepEqual(decoded.packet, packet, `packet ${i}, seed ${random.seed}`);
    assert.deepEqual(decoded.hash, hash, `packet ${i}, seed ${random.seed}`);
    assert.ok(bytes.length <= maxSentPacketBytes, `packet ${i}, seed ${random.seed}`);
  }
});

test('twelve of the largest records fit into 1280 bytes and thirteen do not', () => {
  const node = { ip: v6b, udp: 65535, tcp: 65535, id };
  const packet = (count: number): Discv4Packet => ({
    kind: 'neighbors',
    nodes: Array.from({ length: count }, () => node),
    expiration: 2n ** 64n - 1n,
  });
  assert.ok(encodeDiscv4(curve, key, packet(maxNeighborsPerPacket)).bytes.length <= 1280);
  refuses(() => encodeDiscv4(curve, key, packet(maxNeighborsPerPacket + 1)), 'packetSize', '13 records');
});

test('integers may carry leading zeros, and addresses may be absent or mapped', () => {
  const zeros = (hex: string) => hexToBytes(hex);
  const mapped = zeros('00000000000000000000ffff7f000001');
  const ping = packetOfRlp(1, [
    zeros('0004'),
    [mapped, zeros('000cfa'), zeros('00')],
    [new Uint8Array(0), new Uint8Array(0), new Uint8Array(0)],
    zeros('0000000000000043b9a355'),
    zeros('0007'),
  ]);
  assert.deepEqual(decodeDiscv4(curve, ping).packet, {
    kind: 'ping',
    version: 4,
    from: { ip: '127.0.0.1', udp: 3322, tcp: 0 },
    to: { ip: null, udp: 0, tcp: 0 },
    expiration,
    enrSeq: 7n,
  });
});

test('a neighbour without a usable address is left out and the others stand', () => {
  const good = [Uint8Array.of(1, 2, 3, 4), 30303, 30303, id];
  const bad = [Uint8Array.of(1, 2, 3), 30303, 30303, id];
  const decoded = decodeDiscv4(curve, packetOfRlp(4, [[bad, good, bad], expiration])).packet;
  assert.ok(decoded.kind === 'neighbors');
  assert.deepEqual(decoded.nodes, [{ ip: '1.2.3.4', udp: 30303, tcp: 30303, id }]);
});

test('each rule of the packet has its own code', () => {
  const endpoint: RlpInput = [Uint8Array.of(1, 2, 3, 4), 1, 1];
  const plain = hexToBytes(vector('pingPlain'));
  const wrongHash = plain.slice();
  wrongHash[40]! ^= 1;
  const wrongSignature = packetOfRlp(5, [expiration]);
  wrongSignature[32 + 64] = 4;
  wrongSignature.set(keccak256(wrongSignature.subarray(32)));
  const cases: [string, Uint8Array, WireErrorCode][] = [
    ['nothing', new Uint8Array(0), 'packetSize'],
    ['a header without type', plain.subarray(0, 97), 'packetSize'],
    ['2049 bytes', new Uint8Array(maxReadPacketBytes + 1), 'packetSize'],
    ['60 kB of nested lists', packetOf(1, nestedLists(20_000)), 'packetSize'],
    ['nested lists within the size', packetOf(1, nestedLists(600)), 'rlpDepth'],
    ['a changed byte', wrongHash, 'packetHash'],
    ['an impossible recovery id', wrongSignature, 'packetSignature'],
    ['type 0', packetOfRlp(0, [expiration]), 'packetType'],
    ['type 66', packetOfRlp(66, [4, endpoint, endpoint, expiration]), 'packetType'],
    ['no fields', packetOf(5, new Uint8Array(0)), 'rlpEmpty'],
    ['a string for the list', packetOfRlp(5, 'x'), 'rlpKind'],
    ['a field too few', packetOfRlp(1, [4, endpoint, endpoint]), 'rlpCount'],
    ['a list as version', packetOfRlp(1, [[], endpoint, endpoint, expiration]), 'rlpKind'],
    ['an endpoint too short', packetOfRlp(1, [4, [1, 1], endpoint, expiration]), 'rlpCount'],
    [
      'a port of 65536',
      packetOfRlp(1, [4, [Uint8Array.of(1, 2, 3, 4), 65536, 1], endpoint, expiration]),
      'packetField',
    ],
    ['an expiration past 64 bits', packetOfRlp(5, [2n ** 64n]), 'packetField'],
    ['a ping hash of 31 bytes', packetOfRlp(2, [endpoint, new Uint8Array(31), expiration]), 'rlpSize'],
    ['a target of 65 bytes', packetOfRlp(3, [new Uint8Array(65), expiration]), 'rlpSize'],
    [
      'a neighbour with a key of 63 bytes',
      packetOfRlp(4, [[[Uint8Array.of(1, 2, 3, 4), 1, 1, new Uint8Array(63)]], expiration]),
      'rlpSize',
    ],
    ['29 neighbours', packetOfRlp(4, [Array.from({ length: 29 }, () => 1), expiration]), 'packetField'],
    ['a record that is a string', packetOfRlp(6, [new Uint8Array(32), 'enr']), 'rlpKind'],
  ];
  for (const [what, bytes, code] of cases) refuses(() => decodeDiscv4(curve, bytes), code, what);
});

test('an expected sender is checked without recovering one', () => {
  const random = seededRandom();
  const key = random.bytes(32);
  const { bytes } = encodeDiscv4(curve, key, { kind: 'enrRequest', expiration: 1n });
  const read = readDiscv4(bytes);
  assert.equal(isSignedBy(curve, read, curve.publicKey(key)), true);
  assert.equal(isSignedBy(curve, read, curve.publicKey(random.bytes(32))), false);
  assert.equal(isSignedBy(curve, read, new Uint8Array(64)), false, 'no key at all');
  const altered = { ...read, signature: Uint8Array.from(read.signature, (byte, at) => (at === 64 ? 4 : byte)) };
  assert.equal(isSignedBy(curve, altered, curve.publicKey(key)), false, 'an impossible recovery id');
});

test('reading costs no curve operation before the cheap checks have passed', () => {
  const noCurve = { ...curve, recover: () => assert.fail('the curve was used') };
  for (const bytes of [packetOfRlp(66, [1]), packetOfRlp(1, [1]), hexToBytes(vector('pong')).fill(0, 0, 1)]) {
    assert.throws(() => decodeDiscv4(noCurve, bytes), WireError);
  }
});

test('a decoded packet holds no view of the datagram', () => {
  const bytes = hexToBytes(vector('neighbors'));
  const before = JSON.stringify(readDiscv4(bytes).packet, (_, value) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
  const decoded = readDiscv4(bytes);
  bytes.fill(0);
  assert.equal(
    JSON.stringify(decoded.packet, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    before,
  );
  assert.notDeepEqual(decoded.hash, new Uint8Array(32));
});

test('expiry: the past, the future, and the wrapped negative times of the conformance suite', () => {
  const now = 1_800_000_000_500;
  const cases: [bigint, boolean][] = [
    [1_800_000_020n, false],
    [1_800_000_001n, false],
    [1_800_000_000n, true],
    [0n, true],
    [2n ** 64n - 1_800_000_020n, true],
    [2n ** 64n - 1n, true],
    [2n ** 63n, true],
    [2n ** 63n - 1n, false],
  ];
  for (const [time, expired] of cases) assert.equal(isExpired(time, now), expired, `${time}`);
});

test('mutated packets give a value or a WireError', () => {
  const random = seededRandom();
  const names = ['pingPlain', 'pingExtra', 'pingVersion555', 'pong', 'findnode', 'neighbors'];
  const seeds = names.map((name) => hexToBytes(vector(name)));
  const record = signEnr(curve, key, { seq: 1n, pairs: { zz: [[1]] } }).bytes;
  seeds.push(encodeDiscv4(curve, key, { kind: 'enrResponse', requestHash: new Uint8Array(32), record }).bytes);
  seeds.push(encodeDiscv4(curve, key, { kind: 'enrRequest', expiration }).bytes);
  const codes = new Set<string>();
  for (let i = 0; i < 20_000; i++) {
    const changed = mutate(random.pick(seeds), random);
    // Half of them get a right hash, so that the fields behind it are reached.
    if (changed.length > 32 && random.next() < 0.7) changed.set(keccak256(changed.subarray(32)));
    try {
      decodeDiscv4(curve, changed);
      codes.add('value');
    } catch (error) {
      assert.ok(error instanceof WireError, `${bytesToHex(changed)}: ${String(error)}, seed ${random.seed}`);
      codes.add(error.code);
    }
  }
  for (const code of ['value', 'packetHash', 'packetType', 'rlpTruncated']) {
    assert.ok(codes.has(code), `never reached ${code}, seed ${random.seed}: ${[...codes].join(', ')}`);
  }
  assert.ok(codes.size >= 8, `seed ${random.seed}: ${[...codes].join(', ')}`);
});
