/** A binary heap of (due time, value), the earliest first. Not bounded by itself: its owner bounds it. */
export class DueQueue<T> {
  readonly #heap: { dueAt: number; value: T }[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** Due time of the earliest entry; null when empty. */
  nextDueAt(): number | null {
    return this.#heap[0]?.dueAt ?? null;
  }

  push(dueAt: number, value: T): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push({ dueAt, value });
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.dueAt <= dueAt) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = { dueAt, value };
  }

  /** Takes the earliest entry if it is due at `now`; else null. */
  popDue(now: number): { dueAt: number; value: T } | null {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.dueAt > now) return null;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(entry: { dueAt: number; value: T }): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      const right = heap[child + 1];
      if (left === undefined) break;
      if (right !== undefined && right.dueAt < left.dueAt) child++;
      const smaller = right !== undefined && right.dueAt < left.dueAt ? right : left;
      if (smaller.dueAt >= entry.dueAt) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = entry;
  }
}
