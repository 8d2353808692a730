import { DeadlineHeap } from '../../lib/deadlineHeap.ts';

/** Something in flight, in a state that ends at some time. */
export interface Due<S> {
  state: S;
  /** When `state` is over. */
  dueAt: number;
  /** False before it is added and after it is removed. */
  open: boolean;
}

/** When the state of each thing in flight is over. */
export class DueBook<S, T extends Due<S>> {
  // BOUNDED: by `maxDeadlines`. Each change of state adds one; when it is full, those that no longer matter are removed.
  readonly #deadlines = new DeadlineHeap<T>();
  readonly #maxDeadlines: number;

  /** `maxInFlight`: of the things, kept by whoever adds them. */
  constructor(maxInFlight: number) {
    this.#maxDeadlines = 4 * maxInFlight;
  }

  protected get deadlines(): number {
    return this.#deadlines.size;
  }

  /** Enters a state that is over at `dueAt`; infinite = something else ends it. */
  settle(one: T, state: S, dueAt: number): void {
    one.state = state;
    one.dueAt = dueAt;
    if (dueAt === Number.POSITIVE_INFINITY) return;
    if (this.#deadlines.size >= this.#maxDeadlines) {
      this.#deadlines.retain((queued, at) => queued.open && at === queued.dueAt);
    }
    this.#deadlines.add(dueAt, one);
  }

  /** The next one whose state is over at `now`; each once. */
  takeDue(now: number): T | undefined {
    for (let due = this.#deadlines.takeDue(now); due !== undefined; due = this.#deadlines.takeDue(now)) {
      if (due.item.open && due.at === due.item.dueAt) return due.item;
    }
    return undefined;
  }

  /** When the next state is over; null if nothing is due. */
  nextDeadline(): number | null {
    for (let one = this.#deadlines.peek(); one !== undefined; one = this.#deadlines.peek()) {
      if (one.open && this.#deadlines.next() === one.dueAt) return one.dueAt;
      this.#deadlines.drop();
    }
    return null;
  }
}
