import { type Enr, type EnrContent, readEnr } from './enr.ts';
import type { NodeEndpoint } from './nodeEndpoint.ts';

/** Where a record says that its node is; of TCP ports only those for RLPx. */
export function readPlaces(enr: Enr): readonly NodeEndpoint[] {
  const content = readEnr(enr);
  return endpointsOf(hasRlpx(content) ? content : { ...content, tcp: null, tcp6: null });
}

/**
 * Where a record says that its node is, IPv4 first; port 0 = it names none. What it does not say for IPv6 is as for IPv4
 * (EIP-778).
 */
export function endpointsOf(content: Omit<EnrContent, 'seq' | 'text' | 'eth' | 'keys'>): readonly NodeEndpoint[] {
  const { ip, udp, tcp, ip6, udp6, tcp6 } = content;
  const v4 = ip === null ? [] : [{ ip, udp: udp ?? 0, tcp: tcp ?? 0 }];
  const v6 = ip6 === null ? [] : [{ ip: ip6, udp: udp6 ?? udp ?? 0, tcp: tcp6 ?? tcp ?? 0 }];
  return [...v4, ...v6];
}

/** The TCP port of a node of the consensus layer alone is one for libp2p, of whatever chain it is. */
export function hasRlpx({ keys }: Pick<EnrContent, 'keys'>): boolean {
  return executionKeys.some((key) => keys.includes(key)) || !consensusKeys.some((key) => keys.includes(key));
}

const executionKeys = ['eth', 'opel', 'opera', 'bsc', 'les', 'snap'];
const consensusKeys = ['eth2', 'opstack'];
