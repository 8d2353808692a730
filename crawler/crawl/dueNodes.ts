import { DeadlineHeap } from '../../lib/deadlineHeap.ts';
import type { FrontierNode } from './heldNode.ts';

/** How many nodes are looked at, for one that is named and for one that was met. */
const looks = { named: 64, met: 4_096 } as const;
/** Who answered once and was silent since gives its place to one that was met after so long, where there is no other. */
const goneMs = 30 * 24 * 3_600_000;

/** The nodes that wait for their visit, by the time at which it is due. */
export class DueNodes {
  /** BOUNDED: one entry per known node that is not being visited, and as many again that no longer count. */
  readonly #queue = new DeadlineHeap<FrontierNode>();
  /** Where the search for somebody who makes room goes on. */
  #hand = 0;

  next(): number | null {
    return this.#queue.next();
  }

  /** Its place before no longer counts; Infinity = it has none. `known` = how many nodes there are. */
  add(node: FrontierNode, dueAt: number, known: number): void {
    node.dueAt = dueAt;
    if (dueAt === Number.POSITIVE_INFINITY) return;
    this.#queue.add(dueAt, node);
    if (this.#queue.size > 2 * known + 1_000) this.#queue.retain((item, at) => at === item.dueAt);
  }

  remove(node: FrontierNode): void {
    node.dueAt = Number.NaN;
  }

  /** The most overdue node that is not being visited. */
  take(now: number): FrontierNode | null {
    for (let due = this.#queue.takeDue(now); due !== undefined; due = this.#queue.takeDue(now)) {
      if (!due.item.visiting && due.at === due.item.dueAt) return due.item;
    }
    return null;
  }

  /**
   * Looks at a part of the nodes, in turn, for one whose place another can have: one that nobody met and that was silent
   * when asked; for one that was met also one that was never asked, or that has been gone for long. `now` null = nobody
   * is gone for long.
   */
  least(forMet: boolean, now: number | null): FrontierNode | null {
    let second: FrontierNode | null = null;
    const left = Math.min(this.#queue.size, forMet ? looks.met : looks.named);
    for (let look = 0; look < left; look++) {
      this.#hand = (this.#hand + 1) % this.#queue.size;
      const due = this.#queue.at(this.#hand);
      // An entry that no longer counts.
      if (due === undefined || due.at !== due.item.dueAt) continue;
      const node = due.item;
      if (node.visiting || node.given) continue;
      if (!node.met && node.failures > 0) return node;
      const isGone = node.failures > 0 && now !== null && now - (node.lastAliveAt ?? 0) > goneMs;
      if (forMet && (!node.met || (second === null && isGone))) second = node;
    }
    return second;
  }
}
