import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fuzzDecoder } from '../../testkit/fuzz.ts';
import { readTestdata } from '../../testkit/readTestdata.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex, concatBytes, hexToBytes } from './bytes.ts';
import { decryptEcies, encryptEcies } from './ecies.ts';
import { WireError } from './errors.ts';
import {
  createAck,
  createAuth,
  deriveSecrets,
  type Incomplete,
  maxHandshakeBytes,
  type Received,
  readAck,
  readAuth,
} from './rlpxHandshake.ts';
import { type Curve, chooseCurve, curveBackends } from './secp256k1.ts';

const vectors = readTestdata('p2p/wire/testdata/eip8.json');
const of = (name: string) => hexToBytes(vectors[name]);
const keyA = of('staticKeyA');
const keyB = of('staticKeyB');
let curve: Curve;
before(async () => {
  curve = await chooseCurve();
});

function whole<T>(received: Received<T> | Incomplete): Received<T> {
  assert.ok('message' in received, 'incomplete');
  return received;
}

function refuses(work: () => unknown, code: string, message?: string): void {
  assert.throws(work, (error) => error instanceof WireError && error.code === code, message);
}

test('EIP-8 auth packets, and the plain one before it, on every backend', async () => {
  for (const backend of curveBackends) {
    const other = await chooseCurve(backend);
    for (const [name, version, plain] of [
      ['auth1Plain', 4, true],
      ['auth2', 4, false],
      ['auth3Version56', 56, false],
    ] as const) {
      const received = whole(readAuth(other, keyB, of(name)));
      assert.deepEqual(received.packet, of(name), name);
      assert.deepEqual(
        received.message,
        {
          publicKey: other.publicKey(keyA),
          ephemeralPublicKey: other.publicKey(of('ephemeralKeyA')),
          nonce: of('nonceA'),
          version,
          plain,
        },
        `${backend} ${name}`,
      );
    }
  }
});

test('EIP-8 ack packets, and the plain one before it', () => {
  for (const [name, version] of [
    ['ack1Plain', 4],
    ['ack2', 4],
    ['ack3Version57', 57],
  ] as const) {
    const received = whole(readAck(curve, keyA, of(name)));
    assert.deepEqual(received.message, {
      ephemeralPublicKey: curve.publicKey(of('ephemeralKeyB')),
      nonce: of('nonceB'),
      version,
    });
  }
});

test('the published secrets, derived by both sides', () => {
  const nonces = { initiator: of('nonceA'), responder: of('nonceB') };
  const packets = { auth: of('auth2'), ack: of('ack2') };
  const b = deriveSecrets(
    curve,
    'responder',
    { ephemeralKey: of('ephemeralKeyB'), remoteEphemeralPublicKey: curve.publicKey(of('ephemeralKeyA')) },
    nonces,
    packets,
  );
  assert.equal(bytesToHex(b.aes), vectors.aesSecret);
  assert.equal(bytesToHex(b.mac), vectors.macSecret);
  assert.equal(bytesToHex(b.ingressMac.updateAndDigest(Buffer.from('foo'))), vectors.ingressMacFooB);
  const a = deriveSecrets(
    curve,
    'initiator',
    { ephemeralKey: of('ephemeralKeyA'), remoteEphemeralPublicKey: curve.publicKey(of('ephemeralKeyB')) },
    nonces,
    packets,
  );
  assert.deepEqual(a.aes, b.aes);
  assert.equal(bytesToHex(a.egressMac.updateAndDigest(Buffer.from('foo'))), vectors.ingressMacFooB);
});

test('a packet is read only when whole, however it arrives, and what follows is left alone', () => {
  for (const name of ['auth1Plain', 'auth2']) {
    const packet = of(name);
    for (const length of [0, 1, 2, 3, 306, packet.length - 1].filter((n) => n < packet.length)) {
      const { need } = readAuth(curve, keyB, packet.subarray(0, length)) as Incomplete;
      assert.ok(need > length && need <= packet.length, `${name} at ${length}: ${need}`);
    }
    const received = whole(readAuth(curve, keyB, concatBytes(packet, Uint8Array.of(1, 2, 3))));
    assert.equal(received.packet.length, packet.length, name);
  }
});

