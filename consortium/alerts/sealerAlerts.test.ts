import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quietBook } from '../../notify/alertBook.ts';
import type { NoticeChange } from '../../notify/notice.ts';
import type { SealersVerdict } from '../judge/sealersVerdict.ts';
import { readSealerAlerts } from './sealerAlerts.ts';

const startAt = 1_800_000_000_000;
const about = { cluster: 'c', kind: 'goQuorum' as const, page: null, clockOffsets: new Map() };
const asked = [1, 2, 3].map((n) => ({ node: `n${n}`, result: 'notRaft' as const }));

/** A chain of four validators, of which the last ones are missing. */
function verdictOf(missing: number, more: Partial<SealersVerdict> = {}): SealersVerdict {
  const active = 4 - missing;
  return {
    ...{
      consensus: 'qbft',
      state: missing === 0 ? 'well' : 'degraded',
      stateSince: startAt,
      validators: 4,
      needed: 3,
      active,
    },
    ...{
      failuresToHalt: Math.max(0, active - 2),
      sets: 1,
      head: 77,
      headAt: startAt,
      pending: 0,
      clockAheadMs: 0,
      round: 0,
    },
    ...{
      window: 64,
      roundChanges: 16,
      storm: false,
      rule: { emptyMs: 1_000, periodMs: 1_000 },
      timeline: [],
      nodes: [],
      votes: [],
    },
    sealers: [1, 2, 3, 4].map((n) => ({
      ...{ address: String(n).repeat(40), expected: true, node: n === 4 ? null : `n${n}`, sealed: 16, share: 0.25 },
      ...{ expectedShare: 0.25, missed: 0, lastSealed: null, lastSealedAt: null, silent: n > active, down: false },
    })),
    ...more,
  };
}

/** Plays verdicts, each for a while with a round every five seconds; returns what is told of it. */
function play(...steps: readonly (readonly [seconds: number, verdict: SealersVerdict])[]): readonly NoticeChange[] {
  let book = quietBook;
  let now = startAt;
  return steps.flatMap(([seconds, verdict]) => {
    const told: NoticeChange[] = [];
    for (const end = now + seconds * 1_000; now < end; now += 5_000) {
      const read = readSealerAlerts(book, about, { t: now, nodes: asked }, verdict);
      book = read.book;
      told.push(...read.changed);
    }
    return told;
  });
}

const halted = verdictOf(2, { state: 'halted', failuresToHalt: 0 });

test('one missing, then a halt, then all back: one notice with its parts, told again when it becomes grave, resolved once', () => {
  const told = play([60, verdictOf(0)], [240, verdictOf(1)], [120, halted], [600, verdictOf(0)]);
  assert.deepEqual(
    told.map(({ notice: { kind, name, severity, endsAt } }) => [kind, name, severity, endsAt === null]),
    [
      ['sealing', 'RaftSealersAtRisk', 'warning', true],
      ['sealing', 'RaftSealersHalted', 'critical', true],
      ['sealing', 'RaftSealersHalted', 'critical', false],
    ],
  );
  assert.equal(told[0]?.notice.summary, 'c is one missing sealer away from a halt: 3 of 4 sealers at work, 3 needed');
  assert.match(told[1]?.notice.summary ?? '', /^c has halted: no block after 77 since 2027-01-15T08:00:00.000Z$/);
  assert.match(
    told[1]?.notice.description ?? '',
    new RegExp(`^Missing: n3, 0x${'4'.repeat(40)}. 2 of 4 sealers are at work, QBFT needs 3.`),
  );
});

test('an endpoint of a chain that answers but cannot be asked is told, by its result; one that does not answer as down', () => {
  let book = quietBook;
  const told: string[] = [];
  for (let seconds = 0; seconds <= 200; seconds += 5) {
    const nodes = [
      ...asked,
      { node: 'n8', result: 'unauthorized' as const },
      { node: 'n9', result: 'refused' as const },
    ];
    const read = readSealerAlerts(book, about, { t: startAt + seconds * 1_000, nodes }, verdictOf(0));
    book = read.book;
    told.push(...read.changed.map(({ notice: { summary } }) => `${seconds} ${summary}`));
  }
  assert.deepEqual(told, [
    '180 n8 of c answers, but tells nothing of the chain: unauthorized',
    '180 n9 of c does not answer: refused',
  ]);
});

