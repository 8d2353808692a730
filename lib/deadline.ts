import type { Sleep } from './sleep.ts';

export interface Deadline<L> {
  readonly ms: number;
  readonly clock: { readonly sleep: Sleep };
  /** What there is instead of an answer when the time is over: a value, or an error that it throws. */
  readonly late: () => L;
  /** Ends the wait before its time when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Waits for `work` as long as the deadline says. What becomes of work that was late is nobody's concern: it may still
 * end, well or not.
 */
export async function withDeadline<T, L = never>(work: PromiseLike<T>, deadline: Deadline<L>): Promise<T | L> {
  const { ms, clock, late, signal } = deadline;
  const settled = new AbortController();
  const over = signal === undefined ? settled.signal : AbortSignal.any([settled.signal, signal]);
  try {
    return await new Promise<T | L>((resolve, reject) => {
      work.then(resolve, reject);
      clock
        .sleep(ms, over)
        .then(() => {
          if (!settled.signal.aborted) resolve(late());
        })
        .catch(reject);
    });
  } finally {
    settled.abort(reason);
  }
}

/** Made once: each abort without one would make an exception with its stack. */
const reason = 'no longer waited for';
