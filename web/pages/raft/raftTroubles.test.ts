import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RaftCluster, RaftClusterResponse, RaftMember, RaftView } from '../../../api/contract/raft.ts';
import { packageRoot } from '../../../lib/packageRoot.ts';
import { en } from '../../i18n/en.ts';
import { createTranslate } from '../../i18n/translate.ts';
import { listTroubles } from './raftTroubles.ts';
import { memberNames } from './raftWords.ts';

const t = createTranslate(en, 'en');
const since = '2026-01-01T03:00:00.000Z';

function view(node: string, raftId: number, result: RaftView['result'] = 'ok', follows = 1) {
  return { node, raftId, result, leader: result === 'ok' ? 'named' : null, leaderRaftId: follows } as RaftView;
}

function data(
  cluster: Partial<RaftCluster>,
  views: readonly RaftView[] = [view('a', 1), view('b', 2), view('c', 3)],
  more: Partial<RaftClusterResponse> = {},
): RaftClusterResponse {
  const quiet = { kind: 'goQuorum', state: 'confirmed', stateSince: since, voters: 3, votersActive: 3, learners: 0 };
  const members = [1, 2, 3].map((raftId) => ({ raftId, nodeId: '', present: true, learner: false, active: true }));
  return {
    cluster: { ...quiet, claims: 1, churning: false, stalled: false, sealing: null, ...cluster } as RaftCluster,
    views: [...views],
    members: members as RaftMember[],
    sealers: null,
    ...more,
  } as RaftClusterResponse;
}
const told = (response: RaftClusterResponse) => listTroubles(response, memberNames(response), t);
const namesOf = (response: RaftClusterResponse) => told(response).map(({ name }) => name);

test('a cluster that is well, electing or idle troubles nobody', () => {
  assert.deepEqual(told(data({})), []);
  assert.deepEqual(told(data({ state: 'electing' })), []);
  assert.deepEqual(told(data({ sealing: { state: 'idle' } as RaftCluster['sealing'] })), []);
});

test('quorum lost: since when, who gives no view and why, what to do; what it brings with it comes after', () => {
  const views = [view('a', 1), view('b', 2, 'refused'), view('c', 3, 'timeout')];
  const [first, ...rest] = told(data({ state: 'noQuorum', votersActive: 1, claims: 2, churning: true }, views));
  assert.deepEqual([first?.name, first?.tone, first?.since], ['RaftQuorumLost', 'bad', since]);
  assert.equal(first?.who, 'Concerned: b (Refused), c (Hangs).');
  assert.match(first?.todo ?? '', /^Start the missing nodes/);
  assert.deepEqual(
    rest.map(({ name, who }) => [name, who]),
    [
      ['RaftLeaderChurn', null],
      ['RaftMultipleMinters', 'Concerned: a.'],
    ],
  );
});

test('what cannot be known is no alarm: it says so, and names the endpoints', () => {
  const views = [view('a', 1), view('b', 2, 'unauthorized'), view('c', 3, 'tls')];
  const [only, ...rest] = told(data({ state: 'unconfirmed' }, views));
  assert.deepEqual([only?.name, only?.tone, rest], ['RaftNodeUnaskable', 'warn', []]);
  assert.equal(only?.who, 'Concerned: b (Needs a token), c (TLS failed).');
});

test('a quorum that is missing as too few see it is a warning of its own, unless no streams are shown', () => {
  const of = (shown: boolean) => {
    const members = [1, 2, 3].map((raftId) => {
      const active = raftId === 1 ? true : shown ? false : null;
      return { raftId, nodeId: '', present: true, learner: false, active };
    }) as RaftMember[];
    return told(data({ state: 'unconfirmed', votersActive: 1 }, [view('a', 1)], { members }));
  };
  const [only, ...rest] = of(true);
  assert.deepEqual([only?.name, only?.tone, only?.since, rest], ['RaftQuorumLostSingleView', 'warn', since, []]);
  assert.match(only?.who ?? '', /2.*3/);
  assert.match(only?.todo ?? '', /Ask the operators/);
  assert.deepEqual(
    of(false).map(({ name }) => name),
    ['RaftNodeUnaskable'],
  );
});

test('where nothing answers at any endpoint it is as grave as its alert, and nobody is told that all may be well', () => {
  const dead = [
    view('a', 1, 'refused'),
    view('b', 2, 'timeout'),
    view('c', 3, 'unreachable'),
    view('d', 4, 'raftHangs'),
  ];
  const [only, ...rest] = told(data({ state: 'unconfirmed' }, dead));
  assert.deepEqual([only?.name, only?.tone, only?.since, rest], ['RaftClusterUnseen', 'bad', since, []]);
  assert.match(only?.who ?? '', /^Concerned: a \(Refused\), b/);
  assert.doesNotMatch(only?.todo ?? '', /nothing here says/);
  const alive = [...dead, view('e', 5, 'starting')];
  assert.deepEqual(namesOf(data({ state: 'unconfirmed' }, alive)), ['RaftNodeUnaskable']);
});

