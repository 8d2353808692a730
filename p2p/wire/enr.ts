import { formatIp } from '../../lib/ipAddress.ts';
import { WireError } from './errors.ts';
import { type ForkId, readEthEntry } from './forkId.ts';
import { keccak256 } from './keccak.ts';
import { asBigUint, asBytes, asList, asUint } from './reader.ts';
import { decodeRlp, encodeRlp, type RlpInput, type RlpItem } from './rlp.ts';
import type { Curve } from './secp256k1.ts';

/** Largest record, encoded (EIP-778). */
export const maxEnrBytes = 300;
/** `enr:` and the base64 of `maxEnrBytes`. */
const maxEnrText = 404;
/** Deepest nesting of a record: record, `eth`, its first entry; with room for unknown keys. */
const maxEnrDepth = 8;

/** A node record whose signature was checked (EIP-778, ethereum/devp2p enr.md), identity scheme "v4". */
export interface Enr {
  readonly seq: bigint;
  /** Public key that signed it, 64 bytes. */
  readonly id: Uint8Array;
  /**
   * Every pair as it came, unknown keys too, in the record's order. A key is the bytes read as Latin-1, so that any
   * byte sequence has a distinct name and text order is byte order.
   */
  readonly pairs: ReadonlyMap<string, RlpItem>;
  /** The RLP encoding, at most 300 bytes. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a record and verifies it.
 * @throws WireError enrSize, enrScheme, enrSignature, enrKeyOrder, enrKey, curveKey, rlp…
 */
export function decodeEnr(curve: Curve, bytes: Uint8Array): Enr {
  const { signatureItem, seqItem, rest, seq, pairs } = splitEnr(bytes);
  const signature = asBytes(signatureItem, { max: maxEnrBytes });
  if (textOf(pairs.get('id')) !== 'v4') throw new WireError({ code: 'enrScheme' });
  const compressed = pairs.get('secp256k1');
  if (!(compressed instanceof Uint8Array)) throw new WireError({ code: 'enrKey', key: 'secp256k1' });
  const id = curve.decompress(compressed);
  const digest = keccak256(encodeRlp(seqItem === undefined ? [] : [seqItem, ...rest]));
  if (!curve.verify(digest, signature, id)) throw new WireError({ code: 'enrSignature' });
  return { seq, id, pairs, bytes: bytes.slice() };
}

/**
 * Reads a record again whose signature was checked before, as that of this key (64 bytes).
 * @throws WireError for what was never a record
 */
export function reopenEnr(id: Uint8Array, bytes: Uint8Array): Enr {
  const { seq, pairs } = splitEnr(bytes);
  return { seq, id, pairs, bytes };
}

function splitEnr(bytes: Uint8Array) {
  if (bytes.length > maxEnrBytes) throw new WireError({ code: 'enrSize', limit: maxEnrBytes, got: bytes.length });
  const [signatureItem, seqItem, ...rest] = asList(decodeRlp(bytes, { maxDepth: maxEnrDepth }), {
    min: 2,
    extra: 'ignore',
  });
  return { signatureItem, seqItem, rest, seq: asBigUint(seqItem, { maxBytes: 8 }), pairs: readPairs(rest) };
}

/**
 * Makes and signs a record. `id` and `secp256k1` are added; keys are put in order; undefined values are left out.
 * @throws WireError enrSize when it does not fit into 300 bytes, curveKey
 */
export function signEnr(
  curve: Curve,
  privateKey: Uint8Array,
  record: { readonly seq: bigint; readonly pairs: Readonly<Record<string, RlpInput | undefined>> },
): Enr {
  const id = curve.publicKey(privateKey);
  const all: Record<string, RlpInput | undefined> = { ...record.pairs, id: 'v4', secp256k1: curve.compress(id) };
  const content: RlpInput[] = [record.seq];
  for (const key of Object.keys(all).sort((a, b) => (a < b ? -1 : 1))) {
    const value = all[key];
    if (value !== undefined) content.push(Buffer.from(key, 'latin1'), value);
  }
  const signature = curve.sign(keccak256(encodeRlp(content)), privateKey).subarray(0, 64);
  return decodeEnr(curve, encodeRlp([signature, ...content]));
}

/** The text form, `enr:` and URL-safe base64 without padding. */
export function formatEnr(enr: Enr): string {
  return `enr:${Buffer.from(enr.bytes).toString('base64url')}`;
}

/**
 * Reads the text form and verifies the record.
 * @throws WireError enrText, and those of `decodeEnr`
 */
export function parseEnr(curve: Curve, text: string): Enr {
  if (text.length > maxEnrText || !/^enr:[A-Za-z0-9_-]+$/.test(text)) throw new WireError({ code: 'enrText' });
  return decodeEnr(curve, Uint8Array.from(Buffer.from(text.slice(4), 'base64url')));
}

/** What a record says about its node. A known key with an impossible value counts as absent; the record stays valid. */
export interface EnrContent {
  readonly seq: bigint;
  readonly text: string;
  /** First entry of `eth` (EIP-2124 fork id, ethereum/devp2p enr-entries/eth.md). */
  readonly eth: ForkId | null;
  readonly ip: string | null;
  readonly udp: number | null;
  readonly tcp: number | null;
  readonly ip6: string | null;
  readonly udp6: number | null;
  readonly tcp6: number | null;
  /** All keys, in order, at most 32; Latin-1, so they must be escaped before they are shown. */
  readonly keys: readonly string[];
}

export function readEnr(enr: Enr): EnrContent {
  // Most records lack most keys, and an exception for each would cost more than everything else.
  const known = <T>(key: string, read: (item: RlpItem) => T): T | null => {
    const item = enr.pairs.get(key);
    return item === undefined ? null : tolerant(() => read(item));
  };
  const port = (key: string) => known(key, (item) => asUint(item, { maxBytes: 2 }));
  const ip = (key: string, length: number) => known(key, (item) => formatIp(asBytes(item, { length })));
  return {
    seq: enr.seq,
    text: formatEnr(enr),
    eth: known('eth', readEthEntry),
    ip: ip('ip', 4),
    udp: port('udp'),
    tcp: port('tcp'),
    ip6: ip('ip6', 16),
    udp6: port('udp6'),
    tcp6: port('tcp6'),
    keys: [...enr.pairs.keys()].slice(0, 32),
  };
}

/** The value of the key `eth` for a fork id. */
export function ethEntry({ hash, next }: ForkId): RlpInput {
  return [[hash, next]];
}

function readPairs(items: readonly RlpItem[]): Map<string, RlpItem> {
  // BOUNDED: by the 300 bytes of a record.
  const pairs = new Map<string, RlpItem>();
  if (items.length % 2 !== 0) throw new WireError({ code: 'rlpCount', min: items.length + 1, got: items.length });
  let previous: string | null = null;
  for (let i = 0; i < items.length; i += 2) {
    const key = Buffer.from(asBytes(items[i])).toString('latin1');
    const value = items[i + 1];
    if (value === undefined || (previous !== null && key <= previous)) throw new WireError({ code: 'enrKeyOrder' });
    pairs.set(key, copyItem(value));
    previous = key;
  }
  return pairs;
}

/** Decoded RLP consists of views of its packet, but a record outlives the packet. */
function copyItem(item: RlpItem): RlpItem {
  return item instanceof Uint8Array ? item.slice() : item.map(copyItem);
}

function textOf(item: RlpItem | undefined): string | null {
  return item instanceof Uint8Array ? Buffer.from(item).toString('latin1') : null;
}

function tolerant<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
