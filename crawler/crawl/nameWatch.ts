import { backoffMs, spreadMs } from '../../lib/backoff.ts';
import { withDeadline } from '../../lib/deadline.ts';
import type { Clock, NameAnswer, Names, Random } from '../../p2p/ports.ts';

export interface NameWatchDeps {
  readonly names: Names;
  readonly clock: Clock;
  readonly random: Random;
  /** Called with every answer, the same one again included. */
  onAnswer(name: string, answer: NameAnswer): void;
}

/** The system's resolver does not tell how long an answer holds. */
const refreshMs = 10 * 60_000;
const jitter = { least: 0.8, most: 1.2 } as const;
const retry = { firstMs: 10_000, maxMs: refreshMs } as const;
/** After a node fell silent its name is looked up ahead of time, but no sooner than this after the last look. */
const soonestMs = 60_000;
/** Resolvers wait for name servers one after the other. */
const deadlineMs = 30_000;
/** At a time: the system's resolver holds a thread for each. */
const maxLookUps = 2;
/** How often a single run asks for a name that nobody can tell. */
const maxTries = 3;

interface Watched {
  dueAt: number;
  askedAt: number;
  failures: number;
}

/** Looks host names up again and again, because nodes move. */
export class NameWatch {
  readonly #deps: NameWatchDeps;
  /** BOUNDED: by the names given. */
  readonly #watched = new Map<string, Watched>();
  #wake = new AbortController();

  constructor(deps: NameWatchDeps, names: readonly string[]) {
    this.#deps = deps;
    this.follow(names);
  }

  /** These names from now on: new ones at once, those that are left out no more. */
  follow(names: readonly string[]): void {
    const now = new Set(names);
    for (const name of this.#watched.keys()) if (!now.has(name)) this.#watched.delete(name);
    for (const name of names) {
      if (this.#watched.has(name)) continue;
      this.#watched.set(name, { dueAt: 0, askedAt: Number.NEGATIVE_INFINITY, failures: 0 });
      this.#wake.abort(stirred);
    }
  }

  /** A node with this name does not answer where it was. */
  soon(name: string): void {
    const watched = this.#watched.get(name);
    if (watched === undefined) return;
    const at = watched.askedAt + soonestMs;
    if (at >= watched.dueAt) return;
    watched.dueAt = at;
    this.#wake.abort(stirred);
  }

  /** Until every name has an answer, or has had enough tries. */
  async lookUpOnce(signal: AbortSignal): Promise<void> {
    for (let tries = 0; tries < maxTries && !signal.aborted; tries++) {
      const asked = [...this.#watched].filter(([, { failures }]) => failures === tries);
      if (asked.length === 0) return;
      if (tries > 0) await this.#deps.clock.sleep(1_000 * tries, signal);
      await this.#lookUp(
        asked.map(([name]) => name),
        signal,
      );
    }
  }

  /** Each name at once, then on its schedule, until the signal aborts; without names it ends at once, unless some `mayCome`. */
  async run(signal: AbortSignal, mayCome = false): Promise<void> {
    const { clock } = this.#deps;
    const onAbort = (): void => this.#wake.abort(stirred);
    signal.addEventListener('abort', onAbort, { once: true });
    while (!signal.aborted && (mayCome || this.#watched.size > 0)) {
      const now = clock.now();
      const due = [...this.#watched].filter(([, { dueAt }]) => dueAt <= now).map(([name]) => name);
      await this.#lookUp(due, signal);
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
      if (signal.aborted) break;
      const next = Math.min(now + refreshMs, ...[...this.#watched.values()].map(({ dueAt }) => dueAt));
      await clock.sleep(Math.max(1, next - clock.now()), this.#wake.signal);
    }
    signal.removeEventListener('abort', onAbort);
  }

  async #lookUp(names: readonly string[], signal: AbortSignal): Promise<void> {
    const waiting = [...names];
    const work = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined && !signal.aborted; name = waiting.shift())
        await this.#ask(name, signal);
    };
    await Promise.all(Array.from({ length: Math.min(maxLookUps, names.length) }, work));
  }

  async #ask(name: string, signal: AbortSignal): Promise<void> {
    const { names, clock, random } = this.#deps;
    const watched = this.#watched.get(name);
    if (watched === undefined) return;
    watched.askedAt = clock.now();
    const late = (): NameAnswer => ({ at: 'unanswered' });
    const answer = await withDeadline(names.lookUp(name), { ms: deadlineMs, clock, late, signal });
    if (signal.aborted) return;
    watched.failures = answer.at === 'found' ? 0 : watched.failures + 1;
    const waitMs = watched.failures === 0 ? refreshMs : backoffMs(retry, watched.failures);
    watched.dueAt = clock.now() + spreadMs(waitMs, jitter, random.next());
    this.#deps.onAnswer(name, answer);
  }
}

/** Created once, because each abort would otherwise create an exception with its stack. */
const stirred = 'no longer waited for';
