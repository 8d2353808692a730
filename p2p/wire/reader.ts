import { WireError } from './errors.ts';
import type { RlpItem } from './rlp.ts';

/**
 * Checked readers of decoded RLP. Every decoder uses them, so an item of the wrong kind, size or count is a WireError and
 * never a wrong value. An absent item (`undefined`) is of the wrong kind.
 */

/**
 * The bytes of a byte string, as a copy that does not keep the packet alive.
 * @throws WireError rlpKind, rlpSize
 */
export function asBytes(
  item: RlpItem | undefined,
  size: { readonly length?: number; readonly max?: number } = {},
): Uint8Array {
  const bytes = byteString(item);
  if (size.length !== undefined && bytes.length !== size.length) {
    throw new WireError({ code: 'rlpSize', limit: size.length, got: bytes.length });
  }
  if (size.max !== undefined && bytes.length > size.max) {
    throw new WireError({ code: 'rlpSize', limit: size.max, got: bytes.length });
  }
  return new Uint8Array(bytes);
}

export interface UintRule {
  /** Widest encoding accepted, leading zeros counted. */
  readonly maxBytes: number;
  /** Accept leading zeros (discv4 peers send them); strict otherwise. */
  readonly leadingZeros?: boolean;
}

/**
 * An unsigned integer of at most 6 bytes, which a number holds exactly.
 * @throws WireError rlpKind, rlpInteger
 */
export function asUint(item: RlpItem | undefined, rule: UintRule): number {
  if (rule.maxBytes > 6) throw new RangeError(`asUint holds at most 6 bytes, asked for ${rule.maxBytes}`);
  let value = 0;
  for (const byte of uintBytes(item, rule)) value = value * 256 + byte;
  return value;
}

/**
 * An unsigned integer of any width: 8 for a u64, 32 for a 256-bit word.
 * @throws WireError rlpKind, rlpInteger
 */
export function asBigUint(item: RlpItem | undefined, rule: UintRule): bigint {
  let value = 0n;
  for (const byte of uintBytes(item, rule)) value = (value << 8n) | BigInt(byte);
  return value;
}

export interface ListRule {
  readonly min: number;
  /** The most elements with a meaning; `min` if left out. */
  readonly max?: number;
  /** What to do with elements beyond `max`: EIP-8 requires ignoring them. The list keeps them; nothing is cut off. */
  readonly extra: 'ignore' | 'reject';
}

/**
 * The elements of a list.
 * @throws WireError rlpKind, rlpCount
 */
export function asList(item: RlpItem | undefined, rule: ListRule): readonly RlpItem[] {
  if (item === undefined || item instanceof Uint8Array) throw new WireError({ code: 'rlpKind', want: 'list' });
  const max = rule.extra === 'ignore' ? Number.POSITIVE_INFINITY : (rule.max ?? rule.min);
  if (item.length < rule.min || item.length > max) {
    throw new WireError({
      code: 'rlpCount',
      min: rule.min,
      ...(Number.isFinite(max) ? { max } : {}),
      got: item.length,
    });
  }
  return item;
}

function byteString(item: RlpItem | undefined): Uint8Array {
  if (item instanceof Uint8Array) return item;
  throw new WireError({ code: 'rlpKind', want: 'bytes' });
}

function uintBytes(item: RlpItem | undefined, rule: UintRule): Uint8Array {
  const bytes = byteString(item);
  if (bytes.length > rule.maxBytes) throw new WireError({ code: 'rlpInteger', problem: 'size' });
  if (!rule.leadingZeros && bytes[0] === 0) {
    throw new WireError({ code: 'rlpInteger', problem: 'leadingZeros' });
  }
  return bytes;
}
