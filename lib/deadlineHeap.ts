/** A thing and when it falls due. */
export interface Due<T> {
  /** ms since the epoch. */
  readonly at: number;
  readonly item: T;
}

/**
 * Things that fall due, earliest first; of those due at one time any may come first. A thing that no longer matters is
 * skipped by its owner when its turn comes.
 */
export class DeadlineHeap<T> {
  // BOUNDED: by its owner, which adds one entry for each change of state of a bounded set; see `size`.
  readonly #heap: Due<T>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(at: number, item: T): void {
    this.#rise({ at, item });
  }

  /** When the earliest thing falls due; null when there is none. */
  next(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  peek(): T | undefined {
    return this.#heap[0]?.item;
  }

  /** Any one of them by its number, below `size`, in no order. */
  at(index: number): Due<T> | undefined {
    return this.#heap[index];
  }

  /** Takes the earliest thing that is due at `now`, with the time that it was added for. */
  takeDue(now: number): Due<T> | undefined {
    const top = this.#heap[0];
    if (top === undefined || top.at > now) return undefined;
    this.drop();
    return top;
  }

  /** Keeps only the things that still matter. */
  retain(matters: (item: T, at: number) => boolean): void {
    const kept = this.#heap.filter(({ at, item }) => matters(item, at));
    this.#heap.length = 0;
    for (const entry of kept) this.#rise(entry);
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

  #rise(entry: Due<T>): void {
    const heap = this.#heap;
    let child = heap.length;
    heap.push(entry);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= entry.at) break;
      heap[child] = above;
      child = parent;
    }
    heap[child] = entry;
  }
}
