import { createCipheriv } from 'node:crypto';
import { concatBytes } from './bytes.ts';
import { WireError } from './errors.ts';

/** Node Discovery v5.1, ethereum/devp2p discv5/discv5-wire.md, "Packet Encoding": what stands outside the encrypted message. */

/** No packet is smaller or larger. */
const minDiscv5Bytes = 63;
export const maxDiscv5Bytes = 1280;
/** `discv5`, version 1. */
const protocolHex = '6469736376350001';
const ivBytes = 16;
/** protocol 6 ‖ version 2 ‖ flag 1 ‖ nonce 12 ‖ authdata-size 2. */
const staticBytes = 23;
const flags = { ordinary: 0, whoareyou: 1, handshake: 2 } as const;
const signatureBytes = 64;
const keyBytes = 33;
/** src-id ‖ sig-size ‖ key-size ‖ signature ‖ key. */
const handshakeAuthBytes = 34 + signatureBytes + keyBytes;

/** The part of a packet in plain text. `ad`: what the message is authenticated with, `iv ‖ header`. */
export type Discv5Packet =
  | {
      readonly kind: 'ordinary';
      readonly nonce: Uint8Array;
      /** keccak256 of the sender's public key, which is its claim. */
      readonly source: Uint8Array;
      readonly ad: Uint8Array;
      readonly sealed: Uint8Array;
    }
  | {
      readonly kind: 'whoareyou';
      /** Of the packet that it answers. */
      readonly nonce: Uint8Array;
      readonly enrSeq: bigint;
      /** `iv ‖ header`, which both sides hash. */
      readonly challenge: Uint8Array;
    }
  | {
      readonly kind: 'handshake';
      readonly nonce: Uint8Array;
      readonly source: Uint8Array;
      readonly idSignature: Uint8Array;
      /** 33 bytes, unchecked. */
      readonly ephemeralKey: Uint8Array;
      /** The sender's record as RLP, unchecked; null when it left it out. */
      readonly record: Uint8Array | null;
      readonly ad: Uint8Array;
      readonly sealed: Uint8Array;
    };

/** The sender's part of a handshake. */
export interface HandshakeAuth {
  readonly idSignature: Uint8Array;
  readonly ephemeralKey: Uint8Array;
  readonly record: Uint8Array | null;
}

/** Encrypts a message under `nonce` with `ad`. */
export type SealMessage = (nonce: Uint8Array, ad: Uint8Array) => Uint8Array;

/** A packet of a session, or the random bytes that ask for a handshake. `iv`: 16 random bytes; hashes: node IDs. */
export function encodeOrdinary(
  packet: { readonly source: Uint8Array; readonly to: Uint8Array; readonly nonce: Uint8Array; readonly iv: Uint8Array },
  seal: SealMessage,
): Uint8Array {
  return encode(flags.ordinary, packet, packet.source, seal);
}

/** The packet that asks for a handshake, 63 bytes, and the challenge that its answer refers to. */
export function encodeWhoareyou(packet: {
  readonly to: Uint8Array;
  /** Of the packet that it answers. */
  readonly nonce: Uint8Array;
  readonly iv: Uint8Array;
  /** 16 random bytes. */
  readonly idNonce: Uint8Array;
  /** Of the record that we hold of the other side; 0 = none. */
  readonly enrSeq: bigint;
}): { readonly bytes: Uint8Array; readonly challenge: Uint8Array } {
  const authdata = new Uint8Array(24);
  authdata.set(packet.idNonce);
  new DataView(authdata.buffer).setBigUint64(16, packet.enrSeq);
  const header = headerOf(flags.whoareyou, packet.nonce, authdata);
  return { bytes: concatBytes(packet.iv, mask(packet, header)), challenge: concatBytes(packet.iv, header) };
}

/** The answer to a challenge, with the first message of the session. */
export function encodeHandshake(
  packet: { readonly source: Uint8Array; readonly to: Uint8Array; readonly nonce: Uint8Array; readonly iv: Uint8Array },
  { idSignature, ephemeralKey, record }: HandshakeAuth,
  seal: SealMessage,
): Uint8Array {
  const sizes = Uint8Array.of(signatureBytes, keyBytes);
  const authdata = concatBytes(packet.source, sizes, idSignature, ephemeralKey, record ?? new Uint8Array(0));
  return encode(flags.handshake, packet, authdata, seal);
}

/**
 * Reads the packets that are addressed to one node. One AES block tells whether a datagram is one of them: null if not.
 * Nothing returned is a view of what was read.
 * @throws WireError packetSize, packetType, packetField
 */
