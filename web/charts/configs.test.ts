import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNumbers } from '../i18n/numbers.ts';
import { linesConfig } from './linesConfig.ts';
import { rankedBarsConfig } from './rankedBarsConfig.ts';
import { shareBarConfig } from './shareBarConfig.ts';
import { stackedConfig } from './stackedConfig.ts';
import type { Theme } from './theme.ts';
import { formatValue } from './values.ts';

const theme: Theme = {
  series: ['#000001', '#000002', '#000003', '#000004', '#000005', '#000006', '#000007', '#000008'],
  other: '#00000a',
  untold: '#00000b',
  surface: '#00000c',
  line: '#00000d',
  ink: '#00000e',
  inkSoft: '#00000f',
  accent: '#000010',
  bad: '#000011',
  font: 'sans-serif',
};
const hour = 3_600_000;
const data = {
  from: 0,
  to: 24 * hour,
  series: [
    {
      key: 'a',
      label: 'A',
      slot: 1,
      points: [
        { x: 0, y: 1 },
        { x: hour, y: null },
        { x: 2 * hour, y: 3 },
      ],
    },
    {
      key: 'other',
      label: 'Other',
      slot: -1,
      points: [
        { x: 0, y: 2 },
        { x: hour, y: null },
        { x: 2 * hour, y: 4 },
      ],
    },
    { key: '', label: 'Untold', slot: -2, points: [] },
  ],
} as const;
const numbers = createNumbers('en');
const options = { narrow: false, marks: [{ at: hour, label: 'BPO2' }], numbers };

/** What of a chart is worth pinning: functions and shared looks aside. */
function shape(config: ReturnType<typeof linesConfig>) {
  return config.data.datasets.map(({ label, data: points, borderColor, backgroundColor, fill, spanGaps }) => ({
    label,
    points: points.map(({ x, y }) => [x, y]),
    borderColor,
    backgroundColor,
    fill,
    spanGaps,
  }));
}

test('lines: each its colour, gaps stay gaps, only the first is filled', () => {
  assert.deepEqual(shape(linesConfig(data, theme, options)), [
    {
      label: 'A',
      points: [
        [0, 1],
        [hour, Number.NaN],
        [2 * hour, 3],
      ],
      borderColor: '#000002',
      backgroundColor: '#0000021a',
      fill: 'origin',
      spanGaps: false,
    },
    {
      label: 'Other',
      points: [
        [0, 2],
        [hour, Number.NaN],
        [2 * hour, 4],
      ],
      borderColor: '#00000a',
      backgroundColor: '#00000a1a',
      fill: false,
      spanGaps: false,
    },
    { label: 'Untold', points: [], borderColor: '#00000b', backgroundColor: '#00000b1a', fill: false, spanGaps: false },
  ]);
});

test('layers lie on each other on a stacked axis that begins at nothing', () => {
  const config = stackedConfig(data, theme, options);
  assert.deepEqual(
    shape(config).map(({ fill }) => fill),
    ['origin', '-1', '-1'],
  );
  assert.equal(config.options?.scales?.y?.stacked, true);
  assert.equal(linesConfig(data, theme, options).options?.scales?.y?.stacked, false);
});

test('shares run from nothing to all, heads over where they are, ages from now; none of them is filled', () => {
  const axisOf = (values: 'share' | 'height' | 'seconds') => {
    const config = linesConfig(data, theme, { ...options, values });
    const y = config.options?.scales?.y as Record<string, unknown> & { ticks: { callback: (value: number) => string } };
    return {
      min: y.min,
      max: y.max,
      fromZero: y.beginAtZero,
      tick: y.ticks.callback,
      fill: config.data.datasets[0]?.fill,
    };
  };
  const share = axisOf('share');
  assert.deepEqual([share.min, share.max, share.tick(0.5), share.fill], [0, 1, '50%', false]);
  const height = axisOf('height');
  assert.deepEqual([height.min, height.fromZero, height.tick(24_000_000)], [undefined, false, '#24,000,000']);
  const age = axisOf('seconds');
  assert.deepEqual([age.fromZero, age.tick(240)], [true, '4 min']);
  assert.equal(formatValue('share', 0.0004, numbers), '<0.1%');
  assert.equal(formatValue('height', 24_001_424, numbers), '#24,001,424');
});

test('nothing moves, and the time axis is exactly the range', () => {
  const config = linesConfig(data, theme, options);
  assert.equal(config.options?.animation, false);
  assert.equal(config.options?.scales?.x?.min, 0);
  assert.equal(config.options?.scales?.x?.max, 24 * hour);
});

test('ticks fall on whole hours, fewer on a phone', () => {
  const count = (narrow: boolean): number => {
    const axis = linesConfig(data, theme, { ...options, narrow }).options?.scales?.x;
    const scale = { ticks: [] as { value: number }[] };
    axis?.afterBuildTicks?.(scale as never);
    assert.ok(scale.ticks.every(({ value }) => value % hour === 0));
    return scale.ticks.length;
  };
  assert.equal(count(false), 9);
  assert.equal(count(true), 5);
});

test('data given is never written into: Chart.js gets points of its own', () => {
  const before = JSON.stringify(data);
  const config = stackedConfig(data, theme, options);
  for (const dataset of config.data.datasets) for (const point of dataset.data) point.y = 99;
  assert.equal(JSON.stringify(data), before);
});

const rows = [
  { key: 'geth', label: 'Geth', slot: 0, value: 30 },
  { key: 'other', label: 'Other', slot: -1, value: 10 },
];

test('a share bar is as long as its whole, a part a dataset', () => {
  const config = shareBarConfig(rows, theme, numbers);
  assert.equal(config.options?.scales?.x?.max, 40);
  assert.deepEqual(
    config.data.datasets.map(({ label, data: values, backgroundColor }) => [label, values, backgroundColor]),
    [
      ['Geth', [30], '#000001'],
      ['Other', [10], '#00000a'],
    ],
  );
  assert.equal(shareBarConfig([], theme, numbers).options?.scales?.x?.max, 1);
});

test('ranked bars keep the order given', () => {
  const config = rankedBarsConfig(rows, theme, numbers);
  assert.deepEqual(config.data.labels, ['Geth', 'Other']);
  assert.deepEqual(config.data.datasets[0]?.data, [30, 10]);
  assert.deepEqual(config.data.datasets[0]?.backgroundColor, ['#000001', '#00000a']);
});

test('tooltips write numbers as the pages do', () => {
  const label = rankedBarsConfig(rows, theme, numbers).options?.plugins?.tooltip?.callbacks?.label;
  assert.equal(label?.call({} as never, { parsed: { x: 30 } } as never), '30  ·  75.0%');
  const title = linesConfig(data, theme, options).options?.plugins?.tooltip?.callbacks?.title;
  assert.equal(title?.call({} as never, [{ parsed: { x: 1_767_747_671_000 } }] as never), '2026-01-07 01:01 UTC');
});
