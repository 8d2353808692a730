import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coverageTable } from './coverage.ts';

const file = (path: string, [lines, branches, functions]: readonly [number, number, number]) => ({
  path,
  ...{ totalLineCount: 10, coveredLineCount: lines },
  ...{ totalBranchCount: 4, coveredBranchCount: branches },
  ...{ totalFunctionCount: functions === 0 ? 0 : 2, coveredFunctionCount: functions },
});

test('coverage by folder, two levels deep, and in all', () => {
  const table = coverageTable([
    file('lib/errors.js', [10, 4, 2]),
    file('crawler/wire/a/b.js', [5, 1, 1]),
    file('crawler/wire/c.js', [10, 2, 2]),
    file('crawler/ports.js', [0, 0, 0]),
  ]);
  assert.deepEqual(
    table.split('\n').map((line) => line.trim().split(/ {2,}/)),
    [
      ['folder', 'lines %', 'branches %', 'functions %'],
      ['crawler', '0.0', '0.0', '–'],
      ['crawler/wire', '75.0', '37.5', '75.0'],
      ['lib', '100.0', '100.0', '100.0'],
      ['all', '62.5', '43.8', '83.3'],
    ],
  );
});
