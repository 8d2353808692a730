import { formatIp, parseIp } from '../../lib/ipAddress.ts';
import { concatBytes, equalBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import { keccak256, keccak256Of } from './keccak.ts';
import type { NodeContact, NodeEndpoint } from './nodeEndpoint.ts';
import { readPlainNeighbors } from './plainNeighbors.ts';
import { asBigUint, asBytes, asList, asUint } from './reader.ts';
import { decodeRlpPrefix, encodeRlp, type RlpInput, type RlpItem } from './rlp.ts';
import type { Curve } from './secp256k1.ts';

/** Node Discovery v4, ethereum/devp2p discv4.md, with EIP-8 tolerance and EIP-868 records. */

/** Largest packet we send (discv4.md, "Wire Protocol"). */
export const maxSentPacketBytes = 1280;
/** Largest packet we read: some peers slightly exceed 1280. */
export const maxReadPacketBytes = 2048;
/** hash 32 ‖ signature 65 ‖ type 1. */
const headerBytes = 98;
/** 12 full-size IPv6 records still fit into 1280 bytes; 13 do not. */
export const maxNeighborsPerPacket = 12;
/** More records than 2048 bytes can hold (one takes at least 71). */
const maxNeighborsRead = 28;
const maxUint64 = (1n << 64n) - 1n;

/** The endpoint in a PING or PONG. Its IP is null if its bytes are not an address (peers that do not know theirs send none). */
type PacketEndpoint = Omit<NodeEndpoint, 'ip'> & { readonly ip: string | null };

export type Discv4Kind = 'ping' | 'pong' | 'findnode' | 'neighbors' | 'enrRequest' | 'enrResponse';

/** `expiration` is in seconds since the epoch, unsigned 64-bit: see `isExpired`. */
export type Discv4Packet =
  | {
      readonly kind: 'ping';
      readonly version: number;
      readonly from: PacketEndpoint;
      readonly to: PacketEndpoint;
      readonly expiration: bigint;
      readonly enrSeq: bigint | null;
    }
  | {
      readonly kind: 'pong';
      readonly to: PacketEndpoint;
      readonly pingHash: Uint8Array;
      readonly expiration: bigint;
      readonly enrSeq: bigint | null;
    }
  | { readonly kind: 'findnode'; readonly target: Uint8Array; readonly expiration: bigint }
  | { readonly kind: 'neighbors'; readonly nodes: readonly NodeContact[]; readonly expiration: bigint }
  | { readonly kind: 'enrRequest'; readonly expiration: bigint }
  /** `record` is the RLP as received, unchecked: `decodeEnr` reads it. */
  | { readonly kind: 'enrResponse'; readonly requestHash: Uint8Array; readonly record: Uint8Array };

const kindByType: readonly (Discv4Kind | undefined)[] = [
  undefined,
  'ping',
  'pong',
  'findnode',
  'neighbors',
  'enrRequest',
  'enrResponse',
];

/** A packet with a correct hash and well-formed fields, whose sender is not yet known. */
export interface ReadPacket {
  readonly packet: Discv4Packet;
  /** The first 32 bytes, which a reply refers to. */
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
  /** What the signature signs. */
  readonly digest: Uint8Array;
  /** Of the datagram. */
  readonly byteLength: number;
}

/**
 * Signs a packet. Only PING and PONG name their recipient, so the bytes of one FINDNODE or ENRRequest can be sent to many
 * nodes; but never to the same address twice, because some peers drop what they have seen before.
 * @throws WireError packetSize when it exceeds 1280 bytes
 */
export function encodeDiscv4(
  curve: Curve,
  privateKey: Uint8Array,
  packet: Discv4Packet,
): { readonly bytes: Uint8Array; readonly hash: Uint8Array } {
  const data = concatBytes(Uint8Array.of(kindByType.indexOf(packet.kind)), encodeRlp(toRlp(packet)));
  const size = headerBytes - 1 + data.length;
  if (size > maxSentPacketBytes) throw new WireError({ code: 'packetSize', limit: maxSentPacketBytes, got: size });
  const signature = curve.sign(keccak256(data), privateKey);
  const hash = keccak256Of(signature, data);
  return { bytes: concatBytes(hash, signature, data), hash };
}

/**
 * Reads a packet and its sender's public key.
 * @throws WireError those of `readDiscv4` and `recoverSender`
 */
export function decodeDiscv4(curve: Curve, bytes: Uint8Array): ReadPacket & { readonly from: Uint8Array } {
  const read = readDiscv4(bytes);
  return { ...read, from: recoverSender(curve, read) };
}

/**
 * Checks everything that needs no curve operation, the most expensive part: size, hash, type, fields. Extra list
 * elements, bytes after the list and any version are accepted (EIP-8); integers may have leading zeros. Nothing returned
 * is a view of `bytes`.
 * @throws WireError packetSize, packetHash, packetType, packetField, rlp…
 */
export function readDiscv4(bytes: Uint8Array): ReadPacket {
  if (bytes.length < headerBytes || bytes.length > maxReadPacketBytes) {
    throw new WireError({ code: 'packetSize', limit: maxReadPacketBytes, got: bytes.length });
  }
  const hash = bytes.slice(0, 32);
  if (!equalBytes(hash, keccak256(bytes.subarray(32)))) throw new WireError({ code: 'packetHash' });
  const type = bytes[97] ?? 0;
  const kind = kindByType[type];
  if (kind === undefined) throw new WireError({ code: 'packetType', type });
  const packet = readPacket(kind, bytes);
  return {
    packet,
    hash,
    signature: bytes.slice(32, 97),
    digest: keccak256(bytes.subarray(97)),
    byteLength: bytes.length,
  };
}

/**
 * The public key that signed a packet, 64 bytes.
 * @throws WireError packetSignature
 */
export function recoverSender(curve: Curve, read: ReadPacket): Uint8Array {
  try {
    return curve.recover(read.digest, read.signature);
  } catch (cause) {
    throw new WireError({ code: 'packetSignature' }, undefined, { cause });
  }
}

/**
 * Whether this key signed a packet: cheaper than `recoverSender` if the sender is expected. False for a high s, which
 * `recoverSender` accepts.
 */
export function isSignedBy(curve: Curve, read: ReadPacket, publicKey: Uint8Array): boolean {
  const { digest, signature } = read;
  return (signature[64] ?? 4) < 4 && curve.verify(digest, signature.subarray(0, 64), publicKey);
}

/**
 * Whether a packet has expired. Times beyond the signed 64-bit range are wrapped negative times, as geth's conformance
 * suite sends them: these have expired as well.
 * @param now ms since the epoch
 */
export function isExpired(expiration: bigint, now: number): boolean {
  return expiration >= 1n << 63n || Number(expiration) * 1000 < now;
}

function toRlp(packet: Discv4Packet): RlpInput {
  switch (packet.kind) {
    case 'ping':
      return withSeq(
        [packet.version, endpointToRlp(packet.from), endpointToRlp(packet.to), packet.expiration],
        packet.enrSeq,
      );
    case 'pong':
      return withSeq([endpointToRlp(packet.to), packet.pingHash, packet.expiration], packet.enrSeq);
    case 'findnode':
      return [packet.target, packet.expiration];
    case 'neighbors':
      return [packet.nodes.map((node) => [ipToBytes(node.ip), node.udp, node.tcp, node.id]), packet.expiration];
    case 'enrRequest':
      return [packet.expiration];
    case 'enrResponse':
      return [packet.requestHash, decodeRlpPrefix(packet.record).item];
  }
}

function withSeq(fields: readonly RlpInput[], enrSeq: bigint | null): RlpInput {
  return enrSeq === null ? fields : [...fields, enrSeq];
}

function endpointToRlp(endpoint: PacketEndpoint): RlpInput {
  return [ipToBytes(endpoint.ip), endpoint.udp, endpoint.tcp];
}

function ipToBytes(ip: string | null): Uint8Array {
  const bytes = ip === null ? new Uint8Array(0) : parseIp(ip);
  if (bytes === null) throw new RangeError(`not an IP address: ${ip}`);
  return bytes;
}

function readPacket(kind: Discv4Kind, bytes: Uint8Array): Discv4Packet {
  const plain = kind === 'neighbors' ? readPlainNeighbors(bytes, headerBytes) : null;
  // The general reader checks this bound.
  if (plain !== null && plain.nodes.length <= maxNeighborsRead) return { kind: 'neighbors', ...plain };
  return fromRlp(kind, decodeRlpPrefix(bytes.subarray(headerBytes)).item);
}

function fromRlp(kind: Discv4Kind, item: RlpItem): Discv4Packet {
  switch (kind) {
    case 'ping': {
      const [version, from, to, expiration, enrSeq] = asList(item, { min: 4, extra: 'ignore' });
      return {
        kind,
        version: asUint(version, { maxBytes: 6, leadingZeros: true }),
        from: readEndpoint(from),
        to: readEndpoint(to),
        expiration: readUint64(expiration, 'expiration'),
        enrSeq: readSeq(enrSeq),
      };
    }
    case 'pong': {
      const [to, pingHash, expiration, enrSeq] = asList(item, { min: 3, extra: 'ignore' });
      return {
        kind,
        to: readEndpoint(to),
        pingHash: asBytes(pingHash, { length: 32 }),
        expiration: readUint64(expiration, 'expiration'),
        enrSeq: readSeq(enrSeq),
      };
    }
    case 'findnode': {
      const [target, expiration] = asList(item, { min: 2, extra: 'ignore' });
      return { kind, target: asBytes(target, { length: 64 }), expiration: readUint64(expiration, 'expiration') };
    }
    case 'neighbors': {
      const [nodes, expiration] = asList(item, { min: 2, extra: 'ignore' });
      const list = asList(nodes, { min: 0, extra: 'ignore' });
      if (list.length > maxNeighborsRead) throw new WireError({ code: 'packetField', field: 'nodes' });
      return { kind, nodes: list.flatMap(readNeighbor), expiration: readUint64(expiration, 'expiration') };
    }
    case 'enrRequest': {
      const [expiration] = asList(item, { min: 1, extra: 'ignore' });
      return { kind, expiration: readUint64(expiration, 'expiration') };
    }
    case 'enrResponse': {
      const [requestHash, record] = asList(item, { min: 2, extra: 'ignore' });
      // Reading was strict, so encoding again gives the record's original bytes.
      return {
        kind,
        requestHash: asBytes(requestHash, { length: 32 }),
        record: encodeRlp(asList(record, { min: 2, extra: 'ignore' })),
      };
    }
  }
}

function readEndpoint(item: RlpItem | undefined): PacketEndpoint {
  const [ip, udp, tcp] = asList(item, { min: 3, extra: 'ignore' });
  return { ip: formatIp(asBytes(ip, { max: 32 })), udp: readPort(udp), tcp: readPort(tcp) };
}

/** A record with an invalid address is left out; the other records of the packet are kept. */
function readNeighbor(item: RlpItem): NodeContact[] {
  const [ipItem, udp, tcp, id] = asList(item, { min: 4, extra: 'ignore' });
  const ip = formatIp(asBytes(ipItem, { max: 32 }));
  const rest = { udp: readPort(udp), tcp: readPort(tcp), id: asBytes(id, { length: 64 }) };
  return ip === null ? [] : [{ ip, ...rest }];
}

function readPort(item: RlpItem | undefined): number {
  if (item instanceof Uint8Array && item.length <= 2) return asUint(item, { maxBytes: 2, leadingZeros: true });
  const port = asBigUint(item, { maxBytes: 32, leadingZeros: true });
  if (port > 65_535n) throw new WireError({ code: 'packetField', field: 'port' });
  return Number(port);
}

function readUint64(item: RlpItem | undefined, field: string): bigint {
  const value = asBigUint(item, { maxBytes: 32, leadingZeros: true });
  if (value > maxUint64) throw new WireError({ code: 'packetField', field });
  return value;
}

/** EIP-868 uses a place where EIP-8 allows anything: what is not an integer there is an unknown extension. */
function readSeq(item: RlpItem | undefined): bigint | null {
  if (!(item instanceof Uint8Array) || item.length > 8) return null;
  return asBigUint(item, { maxBytes: 8, leadingZeros: true });
}