test('where all endpoints refuse us, nobody is told that the nodes must be down, and each is told by what to mend', () => {
  let book = quietBook;
  const told: NoticeChange['notice'][] = [];
  const nodes = asked.map(({ node }) => ({ node, result: 'unauthorized' as const }));
  for (let seconds = 0; seconds <= 200; seconds += 5) {
    const look = { t: startAt + seconds * 1_000, nodes };
    const read = readSealerAlerts(book, about, look, verdictOf(0, { state: 'unknown', nodes: [] }));
    book = read.book;
    told.push(...read.changed.map(({ notice }) => notice));
  }
  assert.deepEqual(
    told.map(({ name, labels }) => `${name} ${labels.node ?? ''}`),
    ['RaftSealersUnseen ', ...asked.map(({ node }) => `RaftNodeUnaskable ${node}`)],
  );
  assert.match(told[0]?.description ?? '', /^All its nodes are down, refuse us, or the way .* unauthorized: its token/);
});

test('a halt with fewer known missing than it takes says that others must be missing too, and claims nobody at work', () => {
  const told = play([60, verdictOf(1, { state: 'halted', failuresToHalt: 0 })]);
  const description = told[0]?.notice.description ?? '';
  assert.doesNotMatch(description, /3 of 4 sealers are at work/);
  assert.match(
    description,
    /QBFT needs 3 of 4 sealers\. More must be missing, or cut off from each other, than can be seen/,
  );
});

test('nobody tells a block; a node behind; sets that differ; clocks ahead: each after the time of its rule', () => {
  let book = quietBook;
  const told: string[] = [];
  const nodes = ['n1', 'n2', 'n3'].map((node) => ({ node, address: null, head: 77, headHash: null, behind: 0 }));
  const wrong = verdictOf(0, {
    ...{ sets: 2, clockAheadMs: 2_500, nodes: nodes.map((each) => ({ ...each, behind: each.node === 'n2' ? 11 : 0 })) },
  });
  for (let seconds = 0; seconds <= 600; seconds += 5) {
    const away = seconds >= 300 && seconds < 400;
    const look = {
      t: startAt + seconds * 1_000,
      nodes: asked.map((each) => ({ ...each, result: away ? ('refused' as const) : each.result })),
    };
    const verdict = away
      ? verdictOf(0, { state: 'unknown', nodes: [] })
      : seconds < 200
        ? wrong
        : verdictOf(0, { nodes });
    const read = readSealerAlerts(book, about, look, verdict);
    book = read.book;
    told.push(...read.changed.map(({ notice: { name, endsAt } }) => `${seconds} ${name} ${endsAt === null}`));
  }
  assert.deepEqual(told, [
    '60 RaftSealerNodeBehind true',
    '120 RaftSealerSetsDiffer true',
    '120 RaftSealersClockAhead true',
    '200 RaftSealerNodeBehind false',
    '200 RaftSealerSetsDiffer false',
    '200 RaftSealersClockAhead false',
    '360 RaftSealersUnseen true',
    '400 RaftSealersUnseen false',
  ]);
});

test('a rolling restart and a moment without blocks are nothing to tell; blindness neither ends nor begins anything', () => {
  const moment = [20, halted] as const;
  assert.deepEqual(play([60, verdictOf(0)], [60, verdictOf(1)], moment, [60, verdictOf(1)], [90, verdictOf(0)]), []);
  const blind = verdictOf(0, { state: 'unknown' });
  assert.deepEqual(play([600, blind]), []);
  assert.equal(play([60, halted], [600, blind]).filter(({ notice }) => notice.endsAt !== null).length, 0);
});

test('in a larger set a silent one is told after five minutes; a storm of round changes is a notice of its own', () => {
  const seven = { validators: 7, needed: 5, active: 6, failuresToHalt: 2 };
  const told = play([400, verdictOf(1, seven)]);
  assert.deepEqual(
    told.map(({ notice }) => notice.name),
    ['RaftSealerSilent'],
  );
  assert.match(told[0]?.notice.summary ?? '', /^c: 1 sealer of 7 missed turn after turn: 0x4/);
  const storm = play([330, verdictOf(0, { storm: true })], [30, verdictOf(0)]);
  assert.deepEqual(
    storm.map(({ notice }) => [notice.name, notice.endsAt !== null]),
    [
      ['RaftSealerRoundChanges', false],
      ['RaftSealerRoundChanges', true],
    ],
  );
});
