import { bytesToKey } from '../wire/bytes.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { Discv4Context } from './discv4Context.ts';

type KeyedContact = NodeContact & { readonly idKey: string };

/** The records of one answer to FINDNODE, packet by packet, without those that no honest node would send. */
export class NeighborsReply {
  /** BOUNDED: its owner stops at 16 records or packets, a packet brings at most 28 records. */
  readonly neighbours: KeyedContact[] = [];
  packets = 0;
  refused = 0;
  readonly #context: Discv4Context;
  readonly #senderIp: string;

  constructor(context: Discv4Context, senderIp: string) {
    this.#context = context;
    this.#senderIp = senderIp;
  }

  /** Records so far, accepted or not. */
  get records(): number {
    return this.neighbours.length + this.refused;
  }

  add(nodes: readonly NodeContact[]): void {
    this.packets += 1;
    for (const { id, ip, udp, tcp } of nodes) {
      const node = { id, idKey: bytesToKey(id), ip, udp, tcp };
      if (this.#isCredible(node)) this.neighbours.push(node);
      else this.refused += 1;
    }
  }

  #isCredible({ id, idKey, ip, udp }: KeyedContact): boolean {
    const { addressPolicy, keys, ownKey, limits } = this.#context;
    if (udp < limits.minNeighborPort || idKey === ownKey) return false;
    // There are only a few, and most differ in their first byte: a Set is not worth it.
    if (this.neighbours.some((known) => known.idKey === idKey)) return false;
    return addressPolicy.allowsRelay(this.#senderIp, ip) && keys.isKey(id, idKey);
  }
}
