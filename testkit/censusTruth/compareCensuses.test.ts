import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareCensuses } from './compareCensuses.ts';
import { coverageKey, type PublishedCensus } from './readCensuses.ts';
import { keyOf } from './trueCounts.ts';

const alive = { network: 'all', population: 'alive', window: 'now', cut: 'total', key: [] };
const key = keyOf(alive);

function census(ids: number, ips: number, coverage?: { partial: string | null; unknown: number }): PublishedCensus {
  const { partial, unknown = 0 } = coverage ?? { partial: null };
  const figures = { partial, unknown: { ids: unknown, ips: unknown } };
  return {
    at: 1,
    counts: new Map([[key, { ids, ips }]]),
    coverage: new Map(coverage === undefined ? [] : [[coverageKey('all', 'alive', 'now'), figures]]),
  };
}

const wrongOf = (one: PublishedCensus, truth: number) =>
  compareCensuses([one], () => new Map(truth === 0 ? [] : [[key, { ids: truth, ips: truth }]])).wrong.map(
    ({ figure }) => figure,
  );

test('a count is wrong when it is off by more than half a per cent and by more than it says that it does not know', () => {
  assert.deepEqual(wrongOf(census(1_000, 1_000), 1_005), []);
  assert.deepEqual(wrongOf(census(1_000, 1_000), 1_006), ['ids', 'ips']);
  assert.deepEqual(wrongOf(census(1_012, 1_000), 1_006), ['ids', 'ips'], 'too many as well as too few');
  assert.deepEqual(wrongOf(census(1_000, 999, { partial: null, unknown: 6 }), 1_006), ['ips']);
  assert.deepEqual(wrongOf(census(0, 0, { partial: 'crawlerAway', unknown: 0 }), 1_006), [], 'it is marked');
});

test('a network of all nodes may be off by what is not known of it; mere names on none by that of all networks', () => {
  const of = (network: string) => ({
    network: 'all',
    population: 'seen',
    window: 'now',
    cut: 'network',
    key: [network],
  });
  const coverage = new Map(
    (['all', 'mainnet', 'hoodi'] as const).map((network, index) => [
      coverageKey(network, 'seen', 'now'),
      { partial: null, unknown: { ids: index, ips: index } },
    ]),
  );
  const wrong = (network: string, error: number) => {
    const counts = new Map([[keyOf(of(network)), { ids: 100 + error, ips: 100 + error }]]);
    const truth = new Map([[keyOf(of(network)), { ids: 100, ips: 100 }]]);
    return compareCensuses([{ at: 1, counts, coverage }], () => truth).wrong.length;
  };
  assert.deepEqual([wrong('mainnet', -1), wrong('mainnet', -2)], [0, 2]);
  assert.deepEqual([wrong('hoodi', -2), wrong('hoodi', -3)], [0, 2]);
  assert.deepEqual([wrong('', 3), wrong('', 4)], [0, 2]);
});

test('what was not published and what is not so are compared too', () => {
  const nothing = { at: 1, counts: new Map(), coverage: new Map() };
  assert.deepEqual(wrongOf(nothing, 3), ['ids', 'ips']);
  assert.deepEqual(wrongOf(census(2, 0), 0), ['ids']);
});

test('the table has a line for each figure, with what was marked and how far the others are off', () => {
  const truth = () => new Map([[key, { ids: 100, ips: 100 }]]);
  const marked = { partial: 'firstHours', unknown: 0 };
  const { rows } = compareCensuses([census(100, 90), census(96, 100), census(0, 0, marked)], truth);
  const [ids, ips] = rows;
  assert.deepEqual([ids?.complete, ids?.partial, ids?.wrong, ids?.maxError, ids?.bias], [2, 1, 1, 4, -2]);
  assert.deepEqual([ips?.meanError, ips?.maxPercent, ips?.meanTruth], [5, 10, 100]);
});
