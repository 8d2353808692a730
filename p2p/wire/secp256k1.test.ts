import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import { sha256 } from '@noble/hashes/sha2.js';
import { hideNativeCurve } from '../../testkit/hideNativeCurve.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex, concatBytes, hexToBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import { type Curve, chooseCurve, curveBackends } from './secp256k1.ts';

const curves: Curve[] = [];
before(async () => {
  for (const backend of curveBackends) curves.push(await chooseCurve(backend));
});

const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const zeros = '00'.repeat(32);
const good = hexToBytes('49a7b37aa6f6645917e7b807e9d1c00d4fa71f18343b0d4122a4d2df64dd6fee');

function refuses(work: () => unknown, code: string, message: string): void {
  assert.throws(work, (error) => error instanceof WireError && error.code === code, message);
}

test('each backend is the one asked for, and the fastest here is chosen by default', async () => {
  assert.deepEqual(
    curves.map((curve) => curve.backend),
    ['native', 'wasm', 'noble'],
  );
  assert.equal((await chooseCurve()).backend, 'native');
});

test('a backend that does not load here is passed over, and told with the reason', async (t) => {
  const passedOver: string[] = [];
  const choose = () => chooseCurve(undefined, (backend, error) => passedOver.push(`${backend}: ${String(error)}`));
  assert.equal((await choose()).backend, 'native');
  assert.deepEqual(passedOver, []);
  hideNativeCurve(t);
  assert.equal((await choose()).backend, 'wasm');
  assert.equal(passedOver.length, 1);
  assert.match(passedOver[0]!, /^native: Error: No native build was found/);
  await assert.rejects(chooseCurve('native'), /No native build was found/);
});

test('the native backend is libsecp256k1 and not the JavaScript fallback of the same package', () => {
  createRequire(import.meta.url)('secp256k1/bindings.js');
  const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('secp256k1'));
  assert.ok(
    loaded.some((path) => path.endsWith('.node')),
    loaded.join(', '),
  );
  assert.ok(!loaded.some((path) => path.includes('elliptic')), loaded.join(', '));
});

test('the EIP-8 handshake: its public keys, shared secret and signer come out on every backend', () => {
  // EIP-8, "Test Vectors": static keys A and B, ephemeral key A, nonce A. The signature is that inside Auth2:
  // sign(ecdh(static A, static B) xor nonce A, ephemeral A).
  const keyA = good;
  const keyB = hexToBytes('b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291');
  const ephemeralA = hexToBytes('869d6ecf5211f1cc60418a13b9d870b22959d0c16f02bec714c960dd2298a32d');
  const nonceA = hexToBytes('7e968bba13b6c50e2c4cd7f241cc0d64d1ac25c7f5952df231ac6a2bda8ee5d6');
  const signature =
    '299ca6acfd35e3d72d8ba3d1e2b60b5561d5af5218eb5bc182045769eb4226910a301acae3b369fffc4a4899d6b02531e89fd4fe36a2cf0d93607ba470b50f7800';
  const publicB =
    'ca634cae0d49acb401d8a4c6b6fe8c55b70d115bf400769cc1400f3258cd31387574077f301b421bc84df7266c44e9e6d569fc56be00812904767bf5ccd1fc7f';
  for (const curve of curves) {
    assert.equal(bytesToHex(curve.publicKey(keyB)), publicB, curve.backend);
    const secret = curve.ecdhX(keyA, curve.publicKey(keyB));
    assert.deepEqual(curve.ecdhX(keyB, curve.publicKey(keyA)), secret, curve.backend);
    const digest = secret.map((byte, i) => byte ^ nonceA[i]!);
    const signer = curve.recover(digest, hexToBytes(signature));
    assert.equal(bytesToHex(signer), bytesToHex(curve.publicKey(ephemeralA)), curve.backend);
  }
});

