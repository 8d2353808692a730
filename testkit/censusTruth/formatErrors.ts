import type { ErrorRow } from './compareCensuses.ts';
import type { KindErrors } from './missedByKind.ts';

const head = [
  'population',
  'window',
  'cut',
  'figure',
  'unmarked',
  'marked',
  'wrong',
  'truth',
  'bias',
  'mean',
  'max',
  'max %',
  'unknown',
];

/** The errors as a table in Markdown, a line for each population, window, cut and figure. */
export function formatErrors(rows: readonly ErrorRow[]): string {
  const cells = rows
    .toSorted((a, b) => orderOf(a) - orderOf(b))
    .map((row) => [
      ...[row.population, row.window, row.cut, row.figure, row.complete, row.partial, row.wrong].map(String),
      ...[row.meanTruth, row.bias, row.meanError].map((value) => value.toFixed(1)),
      ...[row.maxError.toFixed(0), row.maxPercent.toFixed(1), row.meanUnknown.toFixed(1)],
    ]);
  return [head, head.map(() => '---'), ...cells].map((line) => line.join(' | ')).join('\n');
}

const cuts = ['total', 'network', 'client', 'fork_class'];
const populations = ['seen', 'alive', 'reachable', 'identified', 'inboundOnly'];

function orderOf({ population, window, cut, figure }: ErrorRow): number {
  const places = [
    populations.indexOf(population),
    window === 'now' ? 0 : 1,
    cuts.indexOf(cut),
    figure === 'ids' ? 0 : 1,
  ];
  return places.reduce((sum, place) => sum * 8 + place, 0);
}

/** Which kinds of nodes are missing or too many, per look. */
export function formatMissed(errors: readonly KindErrors[]): string {
  const lines = errors
    .toSorted((a, b) => b.missing + b.extra - a.missing - a.extra)
    .map(({ kind, population, window, looks, members, missing, extra }) => {
      const per = (sum: number): string => (sum / looks).toFixed(1);
      return [kind, population, window, per(members), per(missing), per(extra)];
    });
  const titles = ['kind', 'population', 'window', 'members', 'missing', 'too many'];
  return [titles, titles.map(() => '---'), ...lines].map((line) => line.join(' | ')).join('\n');
}
