import { parseIp } from '../../lib/ipAddress.ts';
import { type IpRange, inRange, parseIpRange } from './ipRange.ts';

/** Which addresses may be contacted at all, and which of them may be named to whom. */
export interface AddressPolicy {
  /** Whether a packet may go to this address, or be heeded from it. */
  allows(ip: string): boolean;
}

/**
 * Without ranges: public unicast only. With ranges (a network's `allowedCidrs`): these and nothing else, private or
 * loopback as they may be. Throws RangeError on a range that is none: the configuration is checked before.
 */
export function createAddressPolicy(allowedCidrs: readonly string[] | null): AddressPolicy {
  if (allowedCidrs === null) return { allows: (ip) => scopeOf(ip) === 'public' };
  const ranges = allowedCidrs.map(toRange);
  return {
    allows(ip) {
      const bytes = parseIp(ip);
      return bytes !== null && ranges.some((range) => inRange(bytes, range));
    },
  };
}

/** What any of them allows: the rules of several watched networks at once. */
export function unitePolicies(policies: readonly AddressPolicy[]): AddressPolicy {
  return { allows: (ip) => policies.some((policy) => policy.allows(ip)) };
}

/** `special` addresses are never a node's: unspecified, multicast, documentation, translation, benchmarks. */
export type AddressScope = 'public' | 'lan' | 'loopback' | 'special';

/** Scope of an address by the IANA special-purpose registries (RFC 6890). What is no address is special. */
export function scopeOf(ip: string): AddressScope {
  const bytes = parseIp(ip);
  if (bytes === null) return 'special';
  for (const { scope, ranges } of scopes) {
    if (ranges.some((range) => inRange(bytes, range))) return scope;
  }
  return 'public';
}

/**
 * Whether `named` may be believed when `sender` names it, or be named to it: a loopback address only between
 * loopback hosts, a LAN address only between LAN (or loopback) hosts, a special one never. As geth's CheckRelayAddr.
 */
export function mayRelay(sender: string, named: string): boolean {
  const from = scopeOf(sender);
  switch (scopeOf(named)) {
    case 'special':
      return false;
    case 'loopback':
      return from === 'loopback';
    case 'lan':
      return from === 'lan' || from === 'loopback';
    case 'public':
      return true;
  }
}

const scopes: readonly { readonly scope: AddressScope; readonly ranges: readonly IpRange[] }[] = [
  { scope: 'loopback', ranges: ['127.0.0.0/8', '::1/128'].map(toRange) },
  {
    scope: 'lan',
    ranges: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'].map(toRange),
  },
  {
    scope: 'special',
    ranges: [
      '0.0.0.0/8',
      '100.64.0.0/10',
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.31.196.0/24',
      '192.52.193.0/24',
      '192.88.99.0/24',
      '192.175.48.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '224.0.0.0/4',
      '240.0.0.0/4',
      '::/96',
      '64:ff9b::/96',
      '64:ff9b:1::/48',
      '100::/64',
      '2001::/23',
      '2001:db8::/32',
      '2002::/16',
      '3fff::/20',
      '5f00::/16',
      'fec0::/10',
      'ff00::/8',
    ].map(toRange),
  },
];

function toRange(cidr: string): IpRange {
  const range = parseIpRange(cidr);
  if (range === null) throw new RangeError(`not a CIDR range: ${cidr}`);
  return range;
}
