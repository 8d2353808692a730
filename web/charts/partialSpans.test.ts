import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PartialReason } from '../../api/contract/common.ts';
import { partialSpans, standingsOf, uniteSpans } from './partialSpans.ts';
import { partialOf, toLayers, toLines } from './timeSeries.ts';

const hour = 3_600_000;
const t0 = Date.UTC(2026, 10, 23);
const point = (hours: number, partial: PartialReason | null, looked = 10) => ({
  at: new Date(t0 + hours * hour).toISOString(),
  due: 10,
  looked,
  watched: 1,
  unknown: null,
  partial,
});
const coverage = [
  point(0, 'firstHours', 4),
  point(1, 'firstHours'),
  point(2, null),
  point(6, 'crawlerAway', 2),
  point(7, 'crawlerAway'),
  point(8, 'starved', 5),
  point(12, 'starved'),
];

test('spans follow each other, one a reason, and end where nothing was counted', () => {
  const hours = partialSpans(coverage, hour).map(({ from, to, reason }) => [
    (from - t0) / hour,
    (to - t0) / hour,
    reason,
  ]);
  assert.deepEqual(hours, [
    [-0.5, 1.5, 'firstHours'],
    [5.5, 7.5, 'crawlerAway'],
    [7.5, 8.5, 'starved'],
    [11.5, 12.5, 'starved'],
  ]);
  const spans = partialSpans(coverage, hour);
  assert.deepEqual(uniteSpans([spans, spans.slice(1)]), spans);
  assert.deepEqual(partialSpans([], 0), []);
});

test('a line breaks where most was not looked at, is marked where some was not, and never falls', () => {
  assert.deepEqual([...standingsOf(coverage).values()], ['blind', 'partial', 'blind', 'partial', 'partial', 'partial']);
  const points = coverage.map(({ at }) => ({ at, ids: 3, ips: 2 }));
  const answer = { resolution: 'hour' as const, coverage, series: [{ key: 'all', label: 'all', points }] };
  const named = () => ({ key: 'all', label: 'all', slot: 0 });
  for (const [series] of [toLines([answer], 'ids', named), toLayers(answer, 'ids', named)]) {
    const drawn = series?.points.filter(({ x }) => coverage.some(({ at }) => Date.parse(at) === x));
    assert.deepEqual(
      drawn?.map(({ y, partial = false }) => [y, partial]),
      [
        [null, false],
        [3, true],
        [3, false],
        [null, false],
        [3, true],
        [3, true],
        [3, true],
      ],
    );
  }
  assert.equal(partialOf([answer, answer]).length, 4);
  const { coverage: _none, ...before } = answer;
  assert.deepEqual(partialOf([before]), [], 'of a version that did not note it');
});
