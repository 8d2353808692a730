import type { PartialReason } from '../../api/contract/common.ts';
import type { CountsResponse } from '../../api/contract/counts.ts';

/** A time in which counts are partial, for one reason. */
export interface PartialSpan {
  /** ms since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly reason: PartialReason;
}

type CoveragePoints = Readonly<CountsResponse['coverage']>;

/** Spans of instants that follow each other and are partial for one reason, each half a step wider than its instants. */
export function partialSpans(coverage: CoveragePoints, stepMs: number): PartialSpan[] {
  const spans: PartialSpan[] = [];
  let isOpen = false;
  for (const { at, partial } of coverage) {
    const x = Date.parse(at);
    const last = spans.at(-1);
    if (partial !== null && isOpen && last?.reason === partial && x - last.to <= 2 * stepMs) {
      spans[spans.length - 1] = { ...last, to: x + stepMs / 2 };
    } else if (partial !== null) {
      spans.push({ from: x - stepMs / 2, to: x + stepMs / 2, reason: partial });
    }
    isOpen = partial !== null;
  }
  return spans;
}

/** Those of several answers, each once, oldest first. */
export function uniteSpans(lists: readonly (readonly PartialSpan[])[]): PartialSpan[] {
  const found = new Map(lists.flat().map((span) => [`${span.from} ${span.to} ${span.reason}`, span]));
  return [...found.values()].sort((a, b) => a.from - b.from || a.to - b.to);
}

/**
 * How a value is drawn. `blind`: most of what was due was not looked at, so that the number says nothing about the
 * network, and the line breaks. `partial`: it is drawn, and marked.
 */
export function standingsOf(coverage: CoveragePoints): ReadonlyMap<number, 'partial' | 'blind'> {
  return new Map(
    coverage.flatMap(({ at, due, looked, partial }) =>
      partial === null ? [] : [[Date.parse(at), 2 * looked < due ? 'blind' : 'partial'] as const],
    ),
  );
}
