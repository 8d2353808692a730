import { BoundedMap } from '../../lib/boundedMap.ts';
import { type Cidr, cidrContains, classifyIp, type IpClass, parseIp } from '../../lib/ipAddress.ts';
import type { AddressPolicy as PeerAddressPolicy } from '../../p2p/protocol/discv4Context.ts';

/**
 * Which addresses may be contacted at all, and which a peer may name. By default only public unicast. The `allowedCidrs`
 * of the watched networks (private chains, loopback) are added to that or, if `publicUnicast` is false, are the only
 * ones. Nothing else is ever contacted.
 */
export interface AddressPolicy extends PeerAddressPolicy {
  /** True for addresses of private chains, whose limits are per (IP, port), without a cap per subnet. */
  isPrivate(ip: string): boolean;
}

export function createAddressPolicy(allowedCidrs: readonly Cidr[], publicUnicast = true): AddressPolicy {
  /** Every neighbour of every answer is looked up several times. */
  const verdicts = new BoundedMap<string, Verdict | null>(maxVerdicts);
  const judge = (ip: string): Verdict | null => {
    const known = verdicts.get(ip);
    if (known !== undefined) return known;
    const bytes = parseIp(ip);
    const verdict = bytes === null ? null : judgeBytes(bytes, allowedCidrs, publicUnicast);
    verdicts.set(ip, verdict);
    return verdict;
  };
  return {
    allows: (ip) => judge(ip)?.allowed ?? false,
    isPrivate: (ip) => judge(ip)?.isPrivate ?? false,
    // Public sources may name only public addresses, as in geth's relay check.
    allowsRelay(source, ip) {
      const from = judge(source);
      const named = judge(ip);
      if (from === null || named === null || !named.allowed) return false;
      if (named.kind === 'public') return true;
      if (named.kind === 'loopback') return from.kind === 'loopback';
      return from.kind === 'loopback' || from.kind === 'private';
    },
  };
}

const maxVerdicts = 65_536;

interface Verdict {
  readonly kind: IpClass;
  readonly allowed: boolean;
  readonly isPrivate: boolean;
}

function judgeBytes(bytes: Uint8Array, allowedCidrs: readonly Cidr[], publicUnicast: boolean): Verdict {
  const kind = classifyIp(bytes);
  const listed = allowedCidrs.some((cidr) => cidrContains(cidr, bytes));
  return {
    kind,
    allowed: listed || (publicUnicast && kind === 'public'),
    isPrivate: listed && kind !== 'public',
  };
}
