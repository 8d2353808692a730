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
