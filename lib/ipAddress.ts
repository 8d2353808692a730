/**
 * IP addresses as bytes (4 or 16) and as canonical text (IPv4 dotted; IPv6 by RFC 5952). IPv4-mapped IPv6
 * (::ffff:a.b.c.d) counts as the IPv4 address everywhere.
 */

/** The 4 or 16 bytes of an address text; null if it is not an address. Accepts at most 45 characters. */
export function parseIp(text: string): Uint8Array | null {
  if (text.length > 45) return null;
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Canonical text of 4 or 16 bytes; null for any other length. */
export function formatIp(bytes: Uint8Array): string | null {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (bytes.length !== 16) return null;
  const mapped = unmapIpv4(bytes);
  return mapped === null ? formatIpv6(bytes) : mapped.join('.');
}

/** The /24 of an IPv4 or the /48 of an IPv6 address, as a short key; null if `ip` is not an address. */
export function subnetKey(ip: string): string | null {
  const bytes = parseIp(ip);
  if (bytes === null) return null;
  return bytes.length === 4
    ? `${bytes[0]}.${bytes[1]}.${bytes[2]}.0/24`
    : `${formatIpv6(Uint8Array.from([...bytes.subarray(0, 6), ...new Uint8Array(10)]))}/48`;
}

/** What one host can have: an IPv4 address, or an IPv6 /64, from which it can choose any address. */
export function hostKey(ip: string): string {
  if (!ip.includes(':')) return ip;
  const bytes = parseIpv6(ip);
  if (bytes === null) return ip;
  if (bytes.length === 4) return bytes.join('.');
  return `${formatIpv6(Uint8Array.from([...bytes.subarray(0, 8), ...new Uint8Array(8)]))}/64`;
}

export interface Cidr {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** `10.0.0.0/8`, `fd00::/8` or a single address; null if it is none of these. */
export function parseCidr(text: string): Cidr | null {
  const [address = '', length, ...rest] = text.split('/');
  const bytes = parseIp(address);
  if (bytes === null || rest.length > 0) return null;
  const all = bytes.length * 8;
  if (length === undefined) return { bytes, bits: all };
  if (!/^\d{1,3}$/.test(length) || Number(length) > all) return null;
  return { bytes, bits: Number(length) };
}

export function cidrContains(cidr: Cidr, address: Uint8Array): boolean {
  if (cidr.bytes.length !== address.length) return false;
  for (let bit = 0; bit < cidr.bits; bit += 8) {
    const mask = cidr.bits - bit >= 8 ? 0xff : (0xff << (8 - (cidr.bits - bit))) & 0xff;
    const index = bit >> 3;
    if ((((cidr.bytes[index] ?? 0) ^ (address[index] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

export type IpClass = 'public' | 'private' | 'loopback' | 'special';

/**
 * What kind of address it is. `special` = not a host's unicast address on the internet (unspecified, multicast,
 * documentation, benchmarking, …: the IANA special-purpose registries). `private` includes link-local and shared
 * address space.
 */
export function classifyIp(address: Uint8Array): IpClass {
  for (const [kind, cidrs] of ipClasses) {
    if (cidrs.some((cidr) => cidrContains(cidr, address))) return kind;
  }
  return 'public';
}

const ipClasses: readonly (readonly [IpClass, readonly Cidr[]])[] = [
  ['loopback', cidrs('127.0.0.0/8', '::1')],
  [
    'private',
    cidrs('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fe80::/10'),
  ],
  [
    'special',
    cidrs(
      '0.0.0.0/8',
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.88.99.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '224.0.0.0/3',
      '2001::/23',
      '2001:db8::/32',
      '2002::/16',
      '3fff::/20',
      // All but 2000::/3, the only global unicast that IANA has given out: no host is reached at the rest, and some of it
      // leads into private networks (SIIT, NAT64, site-local, IPv4-compatible).
      '::/3',
      '4000::/2',
      '8000::/1',
    ),
  ],
];

/** Every range that is not public unicast, in CIDR notation. */
export function nonPublicCidrs(): string[] {
  return ipClasses.flatMap(([, ranges]) => ranges.map(({ bytes, bits }) => `${formatIp(bytes)}/${bits}`));
}

function cidrs(...texts: string[]): Cidr[] {
  return texts.map((text) => {
    const cidr = parseCidr(text);
    if (cidr === null) throw new Error(`not a CIDR: ${text}`);
    return cidr;
  });
}

function parseIpv4(text: string): Uint8Array | null {
  if (!/^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/.test(text)) return null;
  const bytes = new Uint8Array(4);
  let index = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0) index += 1;
    else {
      const value = 10 * (bytes[index] ?? 0) + digit;
      if (value > 255) return null;
      bytes[index] = value;
    }
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half, index) => ipv6Groups(half, index === halves.length - 1));
  if (head === null || head === undefined || tail === null) return null;
  const missing = 16 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 2) return null;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  if (tail !== undefined) bytes.set(tail, 16 - tail.length);
  return unmapIpv4(bytes) ?? bytes;
}

/** Only the last 32 bits of the whole address may be written as IPv4. */
function ipv6Groups(half: string, isLastHalf: boolean): number[] | null {
  if (half === '') return [];
  const bytes: number[] = [];
  const groups = half.split(':');
  for (const [index, group] of groups.entries()) {
    if (group.includes('.')) {
      const v4 = isLastHalf && index === groups.length - 1 ? parseIpv4(group) : null;
      if (v4 === null) return null;
      bytes.push(...v4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes.length > 16 ? null : bytes;
}

function unmapIpv4(bytes: Uint8Array): Uint8Array | null {
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return null;
  return bytes[10] === 0xff && bytes[11] === 0xff ? bytes.slice(12) : null;
}

function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}
