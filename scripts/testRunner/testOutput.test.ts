import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeEnd, noTotals, paint, readOutput } from './testOutput.ts';

/** As node's spec reporter ends. */
const totals = (tests: number, fail: number, cancelled = 0, skipped = 0) =>
  [
    ...[`ℹ tests ${tests}`, 'ℹ suites 1', `ℹ pass ${tests - fail - cancelled - skipped}`, `ℹ fail ${fail}`],
    ...[`ℹ cancelled ${cancelled}`, `ℹ skipped ${skipped}`, 'ℹ todo 0', 'ℹ duration_ms 12.5', ''],
  ].join('\n');
const failing = '\n✖ failing tests:\n\ntest at a.test.ts:3:1\n✖ bad (1ms)\n  Error: why\n';

test('a file that passed: its totals, and its lines without them', () => {
  const read = readOutput({ stdout: `✔ good (1ms)\n${totals(3, 0)}`, stderr: 'a warning\n', end: 0 });
  assert.deepEqual(read, {
    totals: { ...noTotals, tests: 3, suites: 1, pass: 3 },
    body: '✔ good (1ms)\na warning\n',
    failures: null,
  });
});

test('a block that a test printed itself is none', () => {
  const read = readOutput({ stdout: `${totals(9, 9)}✔ good\n${totals(2, 0)}`, stderr: '', end: 0 });
  assert.deepEqual([read.totals.tests, read.failures], [2, null]);
});

test('what failed is told in full, cancelled tests too', () => {
  const read = readOutput({ stdout: `✖ bad\n${totals(3, 1)}${failing}`, stderr: '', end: 1 });
  assert.equal(read.failures, 'test at a.test.ts:3:1\n✖ bad (1ms)\n  Error: why');
  assert.equal(readOutput({ stdout: `${totals(3, 0, 1)}${failing}`, stderr: '', end: 1 }).totals.cancelled, 1);
});

test('a file that ends before its tests, by a crash or a timeout, is a failed test with all that it printed', () => {
  const read = readOutput({ stdout: '✔ good\n', stderr: 'Error: gone\n', end: 'SIGTERM' });
  assert.deepEqual(read.totals, { ...noTotals, tests: 1, fail: 1 });
  assert.equal(read.failures, 'ended with SIGTERM before its tests did\n✔ good\nError: gone');
});

test('a file that ends badly after tests that all passed has failed', () => {
  const read = readOutput({ stdout: totals(2, 0), stderr: 'late\n', end: 7 });
  assert.deepEqual([read.totals.tests, read.totals.pass, read.totals.fail], [3, 2, 1]);
  assert.equal(read.failures, 'ended with 7 after its tests\nlate');
});

test('a run ends as node’s runner does: totals once, then each failed file with what failed', () => {
  const results = new Map([
    ['a.test.ts', readOutput({ stdout: `✖ bad\n${totals(3, 1)}${failing}`, stderr: '', end: 1 })],
    [
      'b.test.ts',
      readOutput({ stdout: `  ﹣ page (1ms) # no x: install x\n${totals(4, 0, 0, 1)}`, stderr: '', end: 0 }),
    ],
  ]);
  assert.equal(
    describeEnd(results, 1_500.4),
    [
      ...['ℹ tests 7', 'ℹ suites 2', 'ℹ pass 5', 'ℹ fail 1', 'ℹ cancelled 0', 'ℹ skipped 1', 'ℹ todo 0'],
      ...['ℹ duration_ms 1500', '﹣ 1 skipped: no x: install x', '', '✖ failing tests:', ''],
      ...['✖ a.test.ts: 1 of 3 failed', 'test at a.test.ts:3:1', '✖ bad (1ms)', '  Error: why'],
    ].join('\n'),
  );
});

test('lines are painted by their marks, whole lines and nothing else', () => {
  const bare = ['✔ good', '  ✖ bad', 'ℹ tests 2', '  ﹣ left out # SKIP', 'plain ✔'];
  const painted = paint(bare.join('\n')).split('\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told begins with one
  const codes = /\u001b\[(\d+)m/g;
  assert.deepEqual(
    painted.map((line) => line.replaceAll(codes, '')),
    bare,
  );
  assert.deepEqual(
    painted.map((line) => [...line.matchAll(codes)].map(([, code]) => code)),
    [['32', '39'], ['31', '39'], ['34', '39'], ['90', '39'], []],
  );
});
