/** 32 hex digits of a UUIDv7 (RFC 9562 section 5.7): time-ordered, so that inserts stay local. `random` = 10 bytes. */
export function createVisitKey(nowMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(nowMs) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Start of the visit in ms since the epoch, from its key. */
export function visitKeyTime(key: string): number {
  return Number.parseInt(key.slice(0, 12), 16);
}
