import { parseIp } from '../../lib/ipAddress.ts';

/** A block of addresses in CIDR notation. */
export interface IpRange {
  readonly prefix: Uint8Array;
  readonly bits: number;
}

/** Reads `10.0.0.0/8` or `2001:db8::/32`; a lone address is a range of one. null if it is neither. */
export function parseIpRange(text: string): IpRange | null {
  const [address, bitsText, ...more] = text.split('/');
  const prefix = parseIp(address ?? '');
  if (prefix === null || more.length > 0) return null;
  const most = prefix.length * 8;
  if (bitsText === undefined) return { prefix, bits: most };
  const bits = Number(bitsText);
  return /^\d{1,3}$/.test(bitsText) && bits <= most ? { prefix, bits } : null;
}

/** Whether an address (4 or 16 bytes) lies in the range; families never mix. */
export function inRange(bytes: Uint8Array, range: IpRange): boolean {
  if (bytes.length !== range.prefix.length) return false;
  const whole = range.bits >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== range.prefix[i]) return false;
  const rest = range.bits & 7;
  if (rest === 0) return true;
  const mask = 0xff << (8 - rest);
  return (((bytes[whole] ?? 0) ^ (range.prefix[whole] ?? 0)) & mask) === 0;
}

/** The network that an address counts for: its /24, or its /48 for IPv6. Same text, same network. */
export function subnetOf(ip: string): string {
  const bytes = parseIp(ip);
  if (bytes === null) return ip;
  return Buffer.from(bytes.subarray(0, bytes.length === 4 ? 3 : 6)).toString('hex');
}
