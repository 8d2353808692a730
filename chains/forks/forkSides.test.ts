import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import { extendForkHash } from '../../p2p/wire/forkId.ts';
import { loadBuiltinNetworks } from '../networks/loadNetworks.ts';
import { type ForkIdCount, type ForkSides, forkSides } from './forkSides.ts';
import { learnForks } from './learnedForks.ts';

const networks = loadBuiltinNetworks();
const sepolia = networks.find(({ slug }) => slug === 'sepolia')!;
const mainnet = networks.find(({ slug }) => slug === 'mainnet')!;
const amsterdam = 1_791_294_816;
const before = { now: (amsterdam - 1) * 1000 };
const after = { now: (amsterdam + 60) * 1000 };

const count = (hash: string | Uint8Array, next: number | bigint, nodes: number): ForkIdCount => ({
  forkId: { hash: typeof hash === 'string' ? hexToBytes(hash) : hash, next: BigInt(next) },
  nodes,
});

function told({ sides, undecided, split }: ForkSides): string[] {
  const lines = sides.map(
    ({ kind, fork, nodes, syncing, counts }) =>
      `${kind} ${fork?.name ?? fork?.at ?? '?'}: ${nodes}+${syncing}${counts ? '' : ' small'}`,
  );
  return [...lines, `undecided ${undecided}`, split ? 'split' : 'whole'];
}

test('before the activation all keep each other, ready or not', () => {
  const counts = [count('268956b6', amsterdam, 60), count('268956b6', 0, 40), count('268956b6', amsterdam + 5, 3)];
  assert.deepEqual(told(forkSides(sepolia, counts, before)), ['followed BPO2: 103+0', 'undecided 0', 'whole']);
});

test('after it, those who missed it are a side; those who are still syncing belong to who takes them', () => {
  const counts = [
    count('6c1d9423', 0, 60),
    count('268956b6', 0, 40),
    count('268956b6', amsterdam, 7),
    count('fe3366e7', 1_735_371, 5),
    count('56078a1e', 1_761_607_008, 4),
  ];
  assert.deepEqual(told(forkSides(sepolia, counts, after)), [
    'followed Amsterdam: 60+7',
    'missed Amsterdam: 40+0',
    'undecided 9',
    'split',
  ]);
});

test('each missed fork is a side of its own; a handful is listed but makes no split', () => {
  const counts = [
    count('6c1d9423', 0, 1000),
    count('268956b6', 0, 9),
    count('56078a1e', 0, 2),
    count('ed88b5fd', 0, 1),
  ];
  assert.deepEqual(told(forkSides(sepolia, counts, after)), [
    'followed Amsterdam: 1000+0',
    'missed Amsterdam: 9+0 small',
    'missed BPO2: 2+0 small',
    'missed Osaka: 1+0 small',
    'undecided 0',
    'whole',
  ]);
});

test('those who went another way at the activation are a side', () => {
  const other = extendForkHash(hexToBytes('268956b6'), BigInt(amsterdam - 5));
  const counts = [count('6c1d9423', 0, 50), count(other, 0, 50)];
  assert.deepEqual(told(forkSides(sepolia, counts, after)), [
    'followed Amsterdam: 50+0',
    'unlisted ?: 50+0',
    'undecided 0',
    'split',
  ]);
});

test('an unlisted fork that was learned is named by its time', () => {
  const next = 1_785_000_000n;
  const announcements = Array.from({ length: 5 }, (_, i) => ({
    forkId: { hash: hexToBytes('07c9462e'), next },
    subnet: `10.0.${i}.0/24`,
  }));
  const learned = learnForks(mainnet, announcements, Date.UTC(2026, 5, 1));
  const hash = extendForkHash(hexToBytes('07c9462e'), next);
  const counts = [count(hash, 0, 50), count('07c9462e', next, 5), count('07c9462e', 0, 20)];
  const sides = forkSides(mainnet, counts, { now: Date.UTC(2026, 10, 22) }, learned);
  assert.deepEqual(told(sides), ['unlisted 1785000000: 50+5', 'followed BPO2: 20+0', 'undecided 0', 'split']);
  assert.equal(sides.sides[0] && bytesToHex(sides.sides[0].hash), bytesToHex(hash));
});

test('block forks of a private chain part at the head number', () => {
  const mordor = networks.find(({ slug }) => slug === 'mordor')!;
  const counts = [count('3a6b00d7', 0, 10), count('8c9b1797', 0, 10), count('8c9b1797', 9_957_000, 4)];
  const now = Date.UTC(2026, 10, 22);
  assert.deepEqual(told(forkSides(mordor, counts, { now, headNumber: 9_957_001n })), [
    'followed Spiral: 10+4',
    'missed Spiral: 10+0',
    'undecided 0',
    'split',
  ]);
  assert.deepEqual(told(forkSides(mordor, counts.slice(1), { now, headNumber: 9_956_999n })), [
    'followed Mystique: 14+0',
    'undecided 0',
    'whole',
  ]);
});

test('no nodes, no sides', () => {
  assert.deepEqual(told(forkSides(sepolia, [], after)), ['undecided 0', 'whole']);
});

test('a fork ID per node costs no more than the two hundred most announced', () => {
  const invented = Array.from({ length: 20_000 }, (_, i) => count('6c1d9423', 3_000_000_000 + i, 1));
  const judged = forkSides(sepolia, [...invented, count('6c1d9423', 0, 900), count('268956b6', 0, 400)], after);
  assert.deepEqual(told(judged), ['followed Amsterdam: 1098+0', 'missed Amsterdam: 400+0', 'undecided 0', 'split']);
  assert.equal(judged.unjudged, 20_000 - 198);
});
