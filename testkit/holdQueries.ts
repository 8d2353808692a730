import type { Sql } from '../sql/client.ts';

/** What can be kept from going on while work is under way outside the simulation: the simulated clock. */
export interface Holder {
  hold(what: string): () => void;
}

/**
 * The pool with every query holding time: from the moment in which it is started, the wait for a connection included,
 * until its answer, its error, or a cursor's next rows are there. What a transaction's or a cursor's function does of
 * its own takes time as elsewhere. Streams of COPY are not held, nor are notifications on their way.
 */
export function holdQueries(sql: Sql, holder: Holder): Sql {
  return wrap(sql as unknown as Runner, holder) as unknown as Sql;
}

type Work = (...args: readonly unknown[]) => unknown;

/** A pool, a reserved connection or a transaction of postgres.js, as it is at run time. */
interface Runner extends Work {
  readonly [name: string]: unknown;
}

/** What postgres.js makes of a template, as it is at run time: nothing happens before `handle`. */
interface Query extends Promise<unknown> {
  readonly strings: readonly string[];
  executed: boolean;
  handle(): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  cursor(rows?: unknown, read?: unknown): unknown;
}

function wrap(runner: Runner, holder: Holder): Runner {
  return new Proxy(runner, {
    apply: (target, self, args) => watched(Reflect.apply(target, self, args), holder),
    get(target, name) {
      const value = target[String(name)];
      if (typeof value !== 'function') return value;
      const method = value as Work;
      switch (name) {
        case 'unsafe':
        case 'file':
          return (...args: unknown[]) => watched(method(...args), holder);
        case 'begin':
        case 'savepoint':
          return (...args: unknown[]) => transaction(method, args, holder);
        case 'reserve':
          return async () => wrap((await held('a reserved connection', method(), holder)) as Runner, holder);
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

function transaction(begin: Work, args: readonly unknown[], holder: Holder): Promise<unknown> {
  const span = new Span('a transaction', holder);
  const work = args.at(-1) as Work;
  span.start();
  const inside = async (own: unknown): Promise<unknown> => {
    span.stop();
    try {
      const result = work(wrap(own as Runner, holder));
      return await (Array.isArray(result) ? Promise.all(result) : result);
    } finally {
      span.start();
    }
  };
  return Promise.resolve(begin(...args.slice(0, -1), inside)).finally(() => span.end());
}

function watched(made: unknown, holder: Holder): unknown {
  if (!isQuery(made)) return made;
  const query = made;
  const span = new Span(`a query: ${(query.strings[0] ?? '').trim().slice(0, 60)}`, holder);
  const { handle, resolve, reject, cursor } = query;
  query.handle = () => {
    if (!query.executed) span.start();
    return handle.call(query);
  };
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
    query.handle = handle;
    return { [Symbol.asyncIterator]: () => steps(iterable[Symbol.asyncIterator](), span) };
  };
  return query;
}

function cursorArguments(rows: unknown, each: Work, span: Span): unknown[] {
  const read = async (batch: unknown): Promise<unknown> => {
    span.stop();
    try {
      return await each(batch);
    } finally {
      span.start();
    }
  };
  return typeof rows === 'function' ? [read] : [rows, read];
}

function steps(iterator: AsyncIterator<unknown>, span: Span): AsyncIterator<unknown> {
  return {
    next: async () => {
      span.start();
      try {
        return await iterator.next();
      } finally {
        span.stop();
      }
    },
    return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
  };
}

function isQuery(value: unknown): value is Query {
  return value instanceof Promise && 'strings' in value && 'handle' in value;
}

/** A hold that can pause, and ends for good. */
class Span {
  readonly #what: string;
  readonly #holder: Holder;
  #release: (() => void) | null = null;
  #ended = false;

  constructor(what: string, holder: Holder) {
    this.#what = what;
    this.#holder = holder;
  }

  start(): void {
    if (!this.#ended) this.#release ??= this.#holder.hold(this.#what);
  }

  stop(): void {
    this.#release?.();
    this.#release = null;
  }

  end(): void {
    this.#ended = true;
    this.stop();
  }
}