test('one failure from the end is told while all is well; two voters are no surprise', () => {
  const views = [view('a', 1), view('b', 2), view('c', 3, 'refused')];
  assert.deepEqual(namesOf(data({ votersActive: 2 }, views)), ['RaftQuorumAtRisk']);
  assert.deepEqual(namesOf(data({ voters: 2, votersActive: 2 })), []);
});

test('one failure from the end is told in each state in which there is a view, as its alert does', () => {
  const views = [view('a', 1), view('b', 2), view('c', 3, 'refused')];
  const of = (state: RaftCluster['state'], seen = views) => namesOf(data({ state, votersActive: 2 }, seen));
  assert.deepEqual(of('electing'), ['RaftQuorumAtRisk']);
  assert.deepEqual(of('noLeader'), ['RaftNoLeader', 'RaftQuorumAtRisk']);
  assert.deepEqual(of('unconfirmed'), ['RaftNodeUnaskable', 'RaftQuorumAtRisk']);
  assert.deepEqual(of('unconfirmed', [view('a', 1, 'unauthorized')]), ['RaftNodeUnaskable']);
});

test('transactions that wait are as grave as their alert: of too few views only a warning', () => {
  const of = (state: RaftCluster['state']) =>
    told(data({ state, stalled: true })).map(({ name, tone }) => `${name} ${tone}`);
  assert.deepEqual(of('confirmed'), ['RaftStalled bad']);
  assert.deepEqual(of('unconfirmed'), ['RaftNodeUnaskable warn', 'RaftStalledSingleView warn']);
});

test('learners are no voters: three voters with a learner beside them are at risk as well', () => {
  const views = [view('a', 1), view('b', 2), view('c', 3, 'refused'), view('d', 4)];
  assert.deepEqual(namesOf(data({ votersActive: 2, learners: 1 }, views)), ['RaftQuorumAtRisk']);
});

test('sealers: halted, one short of it, silent, unseen or unknown; with who is missing', () => {
  const sealing = (state: string, failuresToHalt = 2) =>
    ({ state, stateSince: since, failuresToHalt }) as RaftCluster['sealing'];
  const sealer = (digit: string, node: string | null, silent: boolean, down = false) =>
    ({ address: `0x${digit.repeat(40)}`, node, silent, down }) as NonNullable<
      RaftClusterResponse['sealers']
    >['sealers'][0];
  const sealers = {
    sets: 1,
    storm: false,
    sealers: [sealer('1', 'n1', false), sealer('2', null, true), sealer('3', 'n3', false, true)],
  } as RaftClusterResponse['sealers'];
  const asked = (state: string, failures?: number, result: RaftView['result'] = 'notRaft') =>
    told(data({ sealing: sealing(state, failures) }, [view('n1', 1, result)], { sealers }))[0];
  assert.deepEqual(
    [asked('halted', 0)?.name, asked('halted', 0)?.who],
    ['RaftSealersHalted', 'Concerned: 0x2222…2222, n3.'],
  );
  assert.deepEqual([asked('degraded', 1)?.name, asked('degraded', 2)?.name], ['RaftSealersAtRisk', 'RaftSealerSilent']);
  assert.equal(asked('unknown')?.name, 'RaftSealersUnknown');
  assert.equal(asked('unknown', 1, 'refused')?.name, 'RaftSealersUnseen');
  assert.deepEqual([asked('unknown', 1, 'refused')?.tone, asked('unknown')?.tone], ['bad', 'warn']);
});

test('fewer sealers at work than are needed: as grave as its alert, whatever would come after one more', () => {
  const short = { stateSince: since, active: 2, needed: 3, validators: 4, failuresToHalt: 1 };
  const of = (state: string, more: object = {}) =>
    told(data({ sealing: { state, ...short, ...more } as RaftCluster['sealing'] })).map(({ name, tone }) => [
      name,
      tone,
    ]);
  assert.deepEqual(of('degraded'), [['RaftSealersShort', 'bad']]);
  assert.deepEqual(of('idle'), [['RaftSealersShort', 'bad']]);
  assert.deepEqual(of('degraded', { active: 3 }), [['RaftSealersAtRisk', 'warn']]);
  assert.deepEqual(of('halted', { failuresToHalt: 0 }), [['RaftSealersHalted', 'bad']]);
});

test('each trouble has its section in the runbook, and etcd’s no word of minters', () => {
  const runbook = readFileSync(join(packageRoot, 'docs/runbooks/raft.md'), 'utf8');
  const names = Object.keys(en).flatMap((key) => /^trouble\.(Raft\w+)$/.exec(key)?.[1] ?? []);
  assert.ok(names.length > 10);
  for (const name of names) assert.ok(runbook.includes(`\n## ${name}\n`), name);
  const lost = data({ kind: 'etcd', state: 'noQuorum', votersActive: 1 });
  assert.doesNotMatch(told(lost)[0]?.todo ?? '', /minter|transaction/);
});
