import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForkClass } from '../contract/common.ts';
import { judgeReadiness, type ReadinessRow } from './judgeReadiness.ts';

const row = (client: string | null, version: string | null, forkClass: ForkClass, nodes: number): ReadinessRow => ({
  client,
  version,
  forkClass,
  nodes,
});

const rows = [
  row('geth', '1.17.5', 'ready', 40),
  row('geth', '1.17.5', 'conflicting', 1),
  row('geth', '1.16.9', 'current', 15),
  row('geth', '1.16.9', 'ready', 2),
  row('geth', '1.16.10', 'ready', 2),
  row('geth', '1.17.5-unstable', 'ready', 1),
  row('geth', null, 'current', 3),
  row('besu', '26.8.0', 'current', 10),
  row(null, null, 'ready', 6),
  row('geth', '1.10.0', 'outdated', 100),
  row('reth', '1.0.0', 'behind', 7),
  row('reth', '1.0.0', 'atGenesis', 8),
  row('reth', '1.0.0', 'ahead', 9),
  row('reth', '1.0.0', 'unknown', 11),
];

test('the share counts ready, current and conflicting; the rest stands beside it', () => {
  const readiness = judgeReadiness(rows);
  assert.deepEqual([readiness.ready, readiness.current, readiness.conflicting], [51, 28, 1]);
  assert.equal(readiness.share, 51 / 80);
  assert.deepEqual(readiness.leftOut, {
    atGenesis: 8,
    behind: 7,
    outdated: 100,
    ahead: 9,
    notYetKnown: 0,
    unknown: 11,
  });
});

test('by client and version, most nodes and newest version first', () => {
  const { clients } = judgeReadiness(rows);
  assert.deepEqual(
    clients.map(({ client, share }) => [client, share]),
    [
      ['geth', 45 / 64],
      ['besu', 0],
      [null, 1],
    ],
  );
  assert.deepEqual(
    clients[0]?.versions.map(({ version, share }) => [version, share]),
    [
      ['1.17.5', 40 / 41],
      ['1.17.5-unstable', 1],
      ['1.16.10', 1],
      ['1.16.9', 2 / 17],
      [null, 0],
    ],
  );
});

test('a client that announces another fork than the scheduled one, and nothing else, is listed with no share of ready', () => {
  const { share, clients } = judgeReadiness([
    row('geth', '1.17.5', 'ready', 3),
    row('erigon', '3.6.0', 'conflicting', 2),
    row('erigon', '3.5.0', 'outdated', 5),
  ]);
  assert.equal(share, 3 / 5);
  assert.deepEqual(clients[1], {
    ...{ client: 'erigon', ready: 0, current: 0, conflicting: 2, share: 0, lowestReady: null },
    versions: [{ version: '3.6.0', ready: 0, current: 0, conflicting: 2, share: 0 }],
  });
  assert.equal(clients.length, 2);
});

test('the lowest version seen ready, from as many nodes as asked for', () => {
  const lowest = (minNodes: number) =>
    judgeReadiness(rows, { minNodes }).clients.map(({ client, lowestReady }) => [client, lowestReady?.version ?? null]);
  assert.deepEqual(lowest(1), [
    ['geth', '1.16.9'],
    ['besu', null],
    [null, null],
  ]);
  assert.deepEqual(lowest(3)[0], ['geth', '1.17.5']);
});

test('of nobody there is no share', () => {
  assert.equal(judgeReadiness([]).share, null);
  assert.equal(judgeReadiness([row('geth', '1.0.0', 'outdated', 3)]).share, null);
});