test('our own auth and ack are read, and are long enough for EthereumJS', () => {
  const random = seededRandom();
  const own = { privateKey: keyA, ephemeralKey: of('ephemeralKeyA'), nonce: of('nonceA') };
  const chance = () => ({ ephemeralKey: random.bytes(32), iv: random.bytes(16), padding: random.bytes(100) });
  const auth = createAuth(curve, curve.publicKey(keyB), own, chance());
  assert.ok(auth.length >= 308, `${auth.length} bytes`);
  assert.deepEqual(whole(readAuth(curve, keyB, auth)).message.publicKey, curve.publicKey(keyA));
  const answer = { ephemeralKey: of('ephemeralKeyB'), nonce: of('nonceB') };
  for (const plain of [false, true]) {
    const ack = createAck(curve, curve.publicKey(keyA), answer, chance(), plain);
    assert.equal(ack.length === 210, plain);
    assert.deepEqual(whole(readAck(curve, keyA, ack)).message.nonce, of('nonceB'));
  }
});

test('a size prefix beginning with 04 is told from a plain packet', () => {
  const random = seededRandom(1);
  const own = { privateKey: keyA, ephemeralKey: of('ephemeralKeyA'), nonce: of('nonceA') };
  const chance = { ephemeralKey: random.bytes(32), iv: random.bytes(16), padding: random.bytes(900) };
  const auth = createAuth(curve, curve.publicKey(keyB), own, chance);
  assert.equal(auth[0], 4);
  assert.deepEqual(readAuth(curve, keyB, auth.subarray(0, 400)), { need: auth.length });
  assert.equal(whole(readAuth(curve, keyB, auth)).message.plain, false);
});

test('wrong key, wrong tag, wrong size', () => {
  refuses(() => readAuth(curve, keyA, of('auth2')), 'eciesMac', 'meant for another');
  const bent = of('auth2');
  bent[200] = (bent[200] ?? 0) ^ 1;
  refuses(() => readAuth(curve, keyB, bent), 'eciesMac', 'one bit');
  const sized = of('auth2');
  sized[1] = (sized[1] ?? 0) - 1;
  refuses(() => readAuth(curve, keyB, sized), 'eciesMac', 'the size prefix is authenticated');
  refuses(() => readAuth(curve, keyB, Uint8Array.of(0, 112)), 'eciesSize', 'too small, at once');
  refuses(() => readAuth(curve, keyB, Uint8Array.of(0x07, 0xff)), 'eciesSize', 'too large, at once');
  assert.deepEqual(readAuth(curve, keyB, Uint8Array.of(0x07, 0xfe)), { need: maxHandshakeBytes });
  const point = of('auth2').fill(1, 3, 67);
  refuses(() => readAuth(curve, keyB, point), 'eciesPoint', 'not on the curve');
});

test('the tag covers the additional data, and nothing shorter than it is opened', () => {
  const random = seededRandom(2);
  const chance = { ephemeralKey: random.bytes(32), iv: random.bytes(16) };
  const sealed = encryptEcies(curve, curve.publicKey(keyB), Uint8Array.of(1, 2, 3), Uint8Array.of(9), chance);
  assert.deepEqual(decryptEcies(curve, keyB, sealed, Uint8Array.of(9)), Uint8Array.of(1, 2, 3));
  refuses(() => decryptEcies(curve, keyB, sealed, Uint8Array.of(8)), 'eciesMac');
  refuses(() => decryptEcies(curve, keyB, sealed.subarray(0, 112), Uint8Array.of(9)), 'eciesSize');
});

test('mutants of auth and ack give a value or a WireError', () => {
  const random = seededRandom();
  fuzzDecoder([of('auth1Plain'), of('auth2')], (bytes) => readAuth(curve, keyB, bytes), 150, random);
  fuzzDecoder([of('ack1Plain'), of('ack3Version57')], (bytes) => readAck(curve, keyA, bytes), 150, random);
});

test('mutants of what is inside a valid envelope give a value or a WireError', () => {
  const random = seededRandom();
  const prefixOf = (size: number) => Uint8Array.of(size >> 8, size & 0xff);
  const body = decryptEcies(curve, keyB, of('auth2').subarray(2), of('auth2').subarray(0, 2));
  fuzzDecoder(
    [body],
    (mutant) => {
      const prefix = prefixOf(mutant.length + 113);
      const chance = { ephemeralKey: keyA, iv: random.bytes(16) };
      return readAuth(
        curve,
        keyB,
        concatBytes(prefix, encryptEcies(curve, curve.publicKey(keyB), mutant, prefix, chance)),
      );
    },
    300,
    random,
  );
});
