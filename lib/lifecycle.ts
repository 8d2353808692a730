import { withDeadline } from './deadline.ts';
import { sleep } from './sleep.ts';

/**
 * Orderly shutdown. A part is started with `start(config, signal)` and returns an AsyncDisposable; what it opened is
 * closed in reverse order, each step with a deadline, and no step blocks the next. Nothing here ends the process: only
 * bin/ does that.
 */

import { reasonOf } from './errors.ts';
import type { Logger } from './logger.ts';

export interface CloseStep {
  readonly name: string;
  close(): void | Promise<void>;
  readonly deadlineMs: number;
}

export interface CloseReport {
  readonly name: string;
  readonly end:
    | { readonly at: 'closed' }
    | { readonly at: 'late' }
    | { readonly at: 'failed'; readonly error: unknown };
}

const defaultCloseDeadlineMs = 5_000;

/** What has been opened so far; it is closed last in, first out. A second close waits for the first. */
export class Lifetime implements AsyncDisposable {
  // BOUNDED: by the parts that one process is made of; nothing is added while it runs.
  readonly #steps: CloseStep[] = [];
  #closing: Promise<readonly CloseReport[]> | null = null;

  /** Registers a part. If closing has already begun, the part is closed at once, so that none is left open. */
  add(name: string, close: CloseStep['close'], deadlineMs: number = defaultCloseDeadlineMs): void {
    if (this.#closing === null) this.#steps.push({ name, close, deadlineMs });
    else
      this.#closing = this.#closing.then(async (reports) => [...reports, await closeStep({ name, close, deadlineMs })]);
  }

  use<T extends AsyncDisposable>(name: string, part: T, deadlineMs: number = defaultCloseDeadlineMs): T {
    this.add(name, async () => part[Symbol.asyncDispose](), deadlineMs);
    return part;
  }

  /** Never rejects: the reports say which steps failed or missed their deadline. */
  close(): Promise<readonly CloseReport[]> {
    this.#closing ??= closeAll(this.#steps.toReversed());
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Closes everything that was opened and logs what did not close; true = something did not close. */
export async function endAll(life: Lifetime, log: Pick<Logger, 'error'>): Promise<boolean> {
  const bad = (await life.close()).filter(({ end }) => end.at !== 'closed');
  for (const { name, end } of bad) {
    log.error(`${name} did not close`, { reason: end.at === 'failed' ? reasonOf(end.error) : 'it took too long' });
  }
  return bad.length > 0;
}

/** Resolves when the signal aborts. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function closeAll(steps: readonly CloseStep[]): Promise<readonly CloseReport[]> {
  const reports: CloseReport[] = [];
  for (const step of steps) reports.push(await closeStep(step));
  return reports;
}

async function closeStep(step: CloseStep): Promise<CloseReport> {
  const { name, deadlineMs } = step;
  const done = async (): Promise<CloseReport> => {
    try {
      await step.close();
      return { name, end: { at: 'closed' } };
    } catch (error) {
      return { name, end: { at: 'failed', error } };
    }
  };
  const late = (): CloseReport => ({ name, end: { at: 'late' } });
  return withDeadline(done(), { ms: deadlineMs, clock: { sleep }, late });
}