test('the discv5 vectors: ECDH and the deterministic signature come out on every backend', () => {
  // ethereum/devp2p discv5/discv5-wire-test-vectors.md, "ECDH" and "ID Nonce Signing".
  const key = hexToBytes('fb757dc581730490a1d7a00deea65e9b1936924caaea8f44d476014856b68736');
  const peer = hexToBytes('039961e4c2356d61bedb83052c115d311acb3a96f5777296dcf297351130266231');
  const shared = '3b11a2a1f214567e1537ce5e509ffd9b21373247f2a3ff6841f4976f53165e7e';
  const challenge = hexToBytes(
    '000000000000000000000000000000006469736376350001010102030405060708090a0b0c00180102030405060708090a0b0c0d0e0f100000000000000000',
  );
  const nodeB = hexToBytes('bbbb9d047f0488c0b5a93c1c3f2d8bafc7c8ff337024a55434a0d0555de64db9');
  const proof = new TextEncoder().encode('discovery v5 identity proof');
  const digest = sha256(concatBytes(proof, challenge, peer, nodeB));
  const signature =
    '94852a1e2318c4e5e9d422c98eaf19d1d90d876b29cd06ca7cb7546d0fff7b484fe86c09a064fe72bdbef73ba8e9c34df0cd2b53e9d65528c2c7f336d5dfc6e6';
  for (const curve of curves) {
    assert.equal(bytesToHex(curve.ecdhX(key, curve.decompress(peer))), shared, curve.backend);
    assert.equal(bytesToHex(curve.sign(digest, key).subarray(0, 64)), signature, curve.backend);
    assert.equal(curve.verify(digest, hexToBytes(signature), curve.publicKey(key)), true, curve.backend);
  }
});

test('recover, verify, compress and decompress agree with the published go-ethereum vector', () => {
  // go-ethereum crypto/signature_test.go: testmsg, testsig, testpubkey, testpubkeyc.
  const digest = hexToBytes('ce0677bb30baa8cf067c88db9811f4333d131bf8bcf12fe7065d211dce971008');
  const signature = hexToBytes(
    '90f27b8b488db00b00606796d2987f6a5f59ae62ea05effe84fef5b8b0e549984a691139ad57a3f0b906637673aa2f63d1f55cb1a69199d4009eea23ceaddc9301',
  );
  const key =
    'e32df42865e97135acfb65f3bae71bdc86f4d49150ad6a440b6f15878109880a0a2b2667f7e725ceea70c673093bf67663e0312623c8e091b13cf2c0f11ef652';
  const compressed = '02e32df42865e97135acfb65f3bae71bdc86f4d49150ad6a440b6f15878109880a';
  for (const curve of curves) {
    assert.equal(bytesToHex(curve.recover(digest, signature)), key, curve.backend);
    assert.equal(curve.verify(digest, signature.subarray(0, 64), hexToBytes(key)), true, curve.backend);
    assert.equal(bytesToHex(curve.compress(hexToBytes(key))), compressed, curve.backend);
    assert.equal(bytesToHex(curve.decompress(hexToBytes(compressed))), key, curve.backend);
    const wrong = digest.slice();
    wrong[31]! ^= 1;
    assert.equal(curve.verify(wrong, signature.subarray(0, 64), hexToBytes(key)), false, curve.backend);
    assert.notEqual(bytesToHex(curve.recover(wrong, signature)), key, curve.backend);
  }
});

test('the three backends agree on random keys and digests', () => {
  const random = seededRandom();
  const [reference, ...others] = [...curves].reverse() as [Curve, Curve, Curve];
  for (let round = 0; round < 12; round++) {
    const message = `round ${round}, seed ${random.seed}`;
    const [mine, peer, digest] = [random.bytes(32), random.bytes(32), random.bytes(32)];
    const key = reference.publicKey(mine);
    const peerKey = reference.publicKey(peer);
    const signature = reference.sign(digest, mine);
    const secret = reference.ecdhX(mine, peerKey);
    assert.ok(signature[64]! <= 1, message);
    for (const curve of others) {
      assert.deepEqual(bytesToHex(curve.publicKey(mine)), bytesToHex(key), message);
      assert.deepEqual(bytesToHex(curve.sign(digest, mine)), bytesToHex(signature), message);
      assert.deepEqual(bytesToHex(curve.recover(digest, signature)), bytesToHex(key), message);
      assert.deepEqual(bytesToHex(curve.ecdhX(mine, peerKey)), bytesToHex(secret), message);
      assert.equal(curve.verify(digest, signature.subarray(0, 64), key), true, message);
      assert.equal(curve.verify(digest, signature.subarray(0, 64), peerKey), false, message);
      assert.deepEqual(bytesToHex(curve.decompress(curve.compress(key))), bytesToHex(key), message);
    }
  }
});

