import { formatIp, parseIp } from '../../lib/ipAddress.ts';
import { badParameter } from '../http/errors.ts';
import type { NodeFilter } from '../queries/selectNodes.ts';

/** Hex digits of a node ID. */
const idLength = 128;

/** What people paste into a search field: an address, an enode URL, or the start of a node ID. */
export function readSearch(text: string, maskIps: boolean): Pick<NodeFilter, 'ids' | 'ip'> {
  const trimmed = text.trim();
  const address = parseIp(trimmed.replace(/^\[(.*)\]$/, '$1'));
  if (address !== null) {
    if (maskIps)
      throw badParameter('q', 'this site does not show node addresses, so nodes cannot be searched by address');
    return { ip: formatIp(address) ?? trimmed };
  }
  const [, digits] = /^(?:enode:\/\/|0x)?([0-9a-f]{2,128})(?:@[^@]*)?$/i.exec(trimmed) ?? [];
  if (digits === undefined)
    throw badParameter('q', 'give an IP address, an enode URL or the first digits of a node ID');
  const prefix = digits.toLowerCase();
  return { ids: { first: bytes(prefix.padEnd(idLength, '0')), last: bytes(prefix.padEnd(idLength, 'f')) } };
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
