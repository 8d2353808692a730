/** Things that fall due, earliest first. Times are ms since the epoch. A thing that no longer matters is skipped by its owner. */
export class DeadlineHeap<T> {
  // BOUNDED: by its owner, which adds one entry for each change of state of a bounded set; see `size`.
  readonly #heap: { readonly at: number; readonly item: T }[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(at: number, item: T): void {
    const heap = this.#heap;
    let child = heap.length;
    const entry = { at, item };
    heap.push(entry);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= at) break;
      heap[child] = above;
      child = parent;
    }
    heap[child] = entry;
  }

  /** When the earliest thing falls due; null when there is none. */
  next(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  peek(): T | undefined {
    return this.#heap[0]?.item;
  }

  /** Takes the earliest thing that is due at `now`. */
  takeDue(now: number): T | undefined {
    const top = this.#heap[0];
    if (top === undefined || top.at > now) return undefined;
    this.drop();
    return top.item;
  }

  /** Keeps only the things that still matter. */
  retain(matters: (item: T) => boolean): void {
    const kept = this.#heap.filter((entry) => matters(entry.item));
    this.#heap.length = 0;
    for (const { at, item } of kept) this.add(at, item);
  }

  /** Removes the earliest thing, due or not. */
  drop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = parent * 2 + 1;
      const left = heap[child];
      if (left === undefined) break;
      let smaller = left;
      const right = heap[child + 1];
      if (right !== undefined && right.at < left.at) {
        smaller = right;
        child += 1;
      }
      if (smaller.at >= last.at) break;
      heap[parent] = smaller;
      parent = child;
    }
    heap[parent] = last;
  }
}
