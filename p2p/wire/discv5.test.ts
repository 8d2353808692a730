import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzDecoder } from '../../testkit/fuzz.ts';
import { readVectors } from '../../testkit/readVectors.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex, concatBytes, hexToBytes } from './bytes.ts';
import { agreeOnKeys, openMessage, sealMessage, signIdProof, verifyIdProof } from './discv5Crypto.ts';
import { type Discv5Message, decodeDiscv5Message, encodeDiscv5Message } from './discv5Message.ts';
import {
  createDiscv5Reader,
  type Discv5Packet,
  encodeHandshake,
  encodeOrdinary,
  encodeWhoareyou,
  maxDiscv5Bytes,
} from './discv5Packet.ts';
import { decodeEnr, readEnr } from './enr.ts';
import { WireError, type WireErrorCode } from './errors.ts';
import { idHash } from './nodeEndpoint.ts';
import { encodeRlp, type RlpInput } from './rlp.ts';
import { chooseCurve, curveBackends } from './secp256k1.ts';

const curve = await chooseCurve();
const vector = readVectors('p2p/wire/testdata/discv5.txt');
const keyA = hexToBytes('eef77acb6c6a6eebc5b363a475ac583ec7eccdb42b6481424c60f59aa326547f');
const keyB = hexToBytes('66fb62bfbd66b9177a138c1e5cddbe4f7c30c343e94e68df8769459cb1cde628');
const idA = 'aaaa8419e9f49d0083561b48287df592939a8d19947d8c0ef88f2a4856a69fbb';
const idB = 'bbbb9d047f0488c0b5a93c1c3f2d8bafc7c8ff337024a55434a0d0555de64db9';
const [hashA, hashB] = [hexToBytes(idA), hexToBytes(idB)];
const ephemeralKey = hexToBytes('0288ef00023598499cb6c940146d050d2b1fb914198c327f76aad590bead68b6');
const nonce = new Uint8Array(12).fill(0xff);
const zeroIv = new Uint8Array(16);
const read = createDiscv5Reader(hashB);

function packetOf<K extends Discv5Packet['kind']>(kind: K, bytes: Uint8Array): Discv5Packet & { readonly kind: K } {
  const packet = read(bytes);
  assert.equal(packet?.kind, kind);
  return packet as Discv5Packet & { readonly kind: K };
}

/** The WHOAREYOU that the specification's handshakes answer. */
function challengeOf(enrSeq: bigint): Uint8Array {
  const whoareyou = { to: hashA, nonce: hexToBytes('0102030405060708090a0b0c'), iv: zeroIv, enrSeq };
  return encodeWhoareyou({ ...whoareyou, idNonce: hexToBytes('0102030405060708090a0b0c0d0e0f10') }).challenge;
}

function refuses(work: () => unknown, code: WireErrorCode, message: string): void {
  assert.throws(work, (error) => error instanceof WireError && error.code === code, message);
}

test("the specification's nodes are those of its keys", () => {
  assert.equal(bytesToHex(idHash(curve.publicKey(keyA))), idA);
  assert.equal(bytesToHex(idHash(curve.publicKey(keyB))), idB);
});

test('ping: read, and written byte for byte', () => {
  const bytes = hexToBytes(vector('ping'));
  const packet = packetOf('ordinary', bytes);
  assert.equal(bytesToHex(packet.source), idA);
  assert.deepEqual(packet.nonce, nonce);
  const readKey = new Uint8Array(16);
  const plain = openMessage(readKey, packet.nonce, packet.sealed, packet.ad);
  const message: Discv5Message = { kind: 'ping', requestId: hexToBytes('00000001'), enrSeq: 2n };
  assert.deepEqual(decodeDiscv5Message(plain), message);
  const seal = (n: Uint8Array, ad: Uint8Array) => sealMessage(readKey, n, encodeDiscv5Message(message), ad);
  assert.deepEqual(encodeOrdinary({ source: hashA, to: hashB, nonce, iv: zeroIv }, seal), bytes);
});

test('whoareyou: read, and written byte for byte', () => {
  const bytes = hexToBytes(vector('whoareyou'));
  const challenge =
    '000000000000000000000000000000006469736376350001010102030405060708090a0b0c00180102030405060708090a0b0c0d0e0f100000000000000000';
  const packet = packetOf('whoareyou', bytes);
  assert.equal(bytesToHex(packet.nonce), '0102030405060708090a0b0c');
  assert.equal(packet.enrSeq, 0n);
  assert.equal(bytesToHex(packet.challenge), challenge);
  const written = encodeWhoareyou({
    to: hashB,
    nonce: packet.nonce,
    iv: zeroIv,
    idNonce: hexToBytes('0102030405060708090a0b0c0d0e0f10'),
    enrSeq: 0n,
  });
  assert.deepEqual(written.bytes, bytes);
  assert.equal(bytesToHex(written.challenge), challenge);
});

