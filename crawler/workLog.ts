import type { WorkSpan } from './store/store.ts';

/** A pause between two ticks that is longer than this was sleep, of the process or of the machine. */
const pauseMs = 60_000;
/** So many visits in a row without an answer from anybody: it is our line. */
const deafAfter = 64;
/** Spans that wait for the database. */
const maxSpans = 100;

type Line =
  /** Somebody answered at `heardAt`, and nobody to so many visits since. */
  { readonly at: 'hearing'; readonly heardAt: number; readonly unanswered: number } | { readonly at: 'deaf' };

/**
 * When a crawler was at work, and whether it heard anybody: counts over times in which nobody looked, or nothing could be
 * seen, are marked. Pure but for what it remembers.
 */
export class WorkLog {
  /** The last one is the present. BOUNDED: by maxSpans, oldest dropped. */
  #spans: WorkSpan[];
  #line: Line = { at: 'deaf' };
  #tickedAt: number;

  constructor(now: number) {
    this.#spans = [{ fromAt: now, untilAt: now, heard: false }];
    this.#tickedAt = now;
  }

  /** It is at work: call it more often than every minute. */
  tick(now: number): void {
    if (now - this.#tickedAt > pauseMs || now < this.#tickedAt) this.#begin(now, now, this.#line.at === 'hearing');
    else this.#extend(now);
    this.#tickedAt = now;
  }

  /** A node answered. */
  heard(now: number): void {
    const line = this.#line;
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
  unanswered(now: number): void {
    const line = this.#line;
    if (line.at === 'deaf') return;
    if (line.unanswered + 1 < deafAfter) this.#line = { ...line, unanswered: line.unanswered + 1 };
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

  #begin(fromAt: number, untilAt: number, heard: boolean): void {
    const closed = this.#spans.map((span) =>
      span.untilAt > fromAt ? { ...span, untilAt: Math.max(span.fromAt, fromAt) } : span,
    );
    this.#spans = [...closed, { fromAt, untilAt: Math.max(fromAt, untilAt), heard }].slice(-maxSpans);
  }

  #extend(now: number): void {
    this.#spans = this.#spans.map((span, index) =>
      index === this.#spans.length - 1 ? { ...span, untilAt: now } : span,
    );
  }
}
