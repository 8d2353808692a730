import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { AddressPolicy } from './addressPolicy.ts';
import { DueNodes } from './dueNodes.ts';
import { type FrontierNode, HeldNode } from './heldNode.ts';
import { type BoundCode, LeftOut } from './leftOut.ts';
import { defaultPlaceLimits, NodePlaces, type PlaceLimits } from './nodePlaces.ts';

export interface FrontierLimits extends PlaceLimits {
  /** All known IDs. */
  readonly maxNodes: number;
}

export const defaultFrontierLimits: FrontierLimits = { maxNodes: 1_000_000, ...defaultPlaceLimits };

/**
 * Who has a place among the known nodes, at which address, and when each is due. Who answered us or dialled us (was met)
 * always finds a place: who was only named makes room, first those that were silent when asked.
 */
export class Roster {
  /** BOUNDED: by limits.maxNodes. */
  readonly #nodes = new Map<string, FrontierNode>();
  /** BOUNDED: by what the operator names. */
  readonly #given = new Set<string>();
  readonly #places: NodePlaces;
  readonly #maxNodes: number;
  #unvisited = 0;
  readonly due = new DueNodes();
  /** Whom the bounds left out. */
  readonly leftOut = new LeftOut();
  /** Called with a node that has lost its place. */
  readonly #onForgotten: (node: FrontierNode) => void;

  constructor(policy: AddressPolicy, limits: FrontierLimits, onForgotten: (node: FrontierNode) => void) {
    this.#places = new NodePlaces(policy, limits);
    this.#maxNodes = limits.maxNodes;
    this.#onForgotten = onForgotten;
  }

  get size(): number {
    return this.#nodes.size;
  }
  /** Nodes that have never been visited, including those being visited for the first time. */
  get unvisited(): number {
    return this.#unvisited;
  }
  /** True if no further ID is accepted. */
  get isFull(): boolean {
    return this.#nodes.size >= this.#maxNodes && this.due.least(false, null) === null;
  }
  get(idKey: string): FrontierNode | undefined {
    return this.#nodes.get(idKey);
  }
  nodes(): IterableIterator<FrontierNode> {
    return this.#nodes.values();
  }

  /** The operator gave it: no bound applies to it, and it is never forgotten. */
  give(idKey: string): FrontierNode | undefined {
    this.#given.add(idKey);
    const known = this.#nodes.get(idKey);
    if (known !== undefined) known.given = true;
    return known;
  }

  /** Finds a place for one more ID at this IP, where that takes it by forgetting another; else the bound that is in the way. */
  makeRoom(idKey: string, ip: string, isMet: boolean, now: number | null): BoundCode | null {
    const bound = this.#given.has(idKey) ? null : this.#boundOf(ip, isMet, now);
    if (bound === null) this.leftOut.settled(idKey);
    else if (now !== null) this.leftOut.note(idKey, ip, bound, now);
    return bound;
  }

  #boundOf(ip: string, isMet: boolean, now: number | null): BoundCode | null {
    const room = this.#places.roomFor(ip, isMet);
    if (room.at === 'idsPerIp' || room.at === 'idsPerSubnet') return room.at;
    if (room.at === 'after') this.forget(room.node);
    if (this.#nodes.size < this.#maxNodes) return null;
    const worst = this.due.least(isMet, now);
    if (worst === null) return 'frontierFull';
    this.forget(worst);
    return null;
  }

  /** Takes its place away. */
  forget(node: FrontierNode): void {
    this.#nodes.delete(node.idKey);
    this.#places.leave(node);
    if (node.visits === 0) this.#unvisited--;
    this.due.remove(node);
    this.#onForgotten(node);
  }

  /** Gives it a place, whoever is there already. */
  add(added: Omit<FrontierNode, 'id'>, dueAt: number): void {
    const node = new HeldNode(added);
    node.given = this.#given.has(node.idKey);
    this.#nodes.set(node.idKey, node);
    this.#places.enter(node);
    if (node.visits === 0) this.#unvisited++;
    this.queue(node, dueAt);
  }

  /** It is due then. */
  queue(node: FrontierNode, dueAt: number): void {
    this.due.add(node, dueAt, this.#nodes.size);
  }

  /** Its first visit has ended. */
  visited(node: FrontierNode): void {
    if (node.visits === 0) this.#unvisited--;
    node.visits++;
  }

  /** Its address from now on; one that is proven makes it one that was met there. */
  readdress(node: FrontierNode, { ip, udp, tcp }: NodeContact, proven: boolean): void {
    if (ip !== node.ip) {
      this.#places.leave(node);
      Object.assign(node, { ip, met: false });
      this.#places.enter(node);
    }
    Object.assign(node, { udp, tcp, proven, others: null });
    if (proven) this.promote(node);
  }

  /** From those that were named to those that were met, unless as many are met there and answer. */
  promote(node: FrontierNode): void {
    if (node.met) return;
    this.#places.leave(node);
    const room = this.#places.roomFor(node.ip, true);
    if (room.at === 'after') this.forget(room.node);
    node.met = room.at === 'free' || room.at === 'after';
    this.#places.enter(node);
  }
}
