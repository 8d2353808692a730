import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { planRun } from '../simulatedNetwork/simulatedRun.ts';
import { standInCurve } from '../standInCurve.ts';
import { keyOf, type Span, TrueCounts, type TruthSources } from './trueCounts.ts';

const minute = 60_000;
const hour = 60 * minute;
const startedAt = Date.UTC(2027, 0, 4, 9);
const geth = 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0';
const besu = 'besu/v26.8.0/linux-x86_64/openjdk-java-21';

const scenario = parseScenario(
  JSON.stringify({
    version: 1,
    seed: 1,
    networks: [{ slug: 'strange', own: { consensus: 'pow', networkId: 9, forks: [] }, head: 5 }],
    nodes: [
      { name: 'open', count: 4, client: geth, network: 'mainnet' },
      { name: 'full', count: 3, client: geth, network: 'mainnet', reachability: 'busy' },
      { name: 'nameless', count: 1, client: geth, network: 'mainnet', reachability: 'busy', record: 'none' },
      { name: 'nat', count: 2, client: besu, network: 'sepolia', calls: '40m' },
      { name: 'strange', count: 1, client: besu, network: 'strange' },
      { name: 'genesis', count: 1, client: besu, network: 'mainnet', forkId: 'genesis' },
      { name: 'dead', count: 5, client: 'none', network: 'mainnet', reachability: 'dead' },
      { name: 'hidden', count: 1, client: geth, network: 'sepolia' },
    ],
    faults: [{ kind: 'nodesDown', at: '1h', group: 'open', share: 0.5 }],
  }),
  'the test',
);

function countsAt(at: number, more: Partial<TruthSources> = {}) {
  const { run } = planRun({ curve: standInCurve, now: () => startedAt, scenario, startedAt, second: 90 }, () => {});
  const known = new Set(['mainnet', 'sepolia']);
  const always: readonly Span[] = [[startedAt, Number.POSITIVE_INFINITY]];
  const sources: TruthSources = {
    ...{ nodes: run.truth, groups: scenario.nodes, calls: [], lies: [], starts: [startedAt], startedAt, known },
    ...{ scopes: known, visible: (group) => (group === 'hidden' ? [] : always), ...more },
  };
  const counts = new TrueCounts(sources).at(startedAt + at);
  return (network: string, population: string, window: string, cut = 'total', ...key: string[]) =>
    counts.get(keyOf({ network, population, window, cut, key }))?.ids ?? 0;
}

test('a node counts until the window has passed over the last moment at which it would have passed the test', () => {
  const before = countsAt(2 * hour);
  assert.deepEqual([before('all', 'alive', 'now'), before('all', 'reachable', 'now')], [10, 10]);
  const after = countsAt(3 * hour + minute);
  assert.deepEqual([after('all', 'alive', 'now'), after('all', 'alive', 'day')], [8, 10]);
});

test('who refuses tells no client, who tells nothing is on no network, and what nobody can see is only named', () => {
  const count = countsAt(30 * minute);
  assert.deepEqual([count('all', 'identified', 'now'), count('all', 'reachable', 'now')], [6, 10]);
  assert.deepEqual(
    [count('all', 'reachable', 'now', 'client', ''), count('all', 'alive', 'now', 'client', 'geth')],
    [4, 4],
  );
  assert.equal(count('mainnet', 'alive', 'now'), 7);
  const networks = ['mainnet', 'ambiguous', ''].map((slug) => count('all', 'alive', 'now', 'network', slug));
  assert.deepEqual(
    networks,
    [7, 1, 2],
    'one at a genesis of two chains; one without a record and one on a strange chain',
  );
  assert.deepEqual([count('all', 'seen', 'now'), count('sepolia', 'alive', 'now')], [18, 0]);
});

test('behind NAT a node is there when it has called, and inbound only', () => {
  const at = startedAt + 10 * minute;
  const calls = [
    { index: 8, at, over: 'udp' },
    { index: 8, at: at + 1_000, over: 'tcp' },
    { index: 9, at, over: 'udp' },
  ] as const;
  const count = countsAt(30 * minute, { calls });
  assert.deepEqual(
    ['alive', 'reachable', 'identified', 'inboundOnly'].map((population) => count('sepolia', population, 'now')),
    [2, 0, 1, 1],
  );
  assert.equal(count('sepolia', 'alive', 'now', 'client', 'besu'), 1);
  const later = countsAt(3 * hour, { calls });
  assert.deepEqual([later('sepolia', 'alive', 'now'), later('sepolia', 'inboundOnly', 'day')], [0, 1]);
});

test('of what liars make up each crawler believes 16 names a liar', () => {
  const lies = Array.from({ length: 40 }, (_, n) => ({ index: 3, at: startedAt + n, ip: `45.90.1.${n}` }));
  assert.equal(countsAt(hour, { lies })('all', 'seen', 'now'), 18 + 16);
  assert.equal(countsAt(hour, { lies, starts: [startedAt, startedAt + 20] })('all', 'seen', 'now'), 18 + 32);
  assert.equal(countsAt(3 * hour, { lies })('all', 'seen', 'now'), 18);
});
