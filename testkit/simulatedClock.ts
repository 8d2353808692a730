import { DeadlineHeap } from '../lib/deadlineHeap.ts';
import type { Cancel, Clock } from '../p2p/ports.ts';

/** What is to happen at one moment, in the order in which it was asked for; null = taken back. */
interface Moment {
  readonly at: number;
  readonly acts: ((() => void) | null)[];
  left: number;
}

/** Real time that work outside the simulation may take before it counts as stuck. */
const patienceMs = 120_000;
/** Most turns without time moving on: a loop of waits of 0 ms would never end. */
const mostStandstills = 100_000;

/**
 * A clock that moves only when told to, for tests and simulations. `drive()` runs promises to their rest and then
 * jumps to the next moment at which something is due, again and again, so that hours pass in milliseconds and always in
 * the same order. Time is in whole ms, as the system's is. It stands still while work is under way that it cannot see:
 * whoever begins such work holds it (`hold`), and files that are being read or written hold it by themselves.
 */
export class SimulatedClock implements Clock {
  /** Totals so far: jumps, things that were due, and the real time that it stood still for others, ms. */
  readonly spent = { jumps: 0, acts: 0, heldMs: 0 };
  #now: number;
  readonly #moments = new Map<number, Moment>();
  readonly #order = new DeadlineHeap<Moment>();
  readonly #holds = new Map<symbol, string>();
  #released: (() => void) | null = null;
  #standstills = 0;

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.after(ms, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  after(ms: number, act: () => void): Cancel {
    const moment = this.#momentAt(Math.ceil(this.#now + Math.max(0, ms)));
    const place = moment.acts.length;
    moment.acts.push(act);
    moment.left += 1;
    return () => {
      if (moment.acts[place] !== act) return;
      moment.acts[place] = null;
      moment.left -= 1;
    };
  }

  /** Keeps time from passing until the returned function is called. `what` is named when it takes too long. */
  hold(what: string): Cancel {
    const key = Symbol();
    this.#holds.set(key, what);
    return () => {
      if (this.#holds.delete(key) && this.#holds.size === 0) this.#released?.();
    };
  }

  /** Keeps time from passing until the work has settled. */
  holdFor<T>(what: string, work: Promise<T>): Promise<T> {
    return work.finally(this.hold(what));
  }

  /** Whether work is under way that time waits for. */
  get busy(): boolean {
    return this.#holds.size > 0 || filesUnderWay();
  }

  /** Lets time pass until `until` settles, and all is at rest then; throws when it would wait for nothing, or beyond `limitMs` of simulated time. */
  async drive<T>(until: Promise<T>, limitMs = 30 * 86_400_000): Promise<T> {
    const end = this.#now + limitMs;
    let settled = false;
    const watched = until.finally(() => {
      settled = true;
    });
    watched.catch(() => {});
    for (;;) {
      await this.#rest();
      if (settled) return watched;
      const next = this.#next();
      if (next === null) throw new Error('the simulation waits for nothing');
      if (next.at > end) throw new Error(`the simulation has not ended after ${limitMs} ms`);
      this.#jump(next);
    }
  }

  #momentAt(at: number): Moment {
    let moment = this.#moments.get(at);
    if (moment === undefined) {
      moment = { at, acts: [], left: 0 };
      this.#moments.set(at, moment);
      this.#order.add(at, moment);
    }
    return moment;
  }

  /** The first moment at which something is still to happen. */
  #next(): Moment | null {
    for (let moment = this.#order.peek(); moment !== undefined; moment = this.#order.peek()) {
      if (moment.left > 0) return moment;
      this.#moments.delete(moment.at);
      this.#order.drop();
    }
    return null;
  }

  #jump(moment: Moment): void {
    this.#standstills = moment.at === this.#now ? this.#standstills + 1 : 0;
    if (this.#standstills > mostStandstills) throw new Error('time does not pass: something waits 0 ms for ever');
    this.#now = moment.at;
    this.spent.jumps += 1;
    this.spent.acts += moment.left;
    this.#moments.delete(moment.at);
    this.#order.drop();
    for (let place = 0; place < moment.acts.length; place++) {
      const act = moment.acts[place];
      moment.acts[place] = null;
      act?.();
    }
  }

  /** Resolves when promises have run as far as they can and nothing holds time any more. */
  async #rest(): Promise<void> {
    await turn();
    while (this.busy) {
      await this.#idle();
      await turn();
    }
  }

  /** Resolves when nothing holds time any more. */
  async #idle(): Promise<void> {
    if (this.#holds.size === 0) return;
    const began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#released = resolve;
      timer = setTimeout(() => {
        const held = [...new Set(this.#holds.values())].join(', ');
        reject(new Error(`time is held for ${patienceMs} ms by: ${held}`));
      }, patienceMs);
    }).finally(() => clearTimeout(timer));
    this.spent.heldMs += performance.now() - began;
  }
}

/** A turn of the event loop: every promise that can go on has gone on, and what has arrived is read. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** As the runtime calls them; the second closes a file. */
const fileRequest = /^(FSReq|CloseReq)/;

function filesUnderWay(): boolean {
  return process.getActiveResourcesInfo().some((name) => fileRequest.test(name));
}
