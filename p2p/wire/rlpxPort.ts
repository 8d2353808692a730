import { type Enr, type EnrContent, readEnr } from './enr.ts';

/** The TCP port of a node of the consensus layer alone is one for libp2p, of whatever chain it is. */
export function hasRlpx({ keys }: Pick<EnrContent, 'keys'>): boolean {
  return executionKeys.some((key) => keys.includes(key)) || !consensusKeys.some((key) => keys.includes(key));
}

/** What a record says of where its node is; of TCP ports only those for RLPx. */
export function readPlaces(enr: Enr): Pick<EnrContent, 'ip' | 'udp' | 'tcp' | 'ip6' | 'udp6' | 'tcp6'> {
  const content = readEnr(enr);
  return hasRlpx(content) ? content : { ...content, tcp: null, tcp6: null };
}

const executionKeys = ['eth', 'opel', 'opera', 'bsc', 'les', 'snap'];
const consensusKeys = ['eth2', 'opstack'];
