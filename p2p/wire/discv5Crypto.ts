import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import { concatBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import type { Curve } from './secp256k1.ts';

/** The cryptography of discv5's sessions, identity scheme "v4": discv5-theory.md, "Handshake". Hashes are node IDs. */

const proofText = Buffer.from('discovery v5 identity proof');
const agreementText = Buffer.from('discovery v5 key agreement');
const tagBytes = 16;

/** What an initiator signs to prove its identity: the challenge, its ephemeral key (33 bytes) and the responder. */
export interface IdProof {
  readonly challenge: Uint8Array;
  readonly ephemeralKey: Uint8Array;
  readonly responder: Uint8Array;
}

/** 64 bytes r‖s. */
export function signIdProof(curve: Curve, privateKey: Uint8Array, proof: IdProof): Uint8Array {
  return curve.sign(proofDigest(proof), privateKey).subarray(0, 64);
}

export function verifyIdProof(curve: Curve, publicKey: Uint8Array, signature: Uint8Array, proof: IdProof): boolean {
  return curve.verify(proofDigest(proof), signature, publicKey);
}

function proofDigest({ challenge, ephemeralKey, responder }: IdProof): Uint8Array {
  return createHash('sha256').update(proofText).update(challenge).update(ephemeralKey).update(responder).digest();
}

/** The two keys of a session, 16 bytes each: the initiator writes with the first. */
export interface AgreedKeys {
  readonly initiatorKey: Uint8Array;
  readonly recipientKey: Uint8Array;
}

/**
 * Both sides come to the same keys: the initiator by its ephemeral private key and the responder's public key, the
 * responder by its private key and the ephemeral public key.
 * @throws WireError curveKey
 */
export function agreeOnKeys(
  curve: Curve,
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  { challenge, initiator, responder }: { challenge: Uint8Array; initiator: Uint8Array; responder: Uint8Array },
): AgreedKeys {
  const secret = curve.ecdhPoint(privateKey, publicKey);
  // HKDF-SHA256 (RFC 5869) for exactly one block of output.
  const extracted = createHmac('sha256', challenge).update(secret).digest();
  const info = concatBytes(agreementText, initiator, responder, Uint8Array.of(1));
  const keys = createHmac('sha256', extracted).update(info).digest();
  return { initiatorKey: Uint8Array.from(keys.subarray(0, 16)), recipientKey: Uint8Array.from(keys.subarray(16)) };
}

/** AES-128-GCM; the tag is at the end. */
export function sealMessage(key: Uint8Array, nonce: Uint8Array, message: Uint8Array, ad: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-gcm', key, nonce).setAAD(ad);
  return concatBytes(cipher.update(message), cipher.final(), cipher.getAuthTag());
}

/**
 * The inverse of `sealMessage`.
 * @throws WireError packetSeal when the key is another or a byte was changed
 */
export function openMessage(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, ad: Uint8Array): Uint8Array {
  if (sealed.length < tagBytes) throw new WireError({ code: 'packetSeal' });
  const decipher = createDecipheriv('aes-128-gcm', key, nonce, { authTagLength: tagBytes })
    .setAAD(ad)
    .setAuthTag(sealed.subarray(-tagBytes));
  const message = decipher.update(sealed.subarray(0, -tagBytes));
  try {
    return concatBytes(message, decipher.final());
  } catch (cause) {
    throw new WireError({ code: 'packetSeal' }, undefined, { cause });
  }
}
