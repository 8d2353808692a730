import type { FrontierNode } from './heldNode.ts';

/** How many nodes of one place (an IP, a /24) are known at most. */
export interface CrowdLimits {
  /** Only named by others so far. */
  readonly named: number;
  /** That answered us from there or dialled us from there. They need no place among the named. */
  readonly met: number;
}

/** Whether one more fits: `after` = once this node has been forgotten. */
export type Room =
  | { readonly at: 'free' }
  | { readonly at: 'after'; readonly node: FrontierNode }
  | { readonly at: 'full' };

interface Crowd {
  /** Oldest first. */
  readonly named: Set<FrontierNode>;
  readonly met: Set<FrontierNode>;
}

const free: Room = { at: 'free' };
const full: Room = { at: 'full' };

/**
 * Which nodes are at which place. Whoever was met stands beside those that were only named, and is never in want of their
 * place; of the named, those that were asked and were silent give way to those that were not asked yet.
 */
export class Crowds {
  /** Most places have one node: it stands for its crowd. BOUNDED: each known node is in it at most once. */
  readonly #places = new Map<string, FrontierNode | Crowd>();
  readonly #limits: CrowdLimits;

  constructor(limits: CrowdLimits) {
    this.#limits = limits;
  }

  roomFor(place: string, isMet: boolean): Room {
    const crowd = this.#places.get(place);
    if (crowd === undefined) return free;
    if (isMet) return this.#roomForMet(crowd);
    if (!isCrowd(crowd)) return crowd.met || this.#limits.named > 1 ? free : afterNamed([crowd]);
    return crowd.named.size < this.#limits.named ? free : afterNamed(crowd.named);
  }

  add(place: string, node: FrontierNode): void {
    const known = this.#places.get(place);
    if (known === undefined) {
      this.#places.set(place, node);
      return;
    }
    const crowd = isCrowd(known) ? known : crowdOf(known);
    if (crowd !== known) this.#places.set(place, crowd);
    (node.met ? crowd.met : crowd.named).add(node);
  }

  remove(place: string, node: FrontierNode): void {
    const crowd = this.#places.get(place);
    if (crowd === node) this.#places.delete(place);
    if (crowd === undefined || !isCrowd(crowd)) return;
    crowd.named.delete(node);
    crowd.met.delete(node);
    if (crowd.named.size + crowd.met.size === 0) this.#places.delete(place);
  }

  #roomForMet(crowd: FrontierNode | Crowd): Room {
    if (!isCrowd(crowd)) return !crowd.met || this.#limits.met > 1 ? free : afterGone([crowd]);
    return crowd.met.size < this.#limits.met ? free : afterGone(crowd.met);
  }
}

function isCrowd(known: FrontierNode | Crowd): known is Crowd {
  return 'named' in known;
}

function crowdOf(node: FrontierNode): Crowd {
  return node.met ? { named: new Set(), met: new Set([node]) } : { named: new Set([node]), met: new Set() };
}

/** The one that was named first of those that were silent. */
function afterNamed(named: Iterable<FrontierNode>): Room {
  for (const node of named) if (node.failures > 0 && !node.visiting && !node.given) return { at: 'after', node };
  return full;
}

/** The one that has been silent for longest; nobody who answers makes room. */
function afterGone(met: Iterable<FrontierNode>): Room {
  let gone: FrontierNode | null = null;
  for (const node of met) {
    if (node.failures === 0 || node.visiting || node.given) continue;
    if (gone === null || (node.lastAliveAt ?? 0) < (gone.lastAliveAt ?? 0)) gone = node;
  }
  return gone === null ? full : { at: 'after', node: gone };
}
