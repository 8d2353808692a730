import { compressSync, uncompressSync } from 'snappy';
import { WireError } from './errors.ts';

/**
 * Snappy block format, as RLPx uses it for every message after Hello. The declared length is read and checked
 * before a byte is inflated. Spec: rlpx.md, "Message Encoding"; google/snappy, format_description.txt.
 * @throws WireError snappySize, snappyCorrupt
 */
export function uncompressBlock(block: Uint8Array, maxBytes: number): Uint8Array {
  const declared = declaredLength(block);
  if (declared > maxBytes) throw new WireError({ code: 'snappySize', limit: maxBytes, got: declared });
  try {
    return plain(uncompressSync(block));
  } catch (cause) {
    throw new WireError({ code: 'snappyCorrupt' }, undefined, { cause });
  }
}

/** Compresses to the block format. */
export function compressBlock(bytes: Uint8Array): Uint8Array {
  return plain(compressSync(bytes));
}

/** The preamble: length of the plain data as a little-endian base-128 varint of at most 32 bits. */
function declaredLength(block: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  throw new WireError({ code: 'snappyCorrupt' });
}

function plain(bytes: Uint8Array | string): Uint8Array {
  if (typeof bytes === 'string') throw new TypeError('snappy gave text');
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
