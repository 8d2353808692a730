import type { SeededRandom } from './seededRandom.ts';

/** One random change to a copy of `bytes`: flipped bits, a cut, an insertion, a doubled or erased run. */
export function mutate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(bytes.length + 1);
  const run = random.below(12) + 1;
  switch (random.below(6)) {
    case 0: {
      const copy = bytes.slice();
      for (let i = 0; i < run; i++) copy[random.below(copy.length)] = random.below(256);
      return copy;
    }
    case 1: {
      const copy = bytes.slice();
      const index = random.below(copy.length);
      copy[index] = (copy[index] ?? 0) ^ (1 << random.below(8));
      return copy;
    }
    case 2:
      return bytes.slice(0, at);
    case 3:
      return Uint8Array.from([...bytes.subarray(0, at), ...random.bytes(run), ...bytes.subarray(at)]);
    case 4:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - run))]);
    default:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + run)]);
  }
}

/** `depth` lists, each holding the next and nothing else, as canonical RLP. */
export function nestedLists(depth: number): Uint8Array {
  const heads: number[][] = [];
  let size = 0;
  for (let i = 0; i < depth; i++) {
    const head = size < 56 ? [0xc0 + size] : [0xf7 + byteLength(size), ...bigEndian(size)];
    heads.push(head);
    size += head.length;
  }
  return Uint8Array.from(heads.reverse().flat());
}

function byteLength(size: number): number {
  return size < 0x100 ? 1 : size < 0x10000 ? 2 : 3;
}

function bigEndian(size: number): number[] {
  return [size >> 16, (size >> 8) & 0xff, size & 0xff].slice(3 - byteLength(size));
}
