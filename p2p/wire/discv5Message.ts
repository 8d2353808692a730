import { formatIp, parseIp } from '../../lib/ipAddress.ts';
import { concatBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import { asBigUint, asBytes, asList, asUint } from './reader.ts';
import { decodeRlp, decodeRlpPrefix, encodeRlp, type RlpInput, type RlpItem } from './rlp.ts';

/** Protocol messages of discv5 (discv5-wire.md, "Protocol Messages"), as they are inside an encrypted packet. */

/** `requestId`: at most 8 bytes, mirrored as they are; a message with more is refused. */
export type Discv5Message = { readonly requestId: Uint8Array } & (
  | { readonly kind: 'ping'; readonly enrSeq: bigint }
  | {
      readonly kind: 'pong';
      readonly enrSeq: bigint;
      /** Where the PING came from, as its receiver saw it; null if the bytes are no address. */
      readonly ip: string | null;
      readonly udp: number;
    }
  /** 0 to 256; others are left out when it is read. */
  | { readonly kind: 'findnode'; readonly distances: readonly number[] }
  /** `total` packets in all. Records are RLP as it came, unchecked: `decodeEnr` reads them. */
  | { readonly kind: 'nodes'; readonly total: number; readonly records: readonly Uint8Array[] }
  | { readonly kind: 'talkreq'; readonly protocol: Uint8Array; readonly data: Uint8Array }
  | { readonly kind: 'talkresp'; readonly data: Uint8Array }
);

export type Discv5MessageKind = Discv5Message['kind'];

/** By message type, from 1. */
export const discv5MessageKinds = ['ping', 'pong', 'findnode', 'nodes', 'talkreq', 'talkresp'] as const;

const maxRequestIdBytes = 8;
/** Nearer than any log distance can be. */
const maxDistance = 256;
/** Records in one packet: of the smallest there is, 1280 bytes hold fewer. */
const maxRecordsRead = 16;
/** A packet cannot hold more items: a distance takes at least one byte. */
const maxItems = 1_400;
/** Message, list of records, record, its `eth` and what clients may add. */
const maxDepth = 12;
/** Some peers keep the width of an integer. */
const u64 = { maxBytes: 8, leadingZeros: true };

export function encodeDiscv5Message(message: Discv5Message): Uint8Array {
  const type = 1 + discv5MessageKinds.indexOf(message.kind);
  return concatBytes(Uint8Array.of(type), encodeRlp([message.requestId, ...fieldsOf(message)]));
}

function fieldsOf(message: Discv5Message): readonly RlpInput[] {
  switch (message.kind) {
    case 'ping':
      return [message.enrSeq];
    case 'pong':
      return [message.enrSeq, ipBytes(message.ip), message.udp];
    case 'findnode':
      return [message.distances];
    case 'nodes':
      return [message.total, message.records.map((record) => decodeRlpPrefix(record).item)];
    case 'talkreq':
      return [message.protocol, message.data];
    case 'talkresp':
      return [message.data];
  }
}

function ipBytes(ip: string | null): Uint8Array {
  const bytes = ip === null ? new Uint8Array(0) : parseIp(ip);
  if (bytes === null) throw new RangeError(`not an IP address: ${ip}`);
  return bytes;
}

/**
 * Reads a decrypted message. Extra list elements are accepted; bytes after the list are not. Nothing returned is a view
 * of `bytes`.
 * @throws WireError packetType (topic messages of the drafts too), packetField, rlp…
 */
export function decodeDiscv5Message(bytes: Uint8Array): Discv5Message {
  const type = bytes[0] ?? 0;
  const kind = discv5MessageKinds[type - 1];
  if (kind === undefined) throw new WireError({ code: 'packetType', type });
  const item = decodeRlp(bytes.subarray(1), { maxDepth, maxItems });
  const [requestId, ...fields] = asList(item, { min: 2, extra: 'ignore' });
  return readFields(kind, asBytes(requestId, { max: maxRequestIdBytes }), fields);
}

function readFields(kind: Discv5MessageKind, requestId: Uint8Array, fields: readonly RlpItem[]): Discv5Message {
  const [first, second, third] = fields;
  switch (kind) {
    case 'ping':
      return { kind, requestId, enrSeq: asBigUint(first, u64) };
    case 'pong': {
      const ip = formatIp(asBytes(second, { max: 16 }));
      return {
        kind,
        requestId,
        enrSeq: asBigUint(first, u64),
        ip,
        udp: asUint(third, { maxBytes: 2, leadingZeros: true }),
      };
    }
    case 'findnode': {
      const distances = asList(first, { min: 0, extra: 'ignore' }).map((item) => asUint(item, { maxBytes: 4 }));
      return { kind, requestId, distances: [...new Set(distances)].filter((distance) => distance <= maxDistance) };
    }
    case 'nodes': {
      const total = asUint(first, { maxBytes: 2 });
      const list = asList(second, { min: 0, extra: 'ignore' });
      if (list.length > maxRecordsRead) throw new WireError({ code: 'packetField', field: 'records' });
      return { kind, requestId, total, records: list.map(readRecord) };
    }
    case 'talkreq':
      return { kind, requestId, protocol: asBytes(first, { max: 1_280 }), data: asBytes(second, { max: 1_280 }) };
    case 'talkresp':
      return { kind, requestId, data: asBytes(first, { max: 1_280 }) };
  }
}

/** Reading was strict, so encoding again gives the record's original bytes. */
function readRecord(item: RlpItem): Uint8Array {
  return encodeRlp(asList(item, { min: 2, extra: 'ignore' }));
}
