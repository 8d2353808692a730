import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordScenario } from '../testkit/raftAnswers.ts';
import type { RaftFault } from '../testkit/raftModel.ts';
import { parseRound } from './ask/parseRound.ts';
import { judgeDefaults } from './judge/judgeConfig.ts';
import { judgeRound, startJudge } from './judge/judgeRounds.ts';
import { type AlertBook, quietBook, raftAlertDefaults, readRaftAlerts } from './raftAlerts.ts';

function alertsOf(faults: readonly RaftFault[], forMs: number, churnWindowMs = 60_000): readonly string[] {
  const config = { ...judgeDefaults, cluster: 'c', endpoints: ['1', '2', '3'], churnWindowMs };
  const rounds = recordScenario(
    { seed: 3, nodes: 3, faults },
    { fromMs: 4_000, forMs, intervalMs: 500, skewMs: 100, lossShare: 0 },
  );
  let judge = startJudge();
  let book: AlertBook = quietBook;
  const told: string[] = [];
  for (const round of rounds) {
    const judgement = judgeRound(judge, parseRound(round), config);
    judge = judgement.state;
    const read = readRaftAlerts(book, 'c', judgement, config, raftAlertDefaults);
    book = read.book;
    for (const { name, endsAt } of read.changed) told.push(`${name} ${endsAt === null ? 'fires' : 'ends'}`);
  }
  assert.equal(book.firing.size, 0, 'all has ended');
  return told;
}

test('a quiet cluster and a rolling restart raise nothing', () => {
  assert.deepEqual(alertsOf([], 60_000), []);
  const rolling = [1, 2, 3].flatMap((node): RaftFault[] => [
    { at: 2_000 + node * 20_000, kind: 'kill', node },
    { at: 10_000 + node * 20_000, kind: 'start', node },
  ]);
  assert.deepEqual(alertsOf(rolling, 120_000, 900_000), []);
});

test('churn fires and resolves; each is told once', () => {
  const told = alertsOf([{ at: 10_000, kind: 'churn', everyMs: 70_000, forMs: 420_000 }], 1_400_000, 400_000);
  assert.deepEqual(told, ['RaftLeaderChurn fires', 'RaftLeaderChurn ends']);
});

test('elections in a burst are critical', () => {
  const told = alertsOf([{ at: 10_000, kind: 'churn', everyMs: 4_000, forMs: 40_000 }], 300_000);
  assert.ok(told.includes('RaftLeaderChurnSevere fires') && told.includes('RaftLeaderChurnSevere ends'));
  assert.ok(!told.includes('RaftLeaderChurn fires'), 'its milder form is hidden');
});

test('a lost quorum fires after its time and hides the missing leader', () => {
  const told = alertsOf(
    [
      { at: 10_000, kind: 'kill', node: 'follower' },
      { at: 10_040, kind: 'kill', node: 'follower' },
      { at: 60_000, kind: 'start', node: 'follower' },
    ],
    90_000,
  );
  assert.deepEqual(told, ['RaftQuorumLost fires', 'RaftQuorumLost ends']);
  const short = alertsOf(
    [
      { at: 10_000, kind: 'kill', node: 'follower' },
      { at: 10_040, kind: 'kill', node: 'follower' },
      { at: 30_000, kind: 'start', node: 'follower' },
    ],
    90_000,
  );
  assert.deepEqual(short, []);
});

test('a partition with two minters warns, then is critical, then ends', () => {
  const told = alertsOf(
    [
      { at: 10_000, kind: 'isolate', node: 'leader' },
      { at: 100_000, kind: 'healAll' },
    ],
    140_000,
    900_000,
  );
  assert.deepEqual(
    told,
    [
      'RaftMultipleMinters fires',
      'RaftMultipleMintersLasting fires',
      'RaftMultipleMintersLasting ends',
      'RaftMultipleMinters ends',
    ].sort((a, b) => told.indexOf(a) - told.indexOf(b)),
  );
  assert.equal(told.length, 4);
});

test('churn that one node alone reports is told as such, and never as severe', () => {
  const config = { ...judgeDefaults, cluster: 'c', endpoints: ['1'] };
  const faults: readonly RaftFault[] = [{ at: 6_000, kind: 'churn', everyMs: 4_000, forMs: 60_000 }];
  const rounds = recordScenario(
    { seed: 3, nodes: 3, faults },
    { fromMs: 4_000, forMs: 70_000, intervalMs: 500, skewMs: 0, lossShare: 0 },
  );
  let judge = startJudge();
  let book: AlertBook = quietBook;
  const told: string[] = [];
  for (const { t, nodes } of rounds) {
    const judgement = judgeRound(judge, parseRound({ t, nodes: { '1': nodes['1']! } }), config);
    judge = judgement.state;
    const read = readRaftAlerts(book, 'c', judgement, config, raftAlertDefaults);
    book = read.book;
    told.push(...read.changed.map(({ name, summary }) => `${name}: ${summary}`));
  }
  assert.equal(told.length, 1, told.join());
  assert.match(told[0] ?? '', /^RaftLeaderChurn: .* as reported by too few nodes to confirm it$/);
});
