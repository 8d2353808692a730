import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sealers } from '../../../api/contract/raft.ts';
import { countSealing, sealerNames, toSealingRows } from './sealingRows.ts';

const start = Date.UTC(2026, 0, 1);
const [a, b, c] = ['a', 'b', 'c'].map((digit) => `0x${digit.repeat(40)}` as const) as [string, string, string];

function block(number: number, seconds: number, more: Partial<Sealers['timeline'][number]> = {}) {
  return {
    ...{ number: String(number), at: new Date(start + seconds * 1_000).toISOString(), sealer: a },
    ...{ round: 0, empty: true, missed: [], ...more },
  };
}

test('each block has a column and the time since the one before; a hole has a column too, and no time', () => {
  const rows = toSealingRows([block(0, -86_400), block(1, 0), block(2, 1), block(7, 9), block(8, 12)]);
  assert.deepEqual(
    rows.map(({ number, column, after }) => [number, column, after]),
    [
      ['1', 0, null],
      ['2', 1, 1],
      ['7', 3, null],
      ['8', 4, 3],
    ],
    'the first of the chain was sealed by nobody',
  );
  assert.deepEqual(toSealingRows([]), []);
});

test('a sealer whose clock is behind makes no block come before its parent', () => {
  assert.deepEqual(
    toSealingRows([block(1, 5), block(2, 4)]).map(({ after }) => after),
    [null, 0],
  );
});

test('turns missed are counted by sealer, most first; rounds that headers do not show are none', () => {
  const rows = toSealingRows([
    block(1, 0),
    block(2, 9, { round: 2, missed: [c, b] }),
    block(3, 10, { round: null, missed: [b] }),
  ]);
  const { missed, turns, rounds, longest } = countSealing(rows);
  assert.deepEqual(missed, [
    [b, 2],
    [c, 1],
  ]);
  assert.deepEqual([turns, rounds, longest?.number], [3, 2, '2']);
});

test('a sealer goes by its endpoint, else by its address in short', () => {
  const sealer = (address: string, node: string | null) => ({ address, node }) as Sealers['sealers'][number];
  const names = sealerNames({ sealers: [sealer(a, 'bank-a'), sealer(b, null)] });
  assert.deepEqual([names.get(a), names.get(b)], ['bank-a', '0xbbbb…bbbb']);
});
