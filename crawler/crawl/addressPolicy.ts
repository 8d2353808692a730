import { type Cidr, cidrContains, classifyIp, parseIp } from '../../lib/ipAddress.ts';

/**
 * Which addresses may be contacted at all, and which a peer may name. By default only public unicast; the
 * `allowedCidrs` of the watched networks (private chains, loopback) add to it, or stand alone where `publicUnicast`
 * is false. Nothing else is ever contacted.
 */
export interface AddressPolicy {
  /** May we send to it? */
  allows(ip: string): boolean;
  /** May a peer at `source` name `ip`? Public sources may name public addresses only (as geth's relay check). */
  allowsRelay(source: string, ip: string): boolean;
  /** True for addresses of private chains, whose limits are per (IP, port), without a cap per subnet. */
  isPrivate(ip: string): boolean;
}

export function createAddressPolicy(allowedCidrs: readonly Cidr[], publicUnicast = true): AddressPolicy {
  const isAllowed = (bytes: Uint8Array): boolean => allowedCidrs.some((cidr) => cidrContains(cidr, bytes));
  const allows = (ip: string): boolean => {
    const bytes = parseIp(ip);
    return bytes !== null && ((publicUnicast && classifyIp(bytes) === 'public') || isAllowed(bytes));
  };
  const isPrivate = (ip: string): boolean => {
    const bytes = parseIp(ip);
    return bytes !== null && classifyIp(bytes) !== 'public' && isAllowed(bytes);
  };
  return {
    allows,
    isPrivate,
    allowsRelay(source, ip) {
      const from = parseIp(source);
      const named = parseIp(ip);
      if (from === null || named === null || !allows(ip)) return false;
      const kind = classifyIp(named);
      const sourceKind = classifyIp(from);
      if (kind === 'public') return true;
      if (kind === 'loopback') return sourceKind === 'loopback';
      return sourceKind === 'loopback' || sourceKind === 'private';
    },
  };
}
