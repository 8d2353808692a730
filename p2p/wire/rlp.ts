import { WireError } from './errors.ts';

/** A decoded RLP value: bytes, or a list of values. */
export type RlpItem = Uint8Array | readonly RlpItem[];

export interface RlpLimits {
  /** Deepest list nesting accepted; the outermost list is depth 1. */
  readonly maxDepth?: number;
  /** Most items accepted in total, lists and byte strings counted alike. */
  readonly maxItems?: number;
}

/** Nothing that we read nests deeper than 5 (a header in a list in a request pair is 3). */
const defaultMaxDepth = 16;
/** One item costs about 150 bytes of heap against as little as 1 byte on the wire. */
const defaultMaxItems = 20_000;

/**
 * Decodes one RLP value that fills `bytes` exactly. Strict: only the canonical encoding of a value is accepted
 * (shortest length form, no leading zeros in a length, single bytes below 0x80 unprefixed).
 * Byte strings are views of `bytes`: copy what outlives the packet (the readers do).
 * Spec: Ethereum Yellow Paper, appendix B.
 * @throws WireError rlpEmpty, rlpTruncated, rlpNonCanonical, rlpDepth, rlpItems, rlpTrailing
 */
export function decodeRlp(bytes: Uint8Array, limits?: RlpLimits): RlpItem {
  const { item, rest } = decodeRlpPrefix(bytes, limits);
  if (rest.length > 0) throw new WireError({ code: 'rlpTrailing', extra: rest.length });
  return item;
}

/**
 * Like `decodeRlp`, for a value followed by other bytes (EIP-8 padding, junk tails), which are returned as `rest`.
 * @throws WireError rlpEmpty, rlpTruncated, rlpNonCanonical, rlpDepth, rlpItems
 */
export function decodeRlpPrefix(bytes: Uint8Array, limits: RlpLimits = {}): { item: RlpItem; rest: Uint8Array } {
  const maxDepth = limits.maxDepth ?? defaultMaxDepth;
  const maxItems = limits.maxItems ?? defaultMaxItems;
  // A Buffer's subarray is a Buffer again, but callers are promised plain arrays.
  const input = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // An explicit stack: depth is bounded by maxDepth, never by the call stack.
  const open: { items: RlpItem[]; end: number }[] = [];
  let at = 0;
  let count = 0;
  for (;;) {
    const head = readHead(input, at, open.at(-1)?.end ?? input.length);
    count += 1;
    if (count > maxItems) throw new WireError({ code: 'rlpItems', limit: maxItems });
    let item: RlpItem;
    if (head.list) {
      if (open.length >= maxDepth) throw new WireError({ code: 'rlpDepth', limit: maxDepth });
      at = head.start;
      const items: RlpItem[] = [];
      if (head.end > head.start) {
        open.push({ items, end: head.end });
        continue;
      }
      item = items;
    } else {
      item = input.subarray(head.start, head.end);
      at = head.end;
    }
    // Hand the finished item to its list; a list that is now full is itself finished.
    for (;;) {
      const parent = open.at(-1);
      if (parent === undefined) return { item, rest: input.subarray(at) };
      parent.items.push(item);
      if (at < parent.end) break;
      item = parent.items;
      open.pop();
    }
  }
}

interface Head {
  readonly list: boolean;
  readonly start: number;
  readonly end: number;
}

function readHead(input: Uint8Array, at: number, end: number): Head {
  const first = input[at];
  if (first === undefined) throw new WireError({ code: 'rlpEmpty' });
  if (first < 0x80) return { list: false, start: at, end: at + 1 };
  const list = first >= 0xc0;
  const code = first - (list ? 0xc0 : 0x80);
  let start = at + 1;
  let length = code;
  if (code > 55) {
    const lengthBytes = code - 55;
    length = readLength(input, start, lengthBytes, end);
    start += lengthBytes;
  }
  if (length > end - start) throw new WireError({ code: 'rlpTruncated', need: length, got: end - start });
  if (!list && length === 1 && (input[start] ?? 0) < 0x80) {
    throw new WireError({ code: 'rlpNonCanonical', form: 'singleByte' });
  }
  return { list, start, end: start + length };
}

function readLength(input: Uint8Array, at: number, lengthBytes: number, end: number): number {
  if (lengthBytes > end - at) throw new WireError({ code: 'rlpTruncated', need: lengthBytes, got: end - at });
  if (input[at] === 0) throw new WireError({ code: 'rlpNonCanonical', form: 'lengthZeros' });
  let length = 0;
  // Past 2^53 the sum is inexact, which does not matter: it is far above any input either way.
  for (let i = at; i < at + lengthBytes; i++) length = length * 256 + (input[i] ?? 0);
  if (length < 56) throw new WireError({ code: 'rlpNonCanonical', form: 'length' });
  return length;
}

/** What `encodeRlp` takes: bytes, an unsigned integer (minimal big-endian), UTF-8 text, or a list of these. */
export type RlpInput = Uint8Array | number | bigint | string | readonly RlpInput[];

/** Encodes a value canonically. Only for our own values: nesting is bounded by the call stack. */
export function encodeRlp(value: RlpInput): Uint8Array {
  const chunks: Uint8Array[] = [];
  return concatBytes(chunks, encodeInto(chunks, value));
}

function encodeInto(chunks: Uint8Array[], value: RlpInput): number {
  if (typeof value === 'object' && !(value instanceof Uint8Array)) {
    const body: Uint8Array[] = [];
    let size = 0;
    for (const element of value) size += encodeInto(body, element);
    const head = encodeHead(0xc0, size);
    chunks.push(head);
    for (const chunk of body) chunks.push(chunk);
    return head.length + size;
  }
  const bytes = toBytes(value);
  if (bytes.length === 1 && (bytes[0] ?? 0) < 0x80) {
    chunks.push(bytes);
    return 1;
  }
  const head = encodeHead(0x80, bytes.length);
  chunks.push(head, bytes);
  return head.length + bytes.length;
}

function encodeHead(base: number, size: number): Uint8Array {
  if (size <= 55) return Uint8Array.of(base + size);
  const length = uintToBytes(size);
  const head = new Uint8Array(1 + length.length);
  head[0] = base + 55 + length.length;
  head.set(length, 1);
  return head;
}

const utf8 = new TextEncoder();

function toBytes(value: Uint8Array | number | bigint | string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'string' ? utf8.encode(value) : uintToBytes(value);
}

/** Minimal big-endian bytes of an unsigned integer; 0 is empty. */
export function uintToBytes(value: number | bigint): Uint8Array {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`not an integer: ${value}`);
  if (value < 0) throw new RangeError(`not an unsigned integer: ${value}`);
  if (value <= 0xffff) return smallUintToBytes(Number(value));
  const bytes: number[] = [];
  for (let rest = BigInt(value); rest > 0n; rest >>= 8n) bytes.push(Number(rest & 0xffn));
  return Uint8Array.from(bytes.reverse());
}

/** Ports and lengths are most of what is encoded. */
function smallUintToBytes(value: number): Uint8Array {
  if (value === 0) return new Uint8Array(0);
  return value <= 0xff ? Uint8Array.of(value) : Uint8Array.of(value >> 8, value & 0xff);
}

function concatBytes(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