for (const [name, enrSeq, readKey] of [
  ['handshake', 1n, '4f9fac6de7567d1e3b1241dffe90f662'],
  ['handshakeWithRecord', 0n, '53b1c075f41876423154e157470c2f48'],
] as const) {
  test(`${name}: read, its identity verified, its key agreed on, and written byte for byte`, () => {
    const bytes = hexToBytes(vector(name));
    const packet = packetOf('handshake', bytes);
    assert.equal(bytesToHex(packet.source), idA);
    const challenge = challengeOf(enrSeq);
    const ephemeral = curve.decompress(packet.ephemeralKey);
    assert.equal(bytesToHex(packet.ephemeralKey), '039a003ba6517b473fa0cd74aefe99dadfdb34627f90fec6362df85803908f53a5');
    const proof = { challenge, ephemeralKey: packet.ephemeralKey, responder: hashB };
    assert.ok(verifyIdProof(curve, curve.publicKey(keyA), packet.idSignature, proof));
    const parties = { challenge, initiator: hashA, responder: hashB };
    const keys = agreeOnKeys(curve, keyB, ephemeral, parties);
    assert.equal(bytesToHex(keys.initiatorKey), readKey);
    assert.deepEqual(keys, agreeOnKeys(curve, ephemeralKey, curve.publicKey(keyB), parties));
    const plain = openMessage(keys.initiatorKey, packet.nonce, packet.sealed, packet.ad);
    const message: Discv5Message = { kind: 'ping', requestId: hexToBytes('00000001'), enrSeq: 1n };
    assert.deepEqual(decodeDiscv5Message(plain), message);
    if (enrSeq === 0n) {
      const enr = decodeEnr(curve, packet.record ?? assert.fail('no record'));
      assert.deepEqual([bytesToHex(idHash(enr.id)), readEnr(enr).ip], [idA, '127.0.0.1']);
    } else assert.equal(packet.record, null);
    const auth = {
      idSignature: signIdProof(curve, keyA, proof),
      ephemeralKey: packet.ephemeralKey,
      record: packet.record,
    };
    const seal = (n: Uint8Array, ad: Uint8Array) => sealMessage(keys.initiatorKey, n, encodeDiscv5Message(message), ad);
    assert.deepEqual(encodeHandshake({ source: hashA, to: hashB, nonce, iv: zeroIv }, auth, seal), bytes);
  });
}

test('ECDH, key agreement, identity proof and encryption, on every implementation of the curve', async () => {
  for (const backend of curveBackends) {
    const one = await chooseCurve(backend);
    const publicKey = one.decompress(hexToBytes('039961e4c2356d61bedb83052c115d311acb3a96f5777296dcf297351130266231'));
    const secretKey = hexToBytes('fb757dc581730490a1d7a00deea65e9b1936924caaea8f44d476014856b68736');
    assert.equal(
      bytesToHex(one.ecdhPoint(secretKey, publicKey)),
      '033b11a2a1f214567e1537ce5e509ffd9b21373247f2a3ff6841f4976f53165e7e',
    );
    const challenge = challengeOf(0n);
    const destination = one.decompress(
      hexToBytes('0317931e6e0840220642f230037d285d122bc59063221ef3226b1f403ddc69ca91'),
    );
    const keys = agreeOnKeys(one, secretKey, destination, { challenge, initiator: hashA, responder: hashB });
    assert.equal(bytesToHex(keys.initiatorKey), 'dccc82d81bd610f4f76d3ebe97a40571');
    assert.equal(bytesToHex(keys.recipientKey), 'ac74bb8773749920b0d3a8881c173ec5');
    const proof = { challenge, ephemeralKey: one.compress(publicKey), responder: hashB };
    const signature = signIdProof(one, secretKey, proof);
    assert.equal(bytesToHex(signature), vector('idSignature'));
    assert.ok(verifyIdProof(one, one.publicKey(secretKey), signature, proof));
    assert.ok(!verifyIdProof(one, one.publicKey(secretKey), signature, { ...proof, responder: hashA }));
  }
  const key = hexToBytes('9f2d77db7004bf8a1a85107ac686990b');
  const iv = hexToBytes('27b5af763c446acd2749fe8e');
  const ad = hexToBytes('93a7400fa0d6a694ebc24d5cf570f65d04215b6ac00757875e3f3a5f42107903');
  const sealed = sealMessage(key, iv, hexToBytes('01c20101'), ad);
  assert.equal(bytesToHex(sealed), 'a5d12a2d94b8ccb3ba55558229867dc13bfa3648');
  assert.equal(bytesToHex(openMessage(key, iv, sealed, ad)), '01c20101');
  refuses(() => openMessage(key, iv, sealed, ad.subarray(1)), 'packetSeal', 'other data');
  refuses(() => openMessage(key, iv, sealed.subarray(0, 15), ad), 'packetSeal', 'no room for a tag');
});

