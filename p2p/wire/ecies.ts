import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import { concatBytes, equalBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import type { Curve } from './secp256k1.ts';

/** What encryption adds to a message: point 65, IV 16, tag 32. */
export const eciesOverhead = 113;

/** The random values of one encryption, passed in by the caller. */
export interface EciesRandom {
  /** A private key for this message only, 32 bytes. */
  readonly ephemeralKey: Uint8Array;
  /** 16 bytes. */
  readonly iv: Uint8Array;
}

/**
 * Encrypts to a public key: `04 ‖ R ‖ iv ‖ c ‖ d`. `authData` is covered by the tag and not sent.
 * Spec: rlpx.md, "ECIES Encryption".
 */
export function encryptEcies(
  curve: Curve,
  to: Uint8Array,
  message: Uint8Array,
  authData: Uint8Array,
  random: EciesRandom,
): Uint8Array {
  const keys = deriveKeys(curve.ecdhX(random.ephemeralKey, to));
  const cipher = createCipheriv('aes-128-ctr', keys.encryption, random.iv);
  const encrypted = cipher.update(message);
  const tag = messageTag(keys.mac, random.iv, encrypted, authData);
  return concatBytes(Uint8Array.of(4), curve.publicKey(random.ephemeralKey), random.iv, encrypted, tag);
}

/**
 * Decrypts what `encryptEcies` made. The tag is checked before anything is decrypted.
 * @throws WireError eciesSize, eciesPoint, eciesMac
 */
export function decryptEcies(
  curve: Curve,
  privateKey: Uint8Array,
  sealed: Uint8Array,
  authData: Uint8Array,
): Uint8Array {
  if (sealed.length < eciesOverhead)
    throw new WireError({ code: 'eciesSize', limit: eciesOverhead, got: sealed.length });
  if (sealed[0] !== 4) throw new WireError({ code: 'eciesPoint' });
  const keys = deriveKeys(sharedPoint(curve, privateKey, sealed.subarray(1, 65)));
  const iv = sealed.subarray(65, 81);
  const encrypted = sealed.subarray(81, -32);
  if (!equalBytes(messageTag(keys.mac, iv, encrypted, authData), sealed.subarray(-32))) {
    throw new WireError({ code: 'eciesMac' });
  }
  return plain(createDecipheriv('aes-128-ctr', keys.encryption, iv).update(encrypted));
}

function sharedPoint(curve: Curve, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  try {
    return curve.ecdhX(privateKey, publicKey);
  } catch (cause) {
    throw new WireError({ code: 'eciesPoint' }, undefined, { cause });
  }
}

/** NIST SP 800-56A concatenation KDF with SHA-256, 32 bytes: one round of it. */
function deriveKeys(shared: Uint8Array): { encryption: Uint8Array; mac: Uint8Array } {
  const derived = createHash('sha256')
    .update(Uint8Array.of(0, 0, 0, 1))
    .update(shared)
    .digest();
  return { encryption: derived.subarray(0, 16), mac: createHash('sha256').update(derived.subarray(16)).digest() };
}

function messageTag(key: Uint8Array, iv: Uint8Array, encrypted: Uint8Array, authData: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(iv).update(encrypted).update(authData).digest();
}

function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
