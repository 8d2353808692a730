/** Lower-case hex without 0x. */
export function bytesToHex(bytes: Uint8Array): string {
  return asText(bytes, bytes.length, 'hex');
}

/** One character for each of the first `count` bytes: half as long as hex, for keys of Maps. */
export function bytesToKey(bytes: Uint8Array, count = bytes.length): string {
  return asText(bytes, count, 'latin1');
}

/** The inverse of `bytesToKey`. */
export function keyToBytes(key: string): Uint8Array {
  return Uint8Array.from(Buffer.from(key, 'latin1'));
}

/** Written and read within one call. */
const scratch = Buffer.alloc(2_048);

/**
 * Works on a copy: touching the `buffer` of a small array, as a Buffer over it does, moves the array out of the heap for
 * good, at four times the size.
 */
function asText(bytes: Uint8Array, count: number, encoding: 'hex' | 'latin1'): string {
  if (bytes.length > scratch.length) return Buffer.from(bytes).toString(encoding, 0, count);
  scratch.set(bytes);
  return scratch.toString(encoding, 0, Math.min(count, bytes.length));
}

/** Bytes of hex text in either case, with or without 0x. Throws RangeError on anything else: only for our own constants. */
export function hexToBytes(hex: string): Uint8Array {
  const digits = hex.startsWith('0x') ? hex.slice(2) : hex;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw new RangeError('not hex');
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

/** Not constant-time: for public values. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Byte-wise exclusive or of two arrays of equal length. */
export function xorBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = (a[i] ?? 0) ^ (b[i] ?? 0);
  return out;
}
