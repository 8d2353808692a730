import { bytesToKey, equalBytes } from '../wire/bytes.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { Discv4Context } from './discv4Context.ts';

/** The records of one answer to FINDNODE, packet by packet, without those that no honest node would send. */
export class NeighborsReply {
  readonly neighbours: NodeContact[] = [];
  packets = 0;
  refused = 0;
  // BOUNDED: its owner stops at 16 records or packets, a packet brings at most 28 records.
  private readonly seen = new Set<string>();
  private readonly context: Discv4Context;
  private readonly senderIp: string;

  constructor(context: Discv4Context, senderIp: string) {
    this.context = context;
    this.senderIp = senderIp;
  }

  /** Records so far, believed or not. */
  get records(): number {
    return this.neighbours.length + this.refused;
  }

  add(nodes: readonly NodeContact[]): void {
    this.packets += 1;
    for (const node of nodes) {
      if (this.isCredible(node)) this.neighbours.push(node);
      else this.refused += 1;
    }
  }

  private isCredible(node: NodeContact): boolean {
    const { addressPolicy, keys, id, limits } = this.context;
    const key = bytesToKey(node.id);
    if (node.udp < limits.minNeighborPort || this.seen.has(key) || equalBytes(node.id, id)) return false;
    this.seen.add(key);
    return addressPolicy.allowsRelay(this.senderIp, node.ip) && keys.isKey(node.id, key);
  }
}
