import { createRequire } from 'node:module';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as noble from '@noble/secp256k1';
import { WireError } from './errors.ts';

/** Which implementation of the curve is in use. Rates differ a hundredfold: `npm run bench -- wire`. */
export type CurveBackend = (typeof curveBackends)[number];

/** Fastest first. */
export const curveBackends = ['native', 'wasm', 'noble'] as const;

/**
 * secp256k1, the only door to it. Public keys are 64 bytes, x‖y without prefix, as in discv4 and RLPx; digests are
 * 32 bytes and signed as they are. Every method throws WireError `curveKey` or `curveSignature` on bad input, except
 * the two that return a boolean.
 */
export interface Curve {
  /** `standIn`: no curve at all but hashes, for simulations (testkit/standInCurve.ts); no program chooses it. */
  readonly backend: CurveBackend | 'standIn';
  publicKey(privateKey: Uint8Array): Uint8Array;
  /** 65 bytes r‖s‖v, with v (0 to 3) last; RFC 6979 nonce and low s, so the same with every backend. */
  sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array;
  /** Takes r‖s‖v; s may be high. */
  recover(digest: Uint8Array, signature: Uint8Array): Uint8Array;
  /** Takes r‖s; false for a high s, as in libsecp256k1 and geth, and for anything malformed. */
  verify(digest: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean;
  /** The 32-byte x coordinate of the shared point (ECIES, RLPx). */
  ecdhX(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  /** The whole shared point, compressed to 33 bytes (discv5). */
  ecdhPoint(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  /** 64 bytes to 33. */
  compress(publicKey: Uint8Array): Uint8Array;
  /** 33 bytes to 64. */
  decompress(publicKey: Uint8Array): Uint8Array;
  isPrivateKey(bytes: Uint8Array): boolean;
}

/**
 * Makes the curve, once at start-up: `preferred`, or the first of `curveBackends` that loads here. `onPassedOver` is told
 * of each faster one that does not load, with the loader's error. Throws that error when the preferred one does not load.
 */
export async function chooseCurve(
  preferred?: CurveBackend,
  onPassedOver: (backend: CurveBackend, error: unknown) => void = () => {},
): Promise<Curve> {
  if (preferred !== undefined) return loadCurve(preferred);
  for (const backend of curveBackends) {
    try {
      return await loadCurve(backend);
    } catch (error) {
      onPassedOver(backend, error);
    }
  }
  return loadCurve('noble');
}

async function loadCurve(backend: CurveBackend): Promise<Curve> {
  switch (backend) {
    case 'native':
      return checkedCurve(backend, loadNative());
    case 'wasm':
      return checkedCurve(backend, await loadWasm());
    case 'noble':
      return checkedCurve(backend, loadNoble());
  }
}

/** What a backend provides. Lengths are checked before; a throw or a wrong length means bad input. `key65` is 04‖x‖y. */
interface RawCurve {
  publicKey65(privateKey: Uint8Array): Uint8Array;
  sign65(digest: Uint8Array, privateKey: Uint8Array): Uint8Array;
  recover65(digest: Uint8Array, signature64: Uint8Array, recovery: 0 | 1 | 2 | 3): Uint8Array;
  verify(digest: Uint8Array, signature64: Uint8Array, key65: Uint8Array): boolean;
  ecdhX(privateKey: Uint8Array, key65: Uint8Array): Uint8Array;
  ecdhPoint33(privateKey: Uint8Array, key65: Uint8Array): Uint8Array;
  compress(key65: Uint8Array): Uint8Array;
  decompress65(key33: Uint8Array): Uint8Array;
  isPrivateKey(bytes32: Uint8Array): boolean;
}

function checkedCurve(backend: CurveBackend, raw: RawCurve): Curve {
  function isPrivateKey(bytes: Uint8Array): boolean {
    return bytes.length === 32 && raw.isPrivateKey(bytes);
  }
  function checkPrivateKey(bytes: Uint8Array): void {
    if (!isPrivateKey(bytes)) throw new WireError({ code: 'curveKey' });
  }
  return {
    backend,
    publicKey(privateKey) {
      checkPrivateKey(privateKey);
      return attempt('curveKey', () => raw.publicKey65(privateKey)).subarray(1);
    },
    sign(digest, privateKey) {
      checkLength('curveSignature', digest, 32);
      checkPrivateKey(privateKey);
      return attempt('curveSignature', () => raw.sign65(digest, privateKey));
    },
    recover(digest, signature) {
      checkLength('curveSignature', digest, 32);
      checkLength('curveSignature', signature, 65);
      const recovery = signature[64];
      if (recovery !== 0 && recovery !== 1 && recovery !== 2 && recovery !== 3) {
        throw new WireError({ code: 'curveSignature' });
      }
      return attempt('curveSignature', () => raw.recover65(digest, signature.subarray(0, 64), recovery)).subarray(1);
    },
    verify(digest, signature, publicKey) {
      if (digest.length !== 32 || signature.length !== 64 || publicKey.length !== 64) return false;
      try {
        return raw.verify(digest, signature, prefixed(publicKey));
      } catch {
        return false;
      }
    },
    ecdhX(privateKey, publicKey) {
      checkPrivateKey(privateKey);
      checkLength('curveKey', publicKey, 64);
      return attempt('curveKey', () => raw.ecdhX(privateKey, prefixed(publicKey)));
    },
    ecdhPoint(privateKey, publicKey) {
      checkPrivateKey(privateKey);
      checkLength('curveKey', publicKey, 64);
      return attempt('curveKey', () => raw.ecdhPoint33(privateKey, prefixed(publicKey)));
    },
    compress(publicKey) {
      checkLength('curveKey', publicKey, 64);
      return attempt('curveKey', () => raw.compress(prefixed(publicKey)));
    },
    decompress(publicKey) {
      checkLength('curveKey', publicKey, 33);
      return attempt('curveKey', () => raw.decompress65(publicKey)).subarray(1);
    },
    isPrivateKey,
  };
}

function checkLength(code: 'curveKey' | 'curveSignature', bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new WireError({ code });
}

function attempt<T>(code: 'curveKey' | 'curveSignature', work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new WireError({ code }, undefined, { cause });
  }
}

function prefixed(publicKey: Uint8Array): Uint8Array {
  const key65 = new Uint8Array(65);
  key65[0] = 4;
  key65.set(publicKey, 1);
  return key65;
}

function withRecovery(signature64: Uint8Array, recovery: number): Uint8Array {
  const signature = new Uint8Array(65);
  signature.set(signature64);
  signature[64] = recovery;
  return signature;
}

/** 02 or 03, by the parity of y, then x. */
function compressedPoint(x: Uint8Array, y: Uint8Array): Uint8Array {
  const point = new Uint8Array(33);
  point[0] = 2 + ((y[31] ?? 0) & 1);
  point.set(x, 1);
  return point;
}

function loadNative(): RawCurve {
  // The package's own entry silently falls back to a slow JavaScript curve; its binding throws instead.
  const native: typeof import('secp256k1') = createRequire(import.meta.url)('secp256k1/bindings.js');
  return {
    publicKey65: (privateKey) => native.publicKeyCreate(privateKey, false),
    sign65: (digest, privateKey) => {
      const { signature, recid } = native.ecdsaSign(digest, privateKey);
      return withRecovery(signature, recid);
    },
    recover65: (digest, signature64, recovery) => native.ecdsaRecover(signature64, recovery, digest, false),
    verify: (digest, signature64, key65) => native.ecdsaVerify(signature64, digest, key65),
    ecdhX: (privateKey, key65) => native.ecdh(key65, privateKey, { hashfn: (x) => x }, new Uint8Array(32)),
    ecdhPoint33: (privateKey, key65) => native.ecdh(key65, privateKey, { hashfn: compressedPoint }, new Uint8Array(33)),
    compress: (key65) => native.publicKeyConvert(key65, true),
    decompress65: (key33) => native.publicKeyConvert(key33, false),
    isPrivateKey: (bytes) => native.privateKeyVerify(bytes),
  };
}

async function loadWasm(): Promise<RawCurve> {
  const { instantiateSecp256k1 } = await import('@bitauth/libauth');
  const wasm = await instantiateSecp256k1();
  // Failures come back as strings.
  function bytes(result: Uint8Array | string): Uint8Array {
    if (typeof result === 'string') throw new Error(result);
    return result;
  }
  return {
    publicKey65: (privateKey) => bytes(wasm.derivePublicKeyUncompressed(privateKey)),
    sign65: (digest, privateKey) => {
      const result = wasm.signMessageHashRecoverableCompact(privateKey, digest);
      if (typeof result === 'string') throw new Error(result);
      return withRecovery(result.signature, result.recoveryId);
    },
    recover65: (digest, signature64, recovery) =>
      bytes(wasm.recoverPublicKeyUncompressed(signature64, recovery, digest)),
    verify: (digest, signature64, key65) => wasm.verifySignatureCompactLowS(signature64, key65, digest),
    ecdhX: (privateKey, key65) => bytes(wasm.mulTweakPublicKeyCompressed(key65, privateKey)).subarray(1),
    ecdhPoint33: (privateKey, key65) => bytes(wasm.mulTweakPublicKeyCompressed(key65, privateKey)),
    compress: (key65) => bytes(wasm.compressPublicKey(key65)),
    decompress65: (key33) => bytes(wasm.uncompressPublicKey(key33)),
    isPrivateKey: (key) => wasm.validatePrivateKey(key),
  };
}

function loadNoble(): RawCurve {
  // Synchronous use needs these two module globals; no other file imports the library.
  noble.hashes.sha256 = (message) => sha256(message);
  noble.hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);
  return {
    publicKey65: (privateKey) => noble.getPublicKey(privateKey, false),
    sign65: (digest, privateKey) => {
      // 'recovered' puts the recovery byte first.
      const signature = noble.sign(digest, privateKey, { prehash: false, format: 'recovered' });
      return withRecovery(signature.subarray(1), signature[0] ?? 0);
    },
    recover65: (digest, signature64, recovery) => {
      const recovered = new Uint8Array(65);
      recovered[0] = recovery;
      recovered.set(signature64, 1);
      return noble.recoverPublicKey(recovered, digest, { prehash: false, isCompressed: false });
    },
    verify: (digest, signature64, key65) => noble.verify(signature64, digest, key65, { prehash: false }),
    ecdhX: (privateKey, key65) => noble.getSharedSecret(privateKey, key65, true).subarray(1),
    ecdhPoint33: (privateKey, key65) => noble.getSharedSecret(privateKey, key65, true),
    compress: (key65) => noble.Point.fromBytes(key65).toBytes(true),
    decompress65: (key33) => noble.Point.fromBytes(key33).toBytes(false),
    isPrivateKey: (bytes) => noble.utils.isValidSecretKey(bytes),
  };
}
