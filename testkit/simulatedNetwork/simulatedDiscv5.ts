import type { Random, SocketAddress } from '../../p2p/ports.ts';
import { Discv5Node } from '../../p2p/protocol/discv5Node.ts';
import { type Discv5Limits, privateDiscv5Limits } from '../../p2p/protocol/discv5Types.ts';
import { logDistance } from '../../p2p/protocol/kademliaTable.ts';
import { decodeEnr } from '../../p2p/wire/enr.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { LongRunTables } from './longRunTables.ts';
import { type NetworkPlan, privateKeyOf } from './networkPlan.ts';

export interface SimulatedDiscv5Deps {
  readonly curve: Curve;
  readonly random: Random;
  readonly plan: NetworkPlan;
  /** Of those that speak it. */
  readonly tables: LongRunTables;
  /** The record of a node, encoded. */
  readonly record: (index: number, now: number) => Uint8Array;
  /** Whether others name it still. */
  readonly isKnown: (index: number, now: number) => boolean;
}

/** Small: there are thousands of them in a process. */
const limits: Discv5Limits = {
  ...privateDiscv5Limits,
  maxSessions: 64,
  maxSeen: 128,
  maxChallenges: 64,
  maxRecords: 16,
  maxSources: 64,
  revalidateMs: null,
};

/**
 * The discv5 of many nodes at once: each answers as a real one does, by its long-run table. A node is made when it is first
 * asked.
 */
export class SimulatedDiscv5 {
  readonly #deps: SimulatedDiscv5Deps;
  // BOUNDED: by the nodes.
  readonly #nodes: (Discv5Node | undefined)[] = [];

  constructor(deps: SimulatedDiscv5Deps) {
    this.#deps = deps;
  }

  /** The packets that answer one to node `index`; null if it is none of discv5. */
  answer(index: number, bytes: Uint8Array, from: SocketAddress, now: number): Uint8Array[] | null {
    const { curve, record } = this.#deps;
    const node = this.#nodeAt(index, now);
    const current = record(index, now);
    if (current !== node.enr.bytes && Buffer.compare(current, node.enr.bytes) !== 0) {
      node.setEnr(decodeEnr(curve, current));
    }
    const outputs = node.receive(bytes, from, now);
    return outputs === null ? null : outputs.flatMap((output) => ('send' in output ? [output.send.bytes] : []));
  }

  #nodeAt(index: number, now: number): Discv5Node {
    const known = this.#nodes[index];
    if (known !== undefined) return known;
    const { curve, random, plan, record } = this.#deps;
    const node = new Discv5Node({
      curve,
      random,
      privateKey: privateKeyOf(plan, index),
      enr: decodeEnr(curve, record(index, now)),
      addressPolicy: { allows: () => true, allowsRelay: () => true },
      limits,
      recordsAt: (distance, at) => this.#recordsAt(index, distance, at),
    });
    this.#nodes[index] = node;
    return node;
  }

  #recordsAt(index: number, distance: number, now: number): Uint8Array[] {
    const { tables, plan, record, isKnown } = this.#deps;
    const hashOf = (one: number) => plan.hashes.subarray(32 * one, 32 * one + 32);
    return [...tables.tableOf(index)]
      .filter((other) => logDistance(hashOf(index), hashOf(other)) === distance && isKnown(other, now))
      .map((other) => record(other, now));
  }
}
