import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedStep, withGaps } from './gaps.ts';
import { firstValue, fitYoungData, lastValue, toLayers, toLines } from './timeSeries.ts';

const hour = 3_600_000;
const point = (hours: number, ids: number) => ({ at: new Date(hours * hour).toISOString(), ids, ips: ids - 1 });
const series = (key: string, points: ReturnType<typeof point>[]) => ({ key, label: key, points });
const name = (key: string) => ({ key, label: key.toUpperCase(), slot: 0 });

test('a hole is broken in its middle, a late census is not', () => {
  const points = [0, 1, 3, 9].map((hours) => ({ x: hours * hour, y: 5 }));
  assert.deepEqual(
    withGaps(points, hour).map(({ x, y }) => [x / hour, y]),
    [
      [0, 5],
      [1, 5],
      [3, 5],
      [6, null],
      [9, 5],
    ],
  );
});

test('the step of censuses is what is usual between them', () => {
  assert.equal(expectedStep([0, 10, 20, 31, 400], 'census'), 11);
  assert.equal(expectedStep([7], 'census'), 0);
  assert.equal(expectedStep([], 'hour'), hour);
  const hours = (...at: number[]) => at.map((time) => time * hour);
  assert.equal(expectedStep(hours(0, 1, 2, 9), 'hour'), hour);
  // A census every six hours is in no more than every sixth hour: that is no hole.
  assert.equal(expectedStep(hours(0, 6, 12, 18, 60), 'hour'), 6 * hour);
  assert.equal(expectedStep(hours(0, 6, 12, 18, 60), 'day'), 24 * hour);
});

test('lines take the figure asked for and keep their own holes', () => {
  const answers = [
    { resolution: 'hour' as const, series: [series('all', [point(0, 10), point(1, 11), point(8, 12)])] },
    { resolution: 'hour' as const, series: [] },
  ];
  const [line, none] = toLines(answers, 'ips', () => name('alive'));
  assert.equal(none, undefined);
  assert.deepEqual(
    line?.points.map(({ y }) => y),
    [9, 10, null, 11],
  );
});

test('layers share their times: zero where one is missing, broken where all are', () => {
  const answer = {
    resolution: 'hour' as const,
    series: [series('a', [point(0, 4), point(1, 4), point(9, 4)]), series('b', [point(1, 2), point(9, 3)])],
  };
  const layers = toLayers(answer, 'ids', name);
  assert.deepEqual(
    layers.map((layer) => layer.points.map(({ y }) => y)),
    [
      [4, 4, null, 4],
      [0, 2, null, 3],
    ],
  );
  const [first, second] = layers;
  assert.deepEqual(
    first?.points.map(({ x }) => x),
    second?.points.map(({ x }) => x),
  );
});

test('first and last values leap over gaps', () => {
  const layer = {
    ...name('a'),
    points: [
      { x: 0, y: null },
      { x: 1, y: 7 },
      { x: 2, y: 0 },
      { x: 3, y: null },
    ],
  };
  assert.deepEqual(firstValue(layer), { x: 1, y: 7 });
  assert.deepEqual(lastValue(layer), { x: 2, y: 0 });
  assert.equal(lastValue({ ...layer, points: [] }), null);
});

test('a young database is shown from its beginning, an old one over the range that was asked for', () => {
  const hour = 3_600_000;
  const series = (first: number) => [
    {
      key: 'a',
      label: 'a',
      slot: 0,
      points: [
        { x: first, y: 1 },
        { x: 100 * hour, y: 2 },
      ],
    },
  ];
  const young = fitYoungData({ from: 0, to: 100 * hour, series: series(90 * hour) });
  assert.equal(young.began, 90 * hour);
  assert.ok(young.data.from < 90 * hour && young.data.from > 89 * hour);
  const old = { from: 0, to: 100 * hour, series: series(20 * hour) };
  assert.deepEqual(fitYoungData(old), { data: old, began: null });
  const empty = fitYoungData({ from: 0, to: 100 * hour, series: [] });
  assert.ok(empty.data.from < empty.data.to);
});
