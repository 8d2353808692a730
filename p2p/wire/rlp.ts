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
  const item = prepare(value);
  const out = new Uint8Array(sizeOf(item));
  writeItem(out, 0, item);
  return out;
}

/** What is to be written: bytes, or a list with the size of all that is in it. */
type Prepared = Uint8Array | { readonly items: readonly Prepared[]; readonly size: number };

function prepare(value: RlpInput): Prepared {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return utf8.encode(value);
  if (typeof value !== 'object') return uintToBytes(value);
  const items: Prepared[] = [];
  let size = 0;
  for (const element of value) {
    const item = prepare(element);
    items.push(item);
    size += sizeOf(item);
  }
  return { items, size };
}

/** With its head. */
function sizeOf(item: Prepared): number {
  if (!(item instanceof Uint8Array)) return headSize(item.size) + item.size;
  return isOwnHead(item) ? 1 : headSize(item.length) + item.length;
}

/** A single byte below 0x80 stands for itself. */
function isOwnHead(bytes: Uint8Array): boolean {
  return bytes.length === 1 && (bytes[0] ?? 0) < 0x80;
}

function headSize(size: number): number {
  let bytes = 1;
  if (size > 55) for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) bytes += 1;
  return bytes;
}

/** Returns where the next item begins. */
function writeItem(out: Uint8Array, at: number, item: Prepared): number {
  if (!(item instanceof Uint8Array)) {
    let next = writeHead(out, at, 0xc0, item.size);
    for (const element of item.items) next = writeItem(out, next, element);
    return next;
  }
  if (isOwnHead(item)) {
    out[at] = item[0] ?? 0;
    return at + 1;
  }
  const start = writeHead(out, at, 0x80, item.length);
  out.set(item, start);
  return start + item.length;
}

function writeHead(out: Uint8Array, at: number, base: number, size: number): number {
  const end = at + headSize(size);
  if (end === at + 1) {
    out[at] = base + size;
    return end;
  }
  out[at] = base + 55 + (end - at - 1);
  for (let place = end - 1, rest = size; place > at; place--, rest = Math.floor(rest / 256)) out[place] = rest & 0xff;
  return end;
}

const utf8 = new TextEncoder();

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
