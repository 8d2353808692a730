import { concatBytes, equalBytes } from '../p2p/wire/bytes.ts';
import { WireError } from '../p2p/wire/errors.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';

/**
 * Hashes in the place of the curve, for crawls in virtual time, where a thousand nodes of one process would spend most
 * of it on the curve. It keeps what the protocols rely on: keys follow from private keys, a signature tells who made it
 * over what, two keys agree on a secret, and what was tampered with throws as on the real one. It keeps nothing secret:
 * whoever knows a public key can sign for it.
 *
 * A public key is x ‖ H(x) with x = H(private key); what is not of that form is no point. A signature is x ‖ H(x, digest).
 */
export const standInCurve: Curve = {
  backend: 'standIn',
  publicKey: (privateKey) => pointOf(xOf(privateKey)),
  sign(digest, privateKey) {
    if (digest.length !== 32) throw new WireError({ code: 'curveSignature' });
    const x = xOf(privateKey);
    return concatBytes(x, hashOf('signature', x, digest), Uint8Array.of(0));
  },
  recover(digest, signature) {
    const x = signature.subarray(0, 32);
    if (signature.length !== 65 || (signature[64] ?? 4) > 3 || !isSignature(digest, signature.subarray(0, 64), x)) {
      throw new WireError({ code: 'curveSignature' });
    }
    return pointOf(x);
  },
  verify: (digest, signature, publicKey) =>
    publicKey.length === 64 && isSignature(digest, signature, publicKey.subarray(0, 32)),
  ecdhX: sharedX,
  ecdhPoint: (privateKey, publicKey) => concatBytes(Uint8Array.of(2), sharedX(privateKey, publicKey)),
  compress: (publicKey) => concatBytes(Uint8Array.of(2), checkedX(publicKey)),
  decompress(publicKey) {
    if (publicKey.length !== 33 || publicKey[0] !== 2) throw new WireError({ code: 'curveKey' });
    return pointOf(publicKey.subarray(1));
  },
  isPrivateKey,
};

function isPrivateKey(bytes: Uint8Array): boolean {
  return bytes.length === 32 && bytes.some((byte) => byte !== 0);
}

function xOf(privateKey: Uint8Array): Uint8Array {
  if (!isPrivateKey(privateKey)) throw new WireError({ code: 'curveKey' });
  return hashOf('private key', privateKey);
}

function pointOf(x: Uint8Array): Uint8Array {
  return concatBytes(x, hashOf('point', x));
}

function sharedX(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const mine = xOf(privateKey);
  const theirs = checkedX(publicKey);
  return Buffer.compare(mine, theirs) < 0 ? hashOf('shared', mine, theirs) : hashOf('shared', theirs, mine);
}

/** x of a public key that is of the right form. */
function checkedX(publicKey: Uint8Array): Uint8Array {
  const x = publicKey.subarray(0, 32);
  if (publicKey.length !== 64 || !equalBytes(publicKey.subarray(32), hashOf('point', x))) {
    throw new WireError({ code: 'curveKey' });
  }
  return x;
}

function isSignature(digest: Uint8Array, signature: Uint8Array, x: Uint8Array): boolean {
  return (
    digest.length === 32 &&
    signature.length === 64 &&
    equalBytes(signature.subarray(0, 32), x) &&
    equalBytes(signature.subarray(32), hashOf('signature', x, digest))
  );
}

const seeds = { 'private key': 0x9e3779b9, point: 0x85ebca6b, signature: 0xc2b2ae35, shared: 0x27d4eb2f } as const;

/**
 * 32 bytes that depend on every bit of the parts, whole words each: no hash that would resist anybody, but a twentieth of
 * the price of one that does.
 */
function hashOf(purpose: keyof typeof seeds, ...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(32);
  let state: number = seeds[purpose];
  for (let lane = 0; lane < 8; lane++) {
    for (const part of parts) {
      for (let at = 0; at + 3 < part.length; at += 4) {
        state = mix(state ^ wordAt(part, at)) + lane;
      }
    }
    state = mix(state);
    out[4 * lane] = state;
    out[4 * lane + 1] = state >>> 8;
    out[4 * lane + 2] = state >>> 16;
    out[4 * lane + 3] = state >>> 24;
  }
  return out;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

/** A bijection in which every output bit depends on every input bit (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let word = value;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}