export function createDiscv5Reader(ownHash: Uint8Array): (bytes: Uint8Array) => Discv5Packet | null {
  // CTR is ECB over a counter. A cipher for each packet would cost several times the block itself.
  const block = createCipheriv('aes-128-ecb', ownHash.subarray(0, 16), null).setAutoPadding(false);
  return (bytes) => {
    if (bytes.length < minDiscv5Bytes) return null;
    const counter = bytes.slice(0, ivBytes);
    const first = block.update(counter);
    for (let i = 0; i < 8; i++) first[i] = (first[i] ?? 0) ^ (bytes[ivBytes + i] ?? 0);
    if (first.toString('hex', 0, 8) !== protocolHex) return null;
    if (bytes.length > maxDiscv5Bytes) {
      throw new WireError({ code: 'packetSize', limit: maxDiscv5Bytes, got: bytes.length });
    }
    // Static header and the sizes that follow from it, before the rest is looked at.
    const head = unmask(block, bytes, staticBytes);
    const view = new DataView(head.buffer);
    const authSize = view.getUint16(21);
    const end = ivBytes + staticBytes + authSize;
    const flag = view.getUint8(8);
    checkSizes(flag, authSize, bytes.length - end);
    const header = unmask(block, bytes, staticBytes + authSize);
    const ad = concatBytes(bytes.subarray(0, ivBytes), header);
    return read(flag, header.slice(9, 21), header.slice(staticBytes), ad, bytes.slice(end));
  };
}

function checkSizes(flag: number, authSize: number, messageSize: number): void {
  switch (flag) {
    case flags.ordinary:
      if (authSize !== 32) throw new WireError({ code: 'packetField', field: 'authdata' });
      // At least the tag of an empty message.
      if (messageSize < 16) throw new WireError({ code: 'packetField', field: 'message' });
      return;
    case flags.whoareyou:
      if (authSize !== 24) throw new WireError({ code: 'packetField', field: 'authdata' });
      if (messageSize !== 0) throw new WireError({ code: 'packetField', field: 'message' });
      return;
    case flags.handshake:
      if (authSize < handshakeAuthBytes) throw new WireError({ code: 'packetField', field: 'authdata' });
      if (messageSize < 16) throw new WireError({ code: 'packetField', field: 'message' });
      return;
    default:
      throw new WireError({ code: 'packetType', type: flag });
  }
}

function read(flag: number, nonce: Uint8Array, authdata: Uint8Array, ad: Uint8Array, sealed: Uint8Array): Discv5Packet {
  if (flag === flags.ordinary) return { kind: 'ordinary', nonce, source: authdata, ad, sealed };
  if (flag === flags.whoareyou) {
    const enrSeq = new DataView(authdata.buffer, authdata.byteOffset).getBigUint64(16);
    return { kind: 'whoareyou', nonce, enrSeq, challenge: ad };
  }
  if (authdata[32] !== signatureBytes || authdata[33] !== keyBytes) {
    throw new WireError({ code: 'packetField', field: 'sizes' });
  }
  const keyAt = 34 + signatureBytes;
  const record = authdata.slice(handshakeAuthBytes);
  return {
    kind: 'handshake',
    nonce,
    source: authdata.slice(0, 32),
    idSignature: authdata.slice(34, keyAt),
    ephemeralKey: authdata.slice(keyAt, handshakeAuthBytes),
    record: record.length === 0 ? null : record,
    ad,
    sealed,
  };
}

function encode(
  flag: number,
  packet: { readonly to: Uint8Array; readonly nonce: Uint8Array; readonly iv: Uint8Array },
  authdata: Uint8Array,
  seal: SealMessage,
): Uint8Array {
  const header = headerOf(flag, packet.nonce, authdata);
  const message = seal(packet.nonce, concatBytes(packet.iv, header));
  const size = ivBytes + header.length + message.length;
  if (size > maxDiscv5Bytes) throw new WireError({ code: 'packetSize', limit: maxDiscv5Bytes, got: size });
  return concatBytes(packet.iv, mask(packet, header), message);
}

function headerOf(flag: number, nonce: Uint8Array, authdata: Uint8Array): Uint8Array {
  const header = new Uint8Array(staticBytes + authdata.length);
  header.set(protocolBytes);
  header[8] = flag;
  header.set(nonce, 9);
  new DataView(header.buffer).setUint16(21, authdata.length);
  header.set(authdata, staticBytes);
  return header;
}

const protocolBytes = Uint8Array.from(Buffer.from(protocolHex, 'hex'));

function mask({ to, iv }: { readonly to: Uint8Array; readonly iv: Uint8Array }, header: Uint8Array): Uint8Array {
  return createCipheriv('aes-128-ctr', to.subarray(0, 16), iv).update(header);
}

/** The first `size` bytes after the IV, in plain text. */
function unmask(
  block: { update(bytes: Uint8Array): Buffer },
  bytes: Uint8Array,
  size: number,
): Uint8Array<ArrayBuffer> {
  const counters = new Uint8Array(Math.ceil(size / 16) * 16);
  const counter = bytes.slice(0, ivBytes);
  for (let at = 0; at < counters.length; at += 16) {
    counters.set(counter, at);
    for (let i = 15; i >= 0; i--) {
      counter[i] = ((counter[i] ?? 0) + 1) & 0xff;
      if (counter[i] !== 0) break;
    }
  }
  const stream = block.update(counters);
  const plain = new Uint8Array(size);
  for (let i = 0; i < size; i++) plain[i] = (stream[i] ?? 0) ^ (bytes[ivBytes + i] ?? 0);
  return plain;
}