test('what is addressed to another node, or is no discv5 packet, is none of ours', () => {
  const bytes = hexToBytes(vector('ping'));
  assert.equal(createDiscv5Reader(hashA)(bytes), null);
  assert.equal(read(bytes.subarray(0, 62)), null);
  assert.equal(read(new Uint8Array(0)), null);
  assert.equal(read(new Uint8Array(2_048)), null);
  const random = seededRandom();
  for (let i = 0; i < 1_000; i++) assert.equal(read(random.bytes(63 + random.below(1_300))), null);
  // Version 2.
  assert.equal(read(bytes.map((byte, i) => (i === 23 ? byte ^ 3 : byte))), null);
});

/** The header of the specification's ping with other bytes in it, masked. */
function forged(flag: number, authdata: Uint8Array, message: Uint8Array, size = authdata.length): Uint8Array {
  const header = concatBytes(
    hexToBytes('6469736376350001'),
    Uint8Array.of(flag),
    nonce,
    Uint8Array.of(size >> 8, size & 255),
    authdata,
  );
  // Masking is its own inverse: a packet of ours, put over zeros, gives the mask.
  const length = Math.max(header.length, 87);
  const masked = encodeOrdinary({ source: hashA, to: hashB, nonce, iv: zeroIv }, () => new Uint8Array(length));
  const plain = concatBytes(hexToBytes('6469736376350001'), Uint8Array.of(0), nonce, Uint8Array.of(0, 32), hashA);
  const mask = masked.subarray(16, 71).map((byte, i) => byte ^ (plain[i] ?? 0));
  return concatBytes(
    zeroIv,
    header.map((byte, i) => byte ^ (mask[i] ?? 0)),
    message,
  );
}

test('sizes are checked before anything else is looked at', () => {
  const tag = new Uint8Array(16);
  refuses(() => read(forged(0, hashA.subarray(1), tag)), 'packetField', 'a short source');
  refuses(() => read(forged(0, hashA, tag.subarray(1))), 'packetField', 'no room for a tag');
  refuses(() => read(forged(0, hashA, tag, 0xffff)), 'packetField', 'authdata beyond the packet');
  refuses(() => read(forged(1, new Uint8Array(24), Uint8Array.of(0))), 'packetField', 'a challenge with a message');
  refuses(() => read(forged(1, new Uint8Array(25), new Uint8Array(0))), 'packetField', 'a long challenge');
  refuses(() => read(forged(2, hashA, tag, 130)), 'packetField', 'a handshake without room for signature and key');
  refuses(() => read(forged(2, hashA, tag, 0xffff)), 'packetField', 'a handshake larger than the packet');
  refuses(() => read(forged(3, hashA, tag)), 'packetType', 'an unknown flag');
  refuses(() => read(forged(0, hashA, new Uint8Array(maxDiscv5Bytes))), 'packetSize', 'a packet of over 1280 bytes');
  const handshake = hexToBytes(vector('handshake'));
  refuses(() => read(handshake.map((byte, i) => (i === 16 + 23 + 32 ? byte ^ 1 : byte))), 'packetField', 'sig-size');
  refuses(
    () => encodeOrdinary({ source: hashA, to: hashB, nonce, iv: zeroIv }, () => new Uint8Array(1_210)),
    'packetSize',
    'ours',
  );
});

const requestId = Uint8Array.of(7, 0, 9);
const record = concatBytes(
  hexToBytes('f884b8407098ad865b00a582051940cb9cf36836572411a47278783077011599ed5cd16b76f2635f4e234738f3'),
  hexToBytes(
    '0813a89eb9137e3e3df5266e3a1f11df72ecf1145ccb9c01826964827634826970847f00000189736563703235366b31a103ca634cae0d49acb401d8a4c6b6fe8c55b70d115bf400769cc1400f3258cd31387574637082765f',
  ),
);

