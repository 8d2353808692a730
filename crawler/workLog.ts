import { BoundedMap } from '../lib/boundedMap.ts';
import { windowMs } from '../lib/countWindows.ts';
import type { WorkSpan } from './store/store.ts';

/** A pause between two ticks that is longer than this was sleep, of the process or of the machine. */
const pauseMs = 60_000;
/** So many visits in a row without an answer from anybody: it is our line. */
const deafAfter = 64;
/** Or each node that answered lately was asked in vain so often: where there are few, it is our line or their chain. */
const deafAfterEach = 2;
/**
 * From so much lateness on, ms, visits are too late for a window: a twentieth of it, of `now` and of `day`. Ascending.
 */
const lateSteps: readonly number[] = [windowMs.now / 20, windowMs.day / 20];
/** Spans that wait for the database. */
const maxSpans = 100;

type Line =
  /** Somebody answered at `heardAt`, and nobody to so many visits since. */
  { readonly at: 'hearing'; readonly heardAt: number; readonly unanswered: number } | { readonly at: 'deaf' };

/** When a node answered last, ms since the epoch, and how often it was asked in vain since somebody answered. */
interface Voice {
  readonly at: number;
  readonly unanswered: number;
}

/**
 * When a crawler was at work, and whether it heard anybody: counts over times in which nobody looked, or nothing could be
 * seen, are marked. Pure but for what it remembers.
 */
export class WorkLog {
  /** The last one is the present. BOUNDED: by maxSpans, oldest dropped. */
  #spans: WorkSpan[];
  #line: Line = { at: 'deaf' };
  /** By node. BOUNDED: by deafAfter, who answered last; so many silent ones are enough anyway. */
  readonly #voices = new BoundedMap<string, Voice>(deafAfter);
  #tickedAt: number;
  #lateMs = 0;

  constructor(now: number) {
    this.#spans = [{ fromAt: now, untilAt: now, heard: false, lateMs: 0 }];
    this.#tickedAt = now;
  }

  /** It is at work: call it more often than every minute. `overdueMs`: how long what is due first has waited. */
  tick(now: number, overdueMs = 0): void {
    if (now < this.#tickedAt) this.#setBack(now);
    const lateMs = stepOf(overdueMs, this.#lateMs);
    if (lateMs !== this.#lateMs) {
      this.#extend(now);
      this.#lateMs = lateMs;
      this.#begin(now, now, this.#line.at === 'hearing');
    } else if (now - this.#tickedAt > pauseMs || now < this.#tickedAt)
      this.#begin(now, now, this.#line.at === 'hearing');
    else this.#extend(now);
    this.#tickedAt = now;
  }

  /** A node answered, by its key. */
  heard(idKey: string, now: number): void {
    const line = this.#line;
    this.#listen(idKey, now);
    if (line.at === 'hearing') {
      this.#line = { ...line, heardAt: now, unanswered: 0 };
      return;
    }
    this.#line = { at: 'hearing', heardAt: now, unanswered: 0 };
    // The first answer takes a moment after a start.
    const present = this.#spans.at(-1);
    if (this.#spans.length === 1 && present !== undefined && now - present.fromAt <= pauseMs)
      this.#spans = [{ ...present, untilAt: Math.max(present.untilAt, now), heard: true }];
    else this.#begin(now, now, true);
  }

  /** A node that was visited did not answer. */
  unanswered(idKey: string, now: number): void {
    const line = this.#line;
    if (line.at === 'deaf') return;
    const voice = this.#voices.get(idKey);
    if (voice !== undefined) this.#voices.set(idKey, { ...voice, unanswered: voice.unanswered + 1 });
    const areAllSilent = [...this.#voices.entries()].every(([, { unanswered }]) => unanswered >= deafAfterEach);
    if (line.unanswered + 1 < deafAfter && !areAllSilent) this.#line = { ...line, unanswered: line.unanswered + 1 };
    else {
      this.#line = { at: 'deaf' };
      this.#begin(Math.max(line.heardAt, this.#spans.at(-1)?.fromAt ?? 0) + 1, now, false);
    }
  }

  get isDeaf(): boolean {
    return this.#line.at === 'deaf';
  }

  /** What is to be written: the present span, and those before it that are not written yet. */
  get spans(): readonly WorkSpan[] {
    return this.#spans;
  }

  /** These are in the database. */
  written(spans: readonly WorkSpan[]): void {
    const [present] = this.#spans.slice(-1);
    const done = new Set(spans.map(({ fromAt, untilAt }) => `${fromAt} ${untilAt}`));
    this.#spans = this.#spans.filter((span) => span === present || !done.has(`${span.fromAt} ${span.untilAt}`));
  }

  /** Whoever was silent while others answered is no voice any more. */
  #listen(idKey: string, now: number): void {
    for (const [key, { at, unanswered }] of [...this.#voices.entries()])
      if (unanswered > 0 || now - at > windowMs.now) this.#voices.delete(key);
    this.#voices.set(idKey, { at: now, unanswered: 0 });
  }

  /** The clock was set back: what it told since has not come yet. */
  #setBack(now: number): void {
    const past = this.#spans.filter(({ fromAt }) => fromAt < now);
    this.#spans = past.map((span) => ({ ...span, untilAt: Math.min(span.untilAt, now) }));
    if (this.#line.at === 'hearing') this.#line = { ...this.#line, heardAt: Math.min(this.#line.heardAt, now) };
  }

  #begin(fromAt: number, untilAt: number, heard: boolean): void {
    const closed = this.#spans.map((span) =>
      span.untilAt > fromAt ? { ...span, untilAt: Math.max(span.fromAt, fromAt) } : span,
    );
    // A span is known by its beginning: one that ends where it began is replaced.
    this.#spans = [
      ...closed.filter((span) => span.fromAt !== fromAt),
      { fromAt, untilAt: Math.max(fromAt, untilAt), heard, lateMs: this.#lateMs },
    ].slice(-maxSpans);
  }

  #extend(now: number): void {
    this.#spans = this.#spans.map((span, index) =>
      index === this.#spans.length - 1 ? { ...span, untilAt: now } : span,
    );
  }
}

/** Lateness goes up and down: a step is left when it has halved. */
function stepOf(overdueMs: number, before: number): number {
  const step = lateSteps.findLast((ms) => overdueMs > ms) ?? 0;
  return step < before && overdueMs > before / 2 ? before : step;
}
