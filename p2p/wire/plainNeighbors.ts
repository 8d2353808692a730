import { formatIp } from '../../lib/ipAddress.ts';
import type { NodeContact } from './nodeEndpoint.ts';

const idBytes = 64;

/**
 * Reads NEIGHBORS in place, in the form that every client writes: most packets of a crawl are of this kind, and creating
 * an item for each field is most of the cost of reading them. null = something is unusual, and the general reader must
 * judge it; otherwise the result is what that reader would have returned.
 * @param start where the list begins
 */
export function readPlainNeighbors(
  bytes: Uint8Array,
  start: number,
): { readonly nodes: readonly NodeContact[]; readonly expiration: bigint } | null {
  const all = listAt(bytes, start);
  const list = all === null ? null : listAt(bytes, all.start);
  if (all === null || list === null || list.end > all.end) return null;
  // Seconds since the epoch in four bytes, up to the year 2106.
  const last = list.end;
  if (all.end !== last + 5 || bytes[last] !== 0x84 || bytes[last + 1] === 0) return null;
  const expiration = BigInt(uint16At(bytes, last + 1) * 65_536 + uint16At(bytes, last + 3));
  const nodes: NodeContact[] = [];
  let at = list.start;
  while (at < list.end) {
    const record = listAt(bytes, at);
    const node = record === null || record.end > list.end ? null : recordAt(bytes, record.start, record.end);
    if (record === null || node === null) return null;
    nodes.push(node);
    at = record.end;
  }
  return { nodes, expiration };
}

/** An IP of 4 or 16 bytes, ports, 64 bytes of key, and nothing after them. */
function recordAt(bytes: Uint8Array, start: number, end: number): NodeContact | null {
  const ipBytes = bytes[start] === 0x84 ? 4 : bytes[start] === 0x90 ? 16 : 0;
  const udp = start + 1 + ipBytes;
  const tcp = udp + itemBytes(bytes, udp);
  const id = tcp + itemBytes(bytes, tcp);
  if (ipBytes === 0 || id + 2 + idBytes !== end || bytes[id] !== 0xb8 || bytes[id + 1] !== idBytes) return null;
  const ip = formatIp(bytes.subarray(start + 1, udp));
  const udpPort = portAt(bytes, udp);
  const tcpPort = portAt(bytes, tcp);
  if (ip === null || udpPort < 0 || tcpPort < 0) return null;
  return { ip, udp: udpPort, tcp: tcpPort, id: bytes.slice(id + 2, end) };
}

/** Of an integer with its head, which is its own head where it is below 0x80. */
function itemBytes(bytes: Uint8Array, at: number): number {
  const head = bytes[at] ?? 0;
  return head < 0x80 ? 1 : head - 0x7f;
}

/** A port of one or two bytes, or 0 for no bytes, meaning no TCP; -1 for anything else. */
function portAt(bytes: Uint8Array, at: number): number {
  const head = bytes[at] ?? 0;
  const next = bytes[at + 1] ?? 0;
  if (head <= 0x80) return head & 0x7f;
  if (head === 0x81) return next < 0x80 ? -1 : next;
  return head === 0x82 ? uint16At(bytes, at + 1) : -1;
}

/** Where the content of a list is; null if it is not a list, not canonical, or cut off. */
function listAt(bytes: Uint8Array, at: number): { readonly start: number; readonly end: number } | null {
  const head = bytes[at] ?? 0;
  let start = at + 1;
  let length = head - 0xc0;
  if (head === 0xf8) {
    length = bytes[start] ?? 0;
    start += 1;
    if (length < 56) return null;
  } else if (head === 0xf9) {
    length = uint16At(bytes, start);
    start += 2;
    if (length < 256) return null;
  } else if (head < 0xc0 || head > 0xf7) {
    return null;
  }
  return start + length > bytes.length ? null : { start, end: start + length };
}

function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