test('a signature with a high s recovers the same key but does not verify, on every backend', () => {
  const digest = new Uint8Array(32).fill(5);
  for (const curve of curves) {
    const signature = curve.sign(digest, good);
    const s = BigInt(`0x${bytesToHex(signature.subarray(32, 64))}`);
    const high = signature.slice();
    high.set(hexToBytes((BigInt(`0x${order}`) - s).toString(16).padStart(64, '0')), 32);
    high[64]! ^= 1;
    assert.equal(curve.verify(digest, high.subarray(0, 64), curve.publicKey(good)), false, curve.backend);
    assert.equal(bytesToHex(curve.recover(digest, high)), bytesToHex(curve.publicKey(good)), curve.backend);
  }
});

test('bad keys and signatures are WireErrors, the same on every backend', () => {
  const digest = new Uint8Array(32).fill(5);
  for (const curve of curves) {
    const key = curve.publicKey(good);
    const signature = curve.sign(digest, good);
    for (const bad of [zeros, order, 'ff'.repeat(32), '01', '01'.repeat(33)].map(hexToBytes)) {
      const what = `${curve.backend} private key ${bytesToHex(bad)}`;
      assert.equal(curve.isPrivateKey(bad), false, what);
      refuses(() => curve.publicKey(bad), 'curveKey', what);
      refuses(() => curve.sign(digest, bad), 'curveKey', what);
      refuses(() => curve.ecdhX(bad, key), 'curveKey', what);
    }
    const offCurve = key.slice();
    offCurve[63]! ^= 1;
    for (const bad of [offCurve, new Uint8Array(64), new Uint8Array(64).fill(255), key.subarray(1)]) {
      const what = `${curve.backend} public key ${bytesToHex(bad)}`;
      refuses(() => curve.ecdhX(good, bad), 'curveKey', what);
      refuses(() => curve.compress(bad), 'curveKey', what);
      assert.equal(curve.verify(digest, signature.subarray(0, 64), bad), false, what);
    }
    const badCompressed = [`02${'ff'.repeat(32)}`, `04${'11'.repeat(32)}`, `00${zeros}`, '02'].map(hexToBytes);
    for (const bad of badCompressed) {
      refuses(() => curve.decompress(bad), 'curveKey', `${curve.backend} compressed ${bytesToHex(bad)}`);
    }
    const one = `${zeros.slice(2)}01`;
    const badSignatures = [
      `${zeros}${one}00`,
      `${one}${zeros}00`,
      `${order}${one}00`,
      `${one}${order}00`,
      `${bytesToHex(signature.subarray(0, 64))}04`,
      `${bytesToHex(signature.subarray(0, 64))}1b`,
      bytesToHex(signature.subarray(0, 64)),
      // r + n passes the field's prime, so recovery id 2 names no point.
      `${bytesToHex(signature.subarray(0, 64))}02`,
    ].map(hexToBytes);
    for (const bad of badSignatures) {
      refuses(() => curve.recover(digest, bad), 'curveSignature', `${curve.backend} signature ${bytesToHex(bad)}`);
    }
    refuses(() => curve.recover(digest.subarray(1), signature), 'curveSignature', `${curve.backend} short digest`);
    assert.equal(curve.verify(digest, signature, key), false, `${curve.backend} 65-byte signature`);
  }
});

test('inputs are left as they were', () => {
  for (const curve of curves) {
    const digest = new Uint8Array(32).fill(5);
    const key = curve.publicKey(good);
    const signature = curve.sign(digest, good);
    const copies = [digest, key, signature, good].map((bytes) => bytes.slice());
    curve.recover(digest, signature);
    curve.verify(digest, signature.subarray(0, 64), key);
    curve.ecdhX(good, key);
    curve.decompress(curve.compress(key));
    assert.deepEqual([digest, key, signature, good], copies, curve.backend);
  }
});