test('messages are read as they were written', () => {
  const messages: Discv5Message[] = [
    { kind: 'ping', requestId, enrSeq: 0n },
    { kind: 'ping', requestId: new Uint8Array(0), enrSeq: (1n << 64n) - 1n },
    { kind: 'pong', requestId, enrSeq: 1n, ip: '127.0.0.1', udp: 5000 },
    { kind: 'pong', requestId, enrSeq: 1n, ip: '2001:db8::1', udp: 80 },
    { kind: 'pong', requestId, enrSeq: 1n, ip: null, udp: 0 },
    { kind: 'findnode', requestId, distances: [] },
    { kind: 'findnode', requestId, distances: [0, 256, 255] },
    { kind: 'nodes', requestId, total: 1, records: [] },
    { kind: 'nodes', requestId, total: 2, records: [encodeRlp(['a', 'b']), encodeRlp(['a', ['b', []]])] },
    { kind: 'talkreq', requestId, protocol: Uint8Array.from(Buffer.from('portal')), data: Uint8Array.of(1) },
    { kind: 'talkresp', requestId: new Uint8Array(0), data: new Uint8Array(0) },
  ];
  for (const message of messages) assert.deepEqual(decodeDiscv5Message(encodeDiscv5Message(message)), message);
});

function raw(type: number, fields: readonly RlpInput[]): Uint8Array {
  return concatBytes(Uint8Array.of(type), encodeRlp(fields));
}

test('what a message may not be, and what it may', () => {
  const cases: readonly (readonly [string, Uint8Array, WireErrorCode])[] = [
    ['nothing', new Uint8Array(0), 'packetType'],
    ['type 0', raw(0, [requestId, 1]), 'packetType'],
    ['a topic message', raw(7, [requestId, 1]), 'packetType'],
    ['a request ID of nine bytes', raw(1, [new Uint8Array(9), 1]), 'rlpSize'],
    ['no fields', raw(1, [requestId]), 'rlpCount'],
    ['a PONG without a port', raw(2, [requestId, 1, new Uint8Array(4)]), 'rlpKind'],
    ['a port of three bytes', raw(2, [requestId, 1, new Uint8Array(4), 65_536]), 'rlpInteger'],
    ['bytes after the list', concatBytes(raw(1, [requestId, 1]), Uint8Array.of(0)), 'rlpTrailing'],
    ['17 records', raw(4, [requestId, 1, Array.from({ length: 17 }, () => ['a', 'b'])]), 'packetField'],
    ['a record that is no list', raw(4, [requestId, 1, ['a']]), 'rlpKind'],
    ['distances that are no list', raw(3, [requestId, 256]), 'rlpKind'],
  ];
  for (const [what, bytes, code] of cases) refuses(() => decodeDiscv5Message(bytes), code, what);
  assert.deepEqual(decodeDiscv5Message(raw(3, [requestId, [256, 0, 256, 257, 70_000]])), {
    kind: 'findnode',
    requestId,
    distances: [256, 0],
  });
  assert.deepEqual(decodeDiscv5Message(raw(1, [requestId, Uint8Array.of(0, 0, 5), 'more'])), {
    kind: 'ping',
    requestId,
    enrSeq: 5n,
  });
  assert.deepEqual(decodeDiscv5Message(raw(2, [requestId, 1, new Uint8Array(5), 1])), {
    kind: 'pong',
    requestId,
    enrSeq: 1n,
    ip: null,
    udp: 1,
  });
});

test('mutated packets and messages are refused with a code, or read', () => {
  const random = seededRandom();
  const packets = ['ping', 'whoareyou', 'handshake', 'handshakeWithRecord'].map((name) => hexToBytes(vector(name)));
  fuzzDecoder(packets, read, 500, random);
  const messages: Discv5Message[] = [
    { kind: 'ping', requestId, enrSeq: 9n },
    { kind: 'pong', requestId, enrSeq: 1n, ip: '127.0.0.1', udp: 5000 },
    { kind: 'findnode', requestId, distances: [256, 255, 254] },
    { kind: 'nodes', requestId, total: 3, records: [record, record] },
    { kind: 'talkreq', requestId, protocol: Uint8Array.of(1, 2), data: Uint8Array.of(3) },
  ];
  fuzzDecoder(messages.map(encodeDiscv5Message), decodeDiscv5Message, 500, random);
});
