import { ForkscopeError } from '../../lib/errors.ts';
import { parseEnr, readEnr } from '../../p2p/wire/enr.ts';
import { type NodeContact, parseEnode } from '../../p2p/wire/nodeEndpoint.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';

/** The contact in an `enode://` or `enr:` text; null if it has no address that we could ask (such as a host name). */
export function readBootnode(curve: Curve, text: string): NodeContact | null {
  try {
    if (!text.startsWith('enr:')) return parseEnode(text);
    const enr = parseEnr(curve, text);
    const { ip, udp, tcp, ip6, udp6, tcp6 } = readEnr(enr);
    if (ip !== null && udp !== null) return { id: enr.id, ip, udp, tcp: tcp ?? 0 };
    if (ip6 !== null) return { id: enr.id, ip: ip6, udp: udp6 ?? udp ?? 0, tcp: tcp6 ?? tcp ?? 0 };
    return null;
  } catch (error) {
    if (error instanceof ForkscopeError) return null;
    throw error;
  }
}
