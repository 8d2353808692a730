import { concatBytes, equalBytes, xorBytes } from './bytes.ts';
import { decryptEcies, type EciesRandom, eciesOverhead, encryptEcies } from './ecies.ts';
import { WireError } from './errors.ts';
import { KeccakState, keccak256, keccak256Of } from './keccak.ts';
import { asBytes, asList, asUint } from './reader.ts';
import { decodeRlpPrefix, encodeRlp } from './rlp.ts';
import type { Curve } from './secp256k1.ts';

/** Sent as `auth-vsn` and `ack-vsn`; any other version is accepted (EIP-8). */
const handshakeVersion = 4;

/** EIP-8 asks for at least 100 bytes of padding; EthereumJS reads 307 bytes before it looks at the size prefix. */
export const minAuthPadding = 100;
/** geth sends 100 to 199 bytes. */
export const maxAuthPadding = 199;

/** Most bytes of an auth or ack message with its size prefix, as in geth. */
export const maxHandshakeBytes = 2048;

/** Sizes of the two messages before EIP-8, which have no size prefix. */
const plainAuthBytes = 307;
const plainAckBytes = 210;

/** An auth or ack message read from the start of a stream. */
export interface Received<T> {
  readonly message: T;
  /** The whole packet as it came: the MAC states absorb it. */
  readonly packet: Uint8Array;
}

/** The packet is not complete: read again once `need` bytes have been received in total. */
export interface Incomplete {
  readonly need: number;
}

export interface Auth {
  /** Static public key of the initiator; proven by the signature. */
  readonly publicKey: Uint8Array;
  readonly ephemeralPublicKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly version: number;
  /** In the form used before EIP-8; the ack must then have that form too. */
  readonly plain: boolean;
}

export interface Ack {
  readonly ephemeralPublicKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly version: number;
}

/** What the initiator chooses for one connection. */
export interface AuthSecrets {
  readonly privateKey: Uint8Array;
  readonly ephemeralKey: Uint8Array;
  readonly nonce: Uint8Array;
}

/** The random values of one sealed packet. `padding` is appended to the list: `minAuthPadding` bytes or more. */
export interface SealRandom extends EciesRandom {
  readonly padding: Uint8Array;
}

/** Makes an EIP-8 auth packet. Spec: rlpx.md, "Initial Handshake". */
export function createAuth(curve: Curve, remote: Uint8Array, own: AuthSecrets, random: SealRandom): Uint8Array {
  const digest = xorBytes(curve.ecdhX(own.privateKey, remote), own.nonce);
  const signature = curve.sign(digest, own.ephemeralKey);
  return seal(curve, remote, [signature, curve.publicKey(own.privateKey), own.nonce, handshakeVersion], random);
}

/** Makes an EIP-8 ack packet; `plain` makes the form before EIP-8, for a peer whose auth had it. */
export function createAck(
  curve: Curve,
  remote: Uint8Array,
  own: { readonly ephemeralKey: Uint8Array; readonly nonce: Uint8Array },
  random: SealRandom,
  plain = false,
): Uint8Array {
  const ephemeralPublicKey = curve.publicKey(own.ephemeralKey);
  if (plain) {
    return encryptEcies(curve, remote, concatBytes(ephemeralPublicKey, own.nonce, Uint8Array.of(0)), noBytes, random);
  }
  return seal(curve, remote, [ephemeralPublicKey, own.nonce, handshakeVersion], random);
}

/**
 * Reads an auth packet from the bytes received so far. Bytes after it belong to frames.
 * @throws WireError eciesSize, eciesPoint, eciesMac, curveKey, curveSignature and those of RLP
 */
export function readAuth(curve: Curve, privateKey: Uint8Array, received: Uint8Array): Received<Auth> | Incomplete {
  return readPacket(curve, privateKey, received, plainAuthBytes, (body, isPlain) => {
    const fields = isPlain ? plainAuthFields(body) : sealedAuthFields(body);
    const digest = xorBytes(curve.ecdhX(privateKey, fields.publicKey), fields.nonce);
    const ephemeralPublicKey = curve.recover(digest, fields.signature);
    if (fields.ephemeralHash !== null && !equalBytes(fields.ephemeralHash, keccak256(ephemeralPublicKey))) {
      throw new WireError({ code: 'curveSignature' });
    }
    return {
      publicKey: fields.publicKey,
      ephemeralPublicKey,
      nonce: fields.nonce,
      version: fields.version,
      plain: isPlain,
    };
  });
}

/**
 * Reads an ack packet from the bytes received so far. Bytes after it belong to frames.
 * @throws WireError eciesSize, eciesPoint, eciesMac and those of RLP
 */
