import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { type AlertBook, openBook, quietBook } from '../../notify/alertBook.ts';
import type { Notice } from '../../notify/notice.ts';
import { recordScenario } from '../../testkit/raftAnswers.ts';
import type { RaftFault } from '../../testkit/raftModel.ts';
import { parseRecording, parseRound } from '../ask/parseRound.ts';
import { judgeDefaults } from '../judge/judgeConfig.ts';
import { judgeRound, startJudge } from '../judge/judgeRounds.ts';
import type { ClusterAbout } from './alertRules.ts';
import { readRaftAlerts } from './raftAlerts.ts';

const about: ClusterAbout = {
  cluster: 'c',
  kind: 'goQuorum',
  page: 'https://forkscope.example/raft/c',
  clockOffsets: new Map(),
};

/** What was told, as targets are told it: each version of a notice once. */
function alertsOf(faults: readonly RaftFault[], forMs: number, churnWindowMs = 60_000): readonly string[] {
  return noticesOf(faults, forMs, churnWindowMs).map(
    ({ name, endsAt }) => `${name} ${endsAt === null ? 'fires' : 'ends'}`,
  );
}

/** At each of `restarts`, ms, the watcher forgets everything that is not in the database. */
function noticesOf(
  faults: readonly RaftFault[],
  forMs: number,
  churnWindowMs = 60_000,
  restarts: readonly number[] = [],
  nodes = 3,
  to: ClusterAbout = about,
): readonly Notice[] {
  const endpoints = Array.from({ length: nodes }, (_, index) => String(index + 1));
  const config = { ...judgeDefaults, cluster: 'c', endpoints, churnWindowMs };
  const rounds = recordScenario(
    { seed: 3, nodes, faults },
    { fromMs: 4_000, forMs, intervalMs: 500, skewMs: 100, lossShare: 0 },
  );
  let judge = startJudge();
  let book: AlertBook = quietBook;
  const told = new Map<string, Notice>();
  const due = [...restarts];
  for (const round of rounds) {
    if (round.t >= (due[0] ?? Number.POSITIVE_INFINITY)) {
      due.shift();
      const { changes, on: churning } = judge.churn;
      const { stall } = judge.overlays;
      judge = startJudge({ leader: judge.leadership.lastConfirmed, changes, churning, stall });
      book = openBook([...book.open.values()]);
    }
    const judgement = judgeRound(judge, parseRound(round), config);
    judge = judgement.state;
    const read = readRaftAlerts(book, to, judgement, config);
    book = read.book;
    for (const { notice, version } of read.changed) {
      const key = `${notice.kind} ${notice.startsAt} ${version}`;
      if (!told.has(key)) told.set(key, notice);
    }
  }
  assert.equal(book.open.size, 0, 'all has ended');
  return [...told.values()];
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

test('a partition is one notice: it warns, becomes critical, and ends', () => {
  const notices = noticesOf(
    [
      { at: 10_000, kind: 'isolate', node: 'leader' },
      { at: 100_000, kind: 'healAll' },
    ],
    140_000,
    900_000,
  );
  assert.deepEqual(
    notices.map(({ name, severity, endsAt }) => [name, severity, endsAt !== null]),
    [
      ['RaftMultipleMinters', 'warning', false],
      ['RaftMultipleMintersLasting', 'critical', false],
      ['RaftMultipleMintersLasting', 'critical', true],
    ],
  );
  assert.equal(new Set(notices.map(({ startsAt }) => startsAt)).size, 1, 'one incident');
  assert.deepEqual(
    notices.at(-1)?.parts.map(({ name, endsAt }) => [name, endsAt !== null]),
    [
      ['RaftMultipleMintersLasting', true],
      ['RaftMultipleMinters', true],
    ],
  );
});

test('a notice says who, with how many votes, and what may become of transactions', () => {
  const [warning, critical] = noticesOf(
    [
      { at: 10_000, kind: 'isolate', node: 'leader' },
      { at: 100_000, kind: 'healAll' },
    ],
    140_000,
    900_000,
  );
  assert.match(
    warning?.summary ?? '',
    /^2 nodes of c claim to lead: \d \(Raft ID \d\) and \d \(Raft ID \d\)\. \d \(Raft ID \d\) leads with 2 of 3 votes$/,
  );
  assert.match(warning?.description ?? '', /may be lost or delayed/);
  assert.match(critical?.description ?? '', /may be lost or delayed/);
  assert.equal(warning?.page, 'https://forkscope.example/raft/c');
  const [lost] = noticesOf(
    [
      { at: 10_000, kind: 'kill', node: 'follower' },
      { at: 10_040, kind: 'kill', node: 'follower' },
      { at: 60_000, kind: 'start', node: 'follower' },
    ],
    90_000,
  );
  assert.equal(lost?.summary, 'c commits nothing: 1 of 3 voters is in contact, 2 are needed');
  assert.match(
    lost?.description ?? '',
    /^Start the missing nodes: \d \(Raft ID \d\) and \d \(Raft ID \d\) give no view\./,
  );
});

test('notices of etcd speak of etcd: IDs as etcdctl shows them, no minters, no transactions, its own port', () => {
  const told = (forMs: number, ...faults: readonly RaftFault[]) =>
    noticesOf(faults, forMs, 60_000, [], 3, { ...about, kind: 'etcd' })
      .flatMap(({ summary, description, parts }) => [summary, description, ...parts.map((part) => part.summary)])
      .join('\n');
  const lost = told(
    90_000,
    { at: 10_000, kind: 'kill', node: 'follower' },
    { at: 10_040, kind: 'kill', node: 'follower' },
    { at: 60_000, kind: 'start', node: 'follower' },
  );
  assert.match(lost, /Start the missing nodes: \d \([0-9a-f]+\) and \d \([0-9a-f]+\) give no view\. .*no write/);
  const apart = told(140_000, { at: 10_000, kind: 'isolate', node: 'leader' }, { at: 100_000, kind: 'healAll' });
  const split = told(300_000, ...[1, 2, 3].map((node): RaftFault => ({ at: 10_000, kind: 'isolate', node })), {
    at: 200_000,
    kind: 'healAll',
  });
  const churn = told(300_000, { at: 10_000, kind: 'churn', everyMs: 4_000, forMs: 40_000 });
  const alone = told(140_000, { at: 10_000, kind: 'isolate', node: 'follower' }, { at: 100_000, kind: 'healAll' });
  assert.match(alone, /follows no leader/);
  assert.doesNotMatch(alone, /leader change/, 'a member of etcd asks before it stands for election');
  for (const text of [lost, apart, split, churn, alone]) {
    assert.ok(text.length > 100);
    assert.doesNotMatch(text, /mint|transaction|50400|Raft ID|Raft port/);
  }
});

test('a cluster of which no node answers is reported; one whose endpoints cannot be asked is not mistaken for it', () => {
  const down = [1, 2, 3].map((node): RaftFault => ({ at: 10_000, kind: 'kill', node }));
  const up = [1, 2, 3].map((node): RaftFault => ({ at: 100_000, kind: 'start', node }));
  const [fired, ended, ...more] = noticesOf([...down, ...up], 140_000, 900_000);
  assert.deepEqual([fired?.name, fired?.severity, fired?.endsAt], ['RaftClusterUnseen', 'critical', null]);
  assert.match(fired?.summary ?? '', /^No node of c answers: 1 refused, 2 refused, 3 refused$/);
  assert.deepEqual([ended?.name, ended?.endsAt === null, more], ['RaftClusterUnseen', false, []]);
});

test('one of five that stays away is told by its name; of three it is the risk that is told, and names it', () => {
  const faults: readonly RaftFault[] = [
    { at: 10_000, kind: 'kill', node: 4 },
    { at: 220_000, kind: 'start', node: 4 },
  ];
  const five = noticesOf(faults, 260_000, 900_000, [205_000, 215_000], 5);
  assert.deepEqual(
    five.map(({ name, kind, labels, endsAt }) => [name, kind, labels, endsAt !== null]),
    [false, true].map((over) => ['RaftNodeDown', 'raftNode/4', { cluster: 'c', node: '4' }, over]),
  );
  assert.match(five[0]?.summary ?? '', /^4 of c does not answer: refused$/);
  const three = noticesOf(
    faults.map((fault) => ({ ...fault, node: 3 }) as RaftFault),
    260_000,
    900_000,
  );
  assert.deepEqual(
    three.map(({ name, endsAt }) => [name, endsAt !== null]),
    [
      ['RaftQuorumAtRisk', false],
      ['RaftQuorumAtRisk', true],
    ],
  );
  assert.match(three[0]?.description ?? '', /: Raft ID 3\.$|: 3 \(Raft ID 3\)\.$/);
});

test('a follower that is cut off is told after a minute, as that node alone', () => {
  const told = noticesOf(
    [
      { at: 10_000, kind: 'isolate', node: 5 },
      { at: 100_000, kind: 'healAll' },
    ],
    140_000,
    900_000,
    [],
    5,
  );
  assert.deepEqual(
    told.map(({ name, labels, endsAt }) => [name, labels.node, endsAt !== null]),
    [
      ['RaftNodeIsolated', '5', false],
      ['RaftNodeIsolated', '5', true],
    ],
  );
});

test('an alarm, a clock that is off and an endpoint that gives no view are each told of their node', () => {
  const [first] = recordScenario(
    { seed: 3, nodes: 3, faults: [] },
    { fromMs: 4_000, forMs: 500, intervalMs: 500, skewMs: 0, lossShare: 0 },
  );
  assert.ok(first);
  const config = { ...judgeDefaults, cluster: 'c', endpoints: ['1', '2', '3'] };
  let judge = startJudge();
  let book: AlertBook = quietBook;
  const told: string[] = [];
  const clockOffsets = new Map([['2', -2_500]]);
  for (let t = 0; t <= 400_000; t += 5_000) {
    const isWrong = t < 300_000;
    const unaskable = { raft_cluster: { transportError: 'http 502' } };
    const parsed = parseRound({ t, nodes: isWrong ? { ...first.nodes, '3': unaskable } : first.nodes });
    const one = parsed.nodes.get('1');
    assert.equal(one?.result, 'ok');
    const alarmed = { ...one, view: { ...one.view, alarms: isWrong ? ['NOSPACE'] : [] } };
    const judgement = judgeRound(judge, { t, nodes: new Map([...parsed.nodes, ['1', alarmed]]) }, config);
    judge = judgement.state;
    const read = readRaftAlerts(
      book,
      { ...about, clockOffsets: isWrong ? clockOffsets : new Map([['2', 3]]) },
      judgement,
      config,
    );
    book = read.book;
    told.push(
      ...read.changed.map(({ notice: { name, labels, endsAt } }) => `${t} ${name} ${labels.node} ${endsAt === null}`),
    );
  }
  assert.deepEqual(told, [
    '0 RaftNodeAlarm 1 true',
    '120000 RaftClockOffset 2 true',
    '180000 RaftNodeUnaskable 3 true',
    '300000 RaftNodeAlarm 1 false',
    '300000 RaftClockOffset 2 false',
    '300000 RaftNodeUnaskable 3 false',
  ]);
});

test('transactions that wait are told, also over a restart, unless it is the quorum that is missing', () => {
  const [first] = recordScenario(
    { seed: 3, nodes: 3, faults: [{ at: 1_000, kind: 'send', transactions: 1 }] },
    { fromMs: 4_000, forMs: 500, intervalMs: 500, skewMs: 0, lossShare: 0 },
  );
  assert.ok(first);
  const nodes = Object.fromEntries(
    Object.entries(first.nodes).map(([name, answers]) => [
      name,
      { ...answers, txpool_status: { result: { pending: '0x1', queued: '0x0' } } },
    ]),
  );
  const config = { ...judgeDefaults, cluster: 'c', endpoints: ['1', '2', '3'] };
  let judge = startJudge();
  let book: AlertBook = quietBook;
  const told: string[] = [];
  for (let t = 0; t <= 60_000; t += 5_000) {
    if (t === 20_000 || t === 40_000) {
      const { stall } = judge.overlays;
      judge = startJudge({
        ...{ leader: judge.leadership.lastConfirmed, changes: judge.churn.changes, churning: false, stall },
      });
      book = openBook([...book.open.values()]);
    }
    const judgement = judgeRound(judge, parseRound({ t, nodes: t < 55_000 ? nodes : first.nodes }), config);
    judge = judgement.state;
    const read = readRaftAlerts(book, about, judgement, config);
    book = read.book;
    told.push(...read.changed.map(({ notice: { name, endsAt } }) => `${t} ${name} ${endsAt === null}`));
  }
  assert.deepEqual(told, ['30000 RaftStalled true', '55000 RaftStalled false']);
});

test('restarts in the middle of an incident change nothing in what is told', () => {
  const incidents: readonly (readonly [readonly RaftFault[], number, number])[] = [
    [
      [
        { at: 10_000, kind: 'isolate', node: 'leader' },
        { at: 100_000, kind: 'healAll' },
      ],
      140_000,
      900_000,
    ],
    [
      [
        { at: 10_000, kind: 'kill', node: 'follower' },
        { at: 10_040, kind: 'kill', node: 'follower' },
        { at: 100_000, kind: 'start', node: 'follower' },
      ],
      140_000,
      900_000,
    ],
    [[{ at: 10_000, kind: 'churn', everyMs: 4_000, forMs: 40_000 }], 300_000, 60_000],
  ];
  for (const [faults, forMs, windowMs] of incidents) {
    const told = (restarts: readonly number[]) =>
      noticesOf(faults, forMs, windowMs, restarts).map(
        ({ name, severity, startsAt, endsAt }) =>
          `${name} ${severity} ${startsAt} ${endsAt === null ? 'fires' : 'ends'}`,
      );
    assert.deepEqual(told([84_000, 86_000, 91_000, 97_000]), told([]));
  }
});

test('what was unknown for a while does not ripen: five seconds without quorum and silence are nothing to tell', () => {
  const config = { ...judgeDefaults, cluster: 'c', endpoints: ['1', '2', '3'] };
  const faults: readonly RaftFault[] = [
    { at: 10_000, kind: 'kill', node: 'follower' },
    { at: 10_040, kind: 'kill', node: 'follower' },
  ];
  const rounds = recordScenario(
    { seed: 3, nodes: 3, faults },
    { fromMs: 4_000, forMs: 120_000, intervalMs: 500, skewMs: 0, lossShare: 0 },
  );
  const unaskable = { raft_cluster: { transportError: 'http 502' } };
  let judge = startJudge();
  let book: AlertBook = quietBook;
  for (const { t, nodes } of rounds) {
    const dimmed = t < 12_000 ? nodes : { '1': unaskable, '2': unaskable, '3': unaskable };
    const judgement = judgeRound(judge, parseRound({ t, nodes: dimmed }), config);
    judge = judgement.state;
    const read = readRaftAlerts(book, about, judgement, config);
    book = read.book;
    assert.deepEqual(read.changed, []);
  }
});

test('old leader cut off, third endpoint behind 401: a warning that names who can lead, never critical', () => {
  const text = readFileSync(join(packageRoot, 'consortium/testdata/18-leader-cut-one-endpoint-401.jsonl'), 'utf8');
  const rounds = parseRecording(text);
  const last = rounds.at(-1);
  assert.ok(last);
  const longer = [
    ...rounds,
    ...Array.from({ length: 60 }, (_, index) => ({ ...last, t: last.t + 1_000 * (index + 1) })),
  ];
  const config = { ...judgeDefaults, cluster: 'c', endpoints: ['1', '2', '3'] };
  let judge = startJudge();
  let book: AlertBook = quietBook;
  const told: string[] = [];
  for (const round of longer) {
    const judgement = judgeRound(judge, parseRound(round), config);
    judge = judgement.state;
    const read = readRaftAlerts(book, about, judgement, config);
    book = read.book;
    told.push(...read.changed.map(({ notice }) => `${notice.severity} ${notice.summary}`));
  }
  assert.deepEqual(told, [
    'warning 2 nodes of c claim to lead: 1 (Raft ID 1) and 2 (Raft ID 2). 2 (Raft ID 2) can have a majority behind it (votes seen: 1 of 3)',
  ]);
});

test('churn that only one node reports is told as such, and never as severe', () => {
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
    const read = readRaftAlerts(book, about, judgement, config);
    book = read.book;
    told.push(...read.changed.map(({ notice: { name, summary } }) => `${name}: ${summary}`));
  }
  assert.equal(told.length, 1, told.join());
  assert.match(told[0] ?? '', /^RaftLeaderChurn: .* as reported by too few nodes to confirm it$/);
});
