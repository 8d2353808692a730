import type { Sql } from '../sql/client.ts';

/** What can be stopped while work is under way outside the simulation: the simulated clock. */
export interface Holder {
  hold(what: string): () => void;
}

/** Decides who may use the database, and when. */
export interface Turns {
  /** Calls `act` when it is its turn, at once if nobody else has the turn; the turn lasts until `done`. */
  take(act: () => void): void;
  done(): void;
}

/** Admits one at a time, in order of arrival. */
export class OneAtATime implements Turns {
  /** How many have been admitted. */
  taken = 0;
  #busy = false;
  readonly #waiting: (() => void)[] = [];

  take(act: () => void): void {
    this.taken += 1;
    if (this.#busy) this.#waiting.push(act);
    else {
      this.#busy = true;
      act();
    }
  }

  done(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy = false;
    else next();
  }
}

/**
 * The pool with every query holding time: from the moment in which it is started, the wait for a connection included,
 * until its answer, its error, or a cursor's next rows are there. What a transaction's or a cursor's function does of
 * its own takes time as elsewhere. Streams of COPY are not held, nor are notifications on their way.
 *
 * With `turns`, shared by all pools of a simulation, the database does one thing at a time, a query or a whole
 * transaction or cursor, in the order in which they were asked for: whatever depends on how they overlap comes out the
 * same in each run. A query that waits for its turn holds no time: whose turn it is does.
 */
export function holdQueries(sql: Sql, holder: Holder, turns: Turns | null = null): Sql {
  return wrap(sql as unknown as Runner, { holder, turns }) as unknown as Sql;
}

interface Watch {
  readonly holder: Holder;
  readonly turns: Turns | null;
}

type Work = (...args: readonly unknown[]) => unknown;

/** A pool, a reserved connection or a transaction of postgres.js, as it is at run time. */
interface Runner extends Work {
  readonly [name: string]: unknown;
}

/** What postgres.js makes of a template, as it is at run time: nothing happens before `handler` is called. */
interface Query extends Promise<unknown> {
  readonly strings: readonly string[];
  handler(query: unknown): void;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  cursor(rows?: unknown, read?: unknown): unknown;
}

function wrap(runner: Runner, watch: Watch): Runner {
  const { holder } = watch;
  return new Proxy(runner, {
    apply: (target, self, args) => watched(Reflect.apply(target, self, args), watch),
    get(target, name) {
      const value = target[String(name)];
      if (typeof value !== 'function') return value;
      const method = value as Work;
      switch (name) {
        case 'unsafe':
        case 'file':
          return (...args: unknown[]) => watched(method(...args), watch);
        case 'begin':
        case 'savepoint':
          return (...args: unknown[]) => transaction(method, args, watch);
        case 'reserve':
          return async () => wrap((await held('a reserved connection', method(), holder)) as Runner, watch);
        case 'listen':
          return async (...args: unknown[]) => {
            const listening = (await held(name, method(...args), holder)) as { readonly unlisten: Work };
            return { ...listening, unlisten: () => held('unlisten', listening.unlisten(), holder) };
          };
        case 'notify':
        case 'end':
        case 'close':
          return (...args: unknown[]) => held(name, method(...args), holder);
        default:
          return method;
      }
    },
  });
}

function held(what: string, work: unknown, holder: Holder): Promise<unknown> {
  return Promise.resolve(work).finally(holder.hold(what));
}

async function transaction(begin: Work, args: readonly unknown[], { holder, turns }: Watch): Promise<unknown> {
  const span = new Span('a transaction', holder, turns);
  const work = args.at(-1) as Work;
  await new Promise<void>((resolve) => span.start(resolve));
  const inside = async (own: unknown): Promise<unknown> => {
    span.pause();
    try {
      // Its own queries are part of its turn.
      const result = work(wrap(own as Runner, { holder, turns: null }));
      return await (Array.isArray(result) ? Promise.all(result) : result);
    } finally {
      span.goOn();
    }
  };
  try {
    return await begin(...args.slice(0, -1), inside);
  } finally {
    span.end();
  }
}

function watched(made: unknown, { holder, turns }: Watch): unknown {
  if (!isQuery(made)) return made;
  const query = made;
  const span = new Span(`a query: ${(query.strings[0] ?? '').trim().slice(0, 60)}`, holder, turns);
  const { handler, resolve, reject, cursor } = query;
  query.handler = (self) =>
    span.start(() => {
      // Cancelled while it waited.
      if (!span.isOver) handler(self);
    });
  query.resolve = (value) => {
    span.end();
    resolve(value);
  };
  query.reject = (error) => {
    span.end();
    reject(error);
  };
  query.cursor = (rows, read) => {
    const each = typeof rows === 'function' ? rows : read;
    if (typeof each === 'function') return cursor.call(query, ...cursorArguments(rows, each as Work, span));
    const iterable = cursor.call(query, rows) as AsyncIterable<unknown>;
    // Each step of the iterator puts functions of its own in the place of resolve and reject.
    query.handler = handler;
    return { [Symbol.asyncIterator]: () => steps(iterable[Symbol.asyncIterator](), span) };
  };
  return query;
}

function cursorArguments(rows: unknown, each: Work, span: Span): unknown[] {
  const read = async (batch: unknown): Promise<unknown> => {
    span.pause();
    try {
      return await each(batch);
    } finally {
      span.goOn();
    }
  };
  return typeof rows === 'function' ? [read] : [rows, read];
}

function steps(iterator: AsyncIterator<unknown>, span: Span): AsyncIterator<unknown> {
  return {
    next: async () => {
      await new Promise<void>((resolve) => span.start(resolve));
      try {
        const step = await iterator.next();
        if (step.done === true) span.end();
        else span.pause();
        return step;
      } catch (error) {
        span.end();
        throw error;
      }
    },
    return: async () => {
      span.end();
      return (await iterator.return?.()) ?? { done: true, value: undefined };
    },
  };
}

function isQuery(value: unknown): value is Query {
  return value instanceof Promise && 'strings' in value && 'handler' in value;
}

type SpanState = { readonly at: 'idle' | 'waiting' | 'paused' | 'over' } | { readonly at: 'held'; release(): void };

/** A turn, and within it a hold that can pause. */
class Span {
  readonly #what: string;
  readonly #holder: Holder;
  readonly #turns: Turns | null;
  #state: SpanState = { at: 'idle' };

  constructor(what: string, holder: Holder, turns: Turns | null = null) {
    this.#what = what;
    this.#holder = holder;
    this.#turns = turns;
  }

  get isOver(): boolean {
    return this.#state.at === 'over';
  }

  /** Calls `act` once it is its turn, at once where it has begun or is over already. */
  start(act: () => void): void {
    if (this.#state.at !== 'idle') {
      this.goOn();
      act();
      return;
    }
    this.#state = { at: 'waiting' };
    const begin = (): void => {
      if (this.isOver) this.#turns?.done();
      else this.#state = { at: 'held', release: this.#holder.hold(this.#what) };
      act();
    };
    if (this.#turns === null) begin();
    else this.#turns.take(begin);
  }

  /** What happens now takes time, but the turn is kept. */
  pause(): void {
    if (this.#state.at !== 'held') return;
    this.#state.release();
    this.#state = { at: 'paused' };
  }

  goOn(): void {
    if (this.#state.at === 'paused') this.#state = { at: 'held', release: this.#holder.hold(this.#what) };
  }

  end(): void {
    const before = this.#state;
    this.#state = { at: 'over' };
    if (before.at === 'held') before.release();
    if (before.at === 'held' || before.at === 'paused') this.#turns?.done();
  }
}