export function readAck(curve: Curve, privateKey: Uint8Array, received: Uint8Array): Received<Ack> | Incomplete {
  return readPacket(curve, privateKey, received, plainAckBytes, (body, isPlain) => {
    if (isPlain) {
      return { ephemeralPublicKey: body.slice(0, 64), nonce: body.slice(64, 96), version: handshakeVersion };
    }
    const [key, nonce, version] = asList(decodeRlpPrefix(body).item, { min: 3, extra: 'ignore' });
    return {
      ephemeralPublicKey: asBytes(key, { length: 64 }),
      nonce: asBytes(nonce, { length: 32 }),
      version: asUint(version, { maxBytes: 4, leadingZeros: true }),
    };
  });
}

export interface SessionSecrets {
  readonly aes: Uint8Array;
  readonly mac: Uint8Array;
  readonly egressMac: KeccakState;
  readonly ingressMac: KeccakState;
}

/** Derives the secrets that encrypt and authenticate frames. Spec: rlpx.md, "Initial Handshake" and "MAC". */
export function deriveSecrets(
  curve: Curve,
  role: 'initiator' | 'responder',
  keys: { readonly ephemeralKey: Uint8Array; readonly remoteEphemeralPublicKey: Uint8Array },
  nonces: { readonly initiator: Uint8Array; readonly responder: Uint8Array },
  packets: { readonly auth: Uint8Array; readonly ack: Uint8Array },
): SessionSecrets {
  const ephemeral = curve.ecdhX(keys.ephemeralKey, keys.remoteEphemeralPublicKey);
  const shared = keccak256Of(ephemeral, keccak256Of(nonces.responder, nonces.initiator));
  const aes = keccak256Of(ephemeral, shared);
  const mac = keccak256Of(ephemeral, aes);
  const authMac = new KeccakState().update(xorBytes(mac, nonces.responder)).update(packets.auth);
  const ackMac = new KeccakState().update(xorBytes(mac, nonces.initiator)).update(packets.ack);
  return role === 'initiator'
    ? { aes, mac, egressMac: authMac, ingressMac: ackMac }
    : { aes, mac, egressMac: ackMac, ingressMac: authMac };
}

const noBytes = new Uint8Array(0);

function seal(
  curve: Curve,
  remote: Uint8Array,
  body: readonly (Uint8Array | number)[],
  random: SealRandom,
): Uint8Array {
  const message = concatBytes(encodeRlp(body), random.padding);
  const size = message.length + eciesOverhead;
  const prefix = Uint8Array.of(size >> 8, size & 0xff);
  return concatBytes(prefix, encryptEcies(curve, remote, message, prefix, random));
}

function readPacket<T>(
  curve: Curve,
  privateKey: Uint8Array,
  received: Uint8Array,
  plainBytes: number,
  decode: (body: Uint8Array, isPlain: boolean) => T,
): Received<T> | Incomplete {
  const [high, low] = received;
  if (high === undefined || low === undefined) return { need: 2 };
  // 04 begins an uncompressed point, or a size from 1024 to 1279: only decryption tells which.
  if (high === 4) {
    if (received.length < plainBytes) return { need: plainBytes };
    const packet = received.slice(0, plainBytes);
    const body = tryPlain(curve, privateKey, packet);
    if (body !== null) return { message: decode(body, true), packet };
  }
  const size = high * 256 + low;
  if (size < eciesOverhead) throw new WireError({ code: 'eciesSize', limit: eciesOverhead, got: size });
  const end = size + 2;
  if (end > maxHandshakeBytes) throw new WireError({ code: 'eciesSize', limit: maxHandshakeBytes, got: end });
  if (received.length < end) return { need: end };
  const packet = received.slice(0, end);
  return { message: decode(decryptEcies(curve, privateKey, packet.subarray(2), packet.subarray(0, 2)), false), packet };
}

function tryPlain(curve: Curve, privateKey: Uint8Array, packet: Uint8Array): Uint8Array | null {
  try {
    return decryptEcies(curve, privateKey, packet, noBytes);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

interface AuthFields {
  readonly signature: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly version: number;
  /** keccak256 of the ephemeral public key; only the plain form has it. */
  readonly ephemeralHash: Uint8Array | null;
}

function sealedAuthFields(body: Uint8Array): AuthFields {
  const [signature, publicKey, nonce, version] = asList(decodeRlpPrefix(body).item, { min: 4, extra: 'ignore' });
  return {
    signature: asBytes(signature, { length: 65 }),
    publicKey: asBytes(publicKey, { length: 64 }),
    nonce: asBytes(nonce, { length: 32 }),
    version: asUint(version, { maxBytes: 4, leadingZeros: true }),
    ephemeralHash: null,
  };
}

function plainAuthFields(body: Uint8Array): AuthFields {
  return {
    signature: body.slice(0, 65),
    ephemeralHash: body.slice(65, 97),
    publicKey: body.slice(97, 161),
    nonce: body.slice(161, 193),
    version: handshakeVersion,
  };
}
