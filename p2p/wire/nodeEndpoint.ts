import { bytesToHex, bytesToKey } from './bytes.ts';
import { keccak256 } from './keccak.ts';

/*
 * The words for where a node is: its endpoint (IP and ports); its contact (endpoint and ID, proven or only named: what is
 * asked, visited or dialled); the address of one socket (`SocketAddress` in ports.ts: IP and one port). A target is what
 * an iterative lookup looks for.
 */

/** Where a node can be reached. `ip` is canonical text (`formatIp`); port 0 = none announced. */
export interface NodeEndpoint {
  readonly ip: string;
  readonly udp: number;
  readonly tcp: number;
}

/** A node: its 64-byte public key and where it is. */
export interface NodeContact extends NodeEndpoint {
  readonly id: Uint8Array;
  /** `bytesToKey` of the ID, if already computed: most nodes are named by thousands of others. */
  readonly idKey?: string;
  /** Its record as RLP, checked, if known. */
  readonly record?: Uint8Array;
}

/** The key of a node in Maps. */
export function keyOf(node: Pick<NodeContact, 'id' | 'idKey'>): string {
  return node.idKey ?? bytesToKey(node.id);
}

/** keccak256 of the public key: the node's place in the DHT, 32 bytes. */
export function idHash(id: Uint8Array): Uint8Array {
  return keccak256(id);
}

/** The inverse of `parseEnode`; `discport` only if the ports differ. */
export function formatEnode(node: NodeContact): string {
  const host = node.ip.includes(':') ? `[${node.ip}]` : node.ip;
  const discport = node.udp === node.tcp ? '' : `?discport=${node.udp}`;
  return `enode://${bytesToHex(node.id)}@${host}:${node.tcp}${discport}`;
}
