import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBuiltinNetworks } from '../networks/loadNetworks.ts';
import { type ForkIdCount, forkSides } from './forkSides.ts';
import { type ForkSplitState, judgeForkSplit } from './forkSplit.ts';

const sepolia = loadBuiltinNetworks().find(({ slug }) => slug === 'sepolia')!;
const amsterdam = sepolia.forks.at(-1)!;
const before = sepolia.forkHashes.at(-2)!;
const after = sepolia.forkHashes.at(-1)!;
const activation = Number(amsterdam.at) * 1_000;
const minute = 60_000;

const count = (hash: Uint8Array, next: bigint, nodes: number): ForkIdCount => ({ forkId: { hash, next }, nodes });

function run(rounds: readonly (readonly [minutes: number, counts: readonly ForkIdCount[]])[]) {
  let state: ForkSplitState = { at: 'whole' };
  return rounds.map(([minutes, counts]) => {
    const now = activation + minutes * minute;
    const judgement = judgeForkSplit(state, now, forkSides(sepolia, counts, { now }));
    state = judgement.state;
    return `${judgement.event ?? state.at}: ${judgement.sides.map(({ kind, nodes }) => `${kind} ${nodes}`).join(', ')}`;
  });
}

test('before the activation nobody is apart; after it who never knew of the fork is a side', () => {
  const ready = [count(before, amsterdam.at, 60), count(before, 0n, 40)];
  const parted = [count(after, 0n, 60), count(before, 0n, 40)];
  assert.deepEqual(
    run([
      [-20, ready],
      [-10, ready],
      // The ready ones were not asked again yet: they may be anywhere, and are no side.
      [1, ready],
      [10, parted],
      [15, parted],
      [20, parted],
      [30, parted],
      [60, [count(after, 0n, 100)]],
      [119, [count(after, 0n, 100)]],
      [120, [count(after, 0n, 100)]],
    ]),
    [
      'whole: ',
      'whole: ',
      'whole: ',
      'suspected: followed 60, missed 40',
      'suspected: followed 60, missed 40',
      'opened: followed 60, missed 40',
      'open: followed 60, missed 40',
      'open: ',
      'open: ',
      'closed: ',
    ],
  );
});

test('who comes back within the hour keeps the split open', () => {
  const parted = [count(after, 0n, 60), count(before, 0n, 40)];
  const whole = [count(after, 0n, 100)];
  assert.deepEqual(
    run([
      [0, parted],
      [10, parted],
      [20, whole],
      [70, parted],
      [80, whole],
      [139, whole],
    ]).map((line) => line.split(':')[0]),
    ['suspected', 'opened', 'open', 'open', 'open', 'open'],
  );
});

test('two stragglers, and whoever missed a fork long ago, part no network', () => {
  const parted = [count(after, 0n, 60), count(before, 0n, 2)];
  const longAgo = [count(after, 0n, 60), count(before, 0n, 40)];
  assert.deepEqual(
    run([
      [0, parted],
      [10, parted],
      [31 * 24 * 60, longAgo],
      [31 * 24 * 60 + 10, longAgo],
    ]),
    ['whole: ', 'whole: ', 'whole: ', 'whole: '],
  );
});
