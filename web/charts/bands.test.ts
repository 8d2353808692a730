import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNumbers } from '../i18n/numbers.ts';
import { bandsConfig } from './bandsConfig.ts';
import { columnsConfig, fillColumns } from './columnsConfig.ts';
import { pausesConfig } from './pausesConfig.ts';
import type { Theme } from './theme.ts';
import { turnsConfig } from './turnsConfig.ts';

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

test('bands: a lane each, nobody in the colour of what should not be, the unsure ones paler, none too thin to see', () => {
  const bands = [
    { from: 0, to: hour, lane: 'A', slot: 1, faint: false, label: 'A led' },
    { from: hour, to: hour + 1, lane: 'Nobody', slot: -1, faint: false, label: 'none' },
    { from: hour + 1, to: 2 * hour, lane: 'A', slot: 1, faint: true, label: 'A, unsure' },
  ];
  const { data, options } = bandsConfig({ lanes: ['A', 'Nobody'], bands, from: 0, to: 2 * hour }, theme, false);
  const [set] = data.datasets;
  assert.deepEqual(
    set?.data,
    bands.map(({ from, to, lane }) => ({ x: [from, to], y: lane })),
  );
  assert.deepEqual(set?.backgroundColor, ['#000002', '#000011', '#00000273']);
  const unknown = bands.map((band) => ({ ...band, slot: null }));
  const [grey] = bandsConfig({ lanes: ['A', 'Nobody'], bands: unknown, from: 0, to: hour }, theme, false).data.datasets;
  assert.doesNotMatch(JSON.stringify(grey?.backgroundColor), new RegExp(theme.bad), 'what is not known is not bad');
  assert.ok(Number(set?.minBarLength) >= 2);
  assert.deepEqual([options?.scales?.x?.min, options?.scales?.x?.max], [0, 2 * hour]);
});

test('columns: every hour of the range, zero where nothing happened', () => {
  const columns = fillColumns([{ at: 2 * hour, value: 3 }], hour + 5, 4 * hour, 'hour');
  assert.deepEqual(
    columns.map(({ at, value }) => [at / hour, value]),
    [
      [1, 0],
      [2, 3],
      [3, 0],
    ],
  );
  assert.deepEqual(
    columnsConfig(columns, 'Changes', theme, false, createNumbers('en')).data.datasets[0]?.data,
    [0, 3, 0],
  );
  assert.equal(fillColumns([], 0, 72 * hour, 'day').length, 3);
});

test('turns and pauses: the same columns in both, a missed turn an empty box, a block after one in its colour', () => {
  const turns = [
    { column: 0, lane: 'A', slot: 0, missed: false, told: ['1'] },
    { column: 1, lane: 'B', slot: -1, missed: true, told: ['B missed'] },
    { column: 1, lane: 'A', slot: 0, missed: false, told: ['2'] },
  ];
  const ticks = [{ column: 1, label: ['#2', '00:00:01'] }];
  const above = turnsConfig({ lanes: ['A', 'B'], columns: 2, turns, ticks, margin: 90 }, theme);
  const [boxes] = above.data.datasets;
  assert.deepEqual(
    boxes?.data.map((each) => (typeof each === 'object' && 'y' in each ? each.y : null)),
    ['A', 'B', 'A'],
  );
  assert.deepEqual(boxes?.backgroundColor, ['#000001', '#0000111f', '#000001']);
  assert.deepEqual(boxes?.borderColor, ['transparent', '#000011', 'transparent']);
  const pauses = [{ column: 1, seconds: 3, late: true, told: [] }];
  const below = pausesConfig({ columns: 2, pauses, ticks, margin: 90 }, theme, createNumbers('en'));
  assert.deepEqual(below.data.datasets[0]?.data, [{ x: 1, y: 3 }]);
  assert.deepEqual(below.data.datasets[0]?.backgroundColor, ['#000011']);
  for (const { options } of [above, below]) {
    assert.deepEqual(
      [options?.scales?.x?.min, options?.scales?.x?.max, options?.scales?.x?.offset],
      [-0.5, 1.5, false],
    );
  }
});
