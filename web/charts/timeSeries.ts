import type { CountsResponse } from '../../api/contract/counts.ts';
import type { Figure } from '../lib/router.ts';
import { expectedStep, type TimePoint, unionTimes, withGaps } from './gaps.ts';
import { type PartialSpan, partialSpans, standingsOf, uniteSpans } from './partialSpans.ts';

/** One line or one layer of a chart over time. */
export interface ChartSeries {
  readonly key: string;
  readonly label: string;
  /** Slot of the palette; -1 = the grey of `other`. */
  readonly slot: number;
  readonly points: readonly TimePoint[];
}

export interface TimeChartData {
  readonly series: readonly ChartSeries[];
  /** ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Where the counts are partial. */
  readonly partial?: readonly PartialSpan[];
}

/** A moment worth a line of its own: a fork's activation. */
export interface ChartMark {
  readonly at: number;
  readonly label: string;
}

type NamedCounts = Pick<CountsResponse, 'series' | 'resolution'> & Partial<Pick<CountsResponse, 'coverage'>>;

/** Where the counts of these answers are partial. */
export function partialOf(answers: readonly NamedCounts[]): PartialSpan[] {
  return uniteSpans(
    answers.map(({ coverage = [], resolution }) => {
      const times = coverage.map(({ at }) => Date.parse(at));
      return partialSpans(coverage, expectedStep(times, resolution));
    }),
  );
}

/** A value as it is drawn: where most was not looked at it would be a fall that there is none of. */
function toPoint(x: number, y: number, standing: 'partial' | 'blind' | undefined): TimePoint {
  if (standing === undefined) return { x, y };
  return standing === 'blind' ? { x, y: null } : { x, y, partial: true };
}

/** Independent lines: a gap in one does not affect the others. */
export function toLines(
  answers: readonly NamedCounts[],
  figure: Figure,
  nameOf: (index: number) => NamedSeries,
): ChartSeries[] {
  return answers.flatMap((answer, index) => {
    const [series] = answer.series;
    if (series === undefined) return [];
    const standings = standingsOf(answer.coverage ?? []);
    const points = series.points.map((point) => {
      const x = Date.parse(point.at);
      return toPoint(x, point[figure], standings.get(x));
    });
    const step = expectedStep(
      points.map((point) => point.x),
      answer.resolution,
    );
    return [{ ...nameOf(index), points: withGaps(points, step) }];
  });
}

export interface NamedSeries {
  readonly key: string;
  readonly label: string;
  readonly slot: number;
}

/**
 * Layers that add up and share their times. If one has no point where another has one, it is zero (it had not appeared
 * yet); where none has a point, all break.
 */
export function toLayers(
  answer: NamedCounts,
  figure: Figure,
  nameOf: (key: string, label: string) => NamedSeries,
): ChartSeries[] {
  const raw = answer.series.map((series) => ({
    name: nameOf(series.key, series.label),
    points: series.points.map((point) => ({ x: Date.parse(point.at), y: point[figure] })),
  }));
  const times = unionTimes(raw.map((series) => series.points));
  const step = expectedStep(times, answer.resolution);
  const standings = standingsOf(answer.coverage ?? []);
  return raw.map(({ name, points }) => {
    const at = new Map(points.map((point) => [point.x, point.y]));
    return {
      ...name,
      points: withGaps(
        times.map((x) => toPoint(x, at.get(x) ?? 0, standings.get(x))),
        step,
      ),
    };
  });
}

/** If less than this share of a range has data, the empty rest is left out. */
const youngShare = 0.25;

/**
 * The data on a readable axis: a few minutes of data would be a hairline at the end of seven days. `began` = when counting
 * began, if the range was cut for that; null if it is the requested range.
 */
export function fitYoungData(data: TimeChartData): { readonly data: TimeChartData; readonly began: number | null } {
  const first = Math.min(...data.series.map((series) => firstValue(series)?.x ?? Number.POSITIVE_INFINITY));
  if (!Number.isFinite(first)) return { data, began: null };
  const lived = data.to - first;
  if (lived >= youngShare * (data.to - data.from)) return { data, began: null };
  const margin = Math.max(lived * 0.02, 1_000);
  return { data: { ...data, from: first - margin }, began: first };
}

/** Last measured value of a series; null if it has none. */
export function lastValue(series: ChartSeries): { readonly x: number; readonly y: number } | null {
  const point = series.points.findLast((candidate) => candidate.y !== null);
  return point === undefined || point.y === null ? null : { x: point.x, y: point.y };
}

/** First measured value of a series; null if it has none. */
export function firstValue(series: ChartSeries): { readonly x: number; readonly y: number } | null {
  const point = series.points.find((candidate) => candidate.y !== null);
  return point === undefined || point.y === null ? null : { x: point.x, y: point.y };
}
