import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberRole, NodeAnswer, Round } from '../ask/round.ts';
import { maxKeptChanges } from './churn.ts';
import { type JudgeConfig, judgeDefaults } from './judgeConfig.ts';
import { addChainChanges, judgeRound, startJudge } from './judgeRounds.ts';
import type { RaftEvent } from './raftEvent.ts';
import { replayRounds } from './replayRounds.ts';

const nodeId = (raftId: number): string => raftId.toString(16).padStart(128, '0');
const ref = (raftId: number) => ({ raftId, nodeId: nodeId(raftId) });
const timeout: NodeAnswer = { result: 'timeout', detail: 'raft_cluster' };

interface Told {
  readonly members?: readonly number[];
  readonly learners?: readonly number[];
  readonly active?: readonly number[];
  readonly head?: number;
  readonly pending?: number;
}

/** Node `self` follows `leader` (0: nobody). */
function view(self: number, leader: number, told: Told = {}): NodeAnswer {
  const members = told.members ?? [1, 2, 3];
  const roleOf = (raftId: number): MemberRole => {
    if (leader === 0) return '';
    if (told.learners?.includes(raftId)) return 'learner';
    return raftId === leader ? 'minter' : 'verifier';
  };
  return {
    result: 'ok',
    view: {
      self: ref(self),
      role: roleOf(self),
      entries: [...members.filter((id) => id !== self), self].map((id) => ({
        ...ref(id),
        role: roleOf(id),
        active: id === self || (told.active ?? members).includes(id),
        hostname: undefined,
      })),
      leader: leader === 0 ? { at: 'none' } : { at: 'named', leader: ref(leader) },
      head: told.head ?? 1,
      pending: told.pending ?? 0,
      unread: 0,
      peerCount: null,
    },
  };
}

const round = (t: number, ...answers: readonly NodeAnswer[]): Round => ({
  t,
  nodes: new Map(answers.map((answer, index) => [`n${index + 1}`, answer])),
});
const all = (t: number, leader: number, told: Told = {}): Round =>
  round(t, ...(told.members ?? [1, 2, 3]).map((id) => view(id, leader, told)));
const config = (overrides: Partial<JudgeConfig> = {}): JudgeConfig => ({
  ...judgeDefaults,
  cluster: 'made',
  endpoints: ['n1', 'n2', 'n3'],
  ...overrides,
});
const kinds = (events: readonly RaftEvent[]): readonly string[] => events.map(({ kind, at }) => `${at} ${kind}`);

test('one round is no evidence, either for a leader or against it', () => {
  const played = replayRounds(
    [all(0, 1), all(1000, 1), all(2000, 2), all(3000, 1), all(4000, 0), all(5000, 1)],
    config(),
  );
  assert.deepEqual(kinds(played.events), ['0 leaderGained']);
  assert.equal(played.states.length, 1);
});

test('A, none, A is a re-election; A, none, B one change; nothing is counted twice', () => {
  const back = replayRounds([all(0, 1), all(1, 1), all(2, 0), all(3, 0), all(4, 1), all(5, 1)], config());
  assert.equal(back.leaderChanges, 0);
  assert.deepEqual(kinds(back.events), ['0 leaderGained', '2 leaderLost', '4 leaderGained', '4 reelected']);
  const other = replayRounds([all(0, 1), all(1, 1), all(2, 0), all(3, 0), all(4, 2), all(5, 2)], config());
  assert.equal(other.leaderChanges, 1);
  assert.deepEqual(kinds(other.events), ['0 leaderGained', '2 leaderLost', '4 leaderGained', '4 leaderChanged']);
});

test('a cluster that shows a different picture in every round is not taken for a quiet one', () => {
  const rounds = [all(0, 1), all(1, 1), all(2, 2), all(3, 3), all(4, 0), all(5, 2), all(6, 3)];
  const played = replayRounds(rounds, config());
  assert.deepEqual(
    played.states.map(({ t, state }) => `${t} ${state}`),
    ['0 confirmed', '2 electing'],
  );
});

test('an election that lasts becomes noLeader after noLeaderMs', () => {
  const rounds = [all(0, 1), all(1000, 1)];
  for (let t = 2000; t <= 40_000; t += 1000) rounds.push(all(t, 0));
  assert.deepEqual(
    replayRounds(rounds, config()).states.map(({ t, state }) => `${t} ${state}`),
    ['0 confirmed', '2000 electing', '32000 noLeader'],
  );
});

test('a double claim below a second is ignored, a longer one starts and ends', () => {
  const split = (t: number): Round => round(t, view(1, 1), view(2, 2), view(3, 2));
  const short = [all(0, 1), all(200, 1), split(400), split(600), split(800), all(1000, 2), all(1200, 2)];
  assert.deepEqual(kinds(replayRounds(short, config()).events), ['0 leaderGained', '400 leaderChanged']);
  const long = [all(0, 1), all(500, 1), split(1000), split(1500), split(2000), all(2500, 2), all(3000, 2)];
  assert.deepEqual(kinds(replayRounds(long, config()).events), [
    '0 leaderGained',
    '1000 leaderChanged',
    '1000 multipleMintersStarted',
    '1000 viewSplitStarted',
    '2500 multipleMintersEnded',
    '2500 viewSplitEnded',
  ]);
});

test('learners never vote: two learners that name another leader confirm nobody', () => {
  const told = { members: [1, 2, 3, 4, 5], learners: [4, 5] };
  const rounds = [0, 1].map((t) =>
    round(t, view(1, 1, told), view(2, 1, told), timeout, view(4, 2, told), view(5, 2, told)),
  );
  const played = replayRounds(rounds, config({ endpoints: ['n1', 'n2', 'n3', 'n4', 'n5'] }));
  assert.deepEqual(played.states, [{ t: 0, state: 'confirmed', leader: 1, votes: 2, voters: 3, votersActive: 3 }]);
});

test('an endpoint that leads to the same node twice has one vote, and none when its answers differ', () => {
  const same = [0, 1].map((t) => round(t, view(1, 1), view(1, 1), timeout));
  assert.equal(replayRounds(same, config()).states[0]?.votes, 1);
  assert.equal(replayRounds(same, config()).states[0]?.state, 'unconfirmed');
  const differing = [0, 1].map((t) => round(t, view(1, 1), view(1, 2), view(2, 2)));
  assert.equal(replayRounds(differing, config()).states[0]?.votes, 1);
});

/** The old leader of three, cut off from the others, beside two endpoints that give no view. */
function cutOff(t: number, result: 'refused' | 'timeout' | 'unreachable'): Round {
  return round(t, view(1, 1, { active: [] }), { result, detail: '' }, { result, detail: '' });
}

test('an endpoint that is silent and has never given a view proves no voter down: its URL may be wrong, or a firewall be between', () => {
  const states = (result: 'refused' | 'timeout' | 'unreachable') =>
    replayRounds(
      [0, 1, 2, 3].map((t) => cutOff(t, result)),
      config(),
    ).states.map(({ state }) => state);
  assert.deepEqual(states('timeout'), ['unconfirmed']);
  assert.deepEqual(states('unreachable'), ['unconfirmed']);
  assert.deepEqual(states('refused'), ['noQuorum']);
});

test('an endpoint that says itself that it is no member, as one not yet added, proves no voter down', () => {
  const apart: NodeAnswer = { result: 'removed', detail: 'the node lists no members' };
  const seen = (t: number) => round(t, view(1, 0, { active: [1] }), apart);
  const played = replayRounds([seen(0), seen(1_000), seen(2_000)], config({ endpoints: ['n1', 'n2'] }));
  assert.deepEqual(
    played.states.map(({ state }) => state),
    ['unconfirmed'],
  );
});

test('one that has given a view counts as down when it falls silent, and so it does after a restart of the watcher', () => {
  const rounds = [all(0, 1), all(1, 1), ...[2, 3, 4, 5].map((t) => cutOff(t, 'timeout'))];
  assert.equal(replayRounds(rounds, config()).states.at(-1)?.state, 'noQuorum');
  const selves = new Map([1, 2, 3].map((id) => [`n${id}`, ref(id)]));
  let judge = startJudge({
    leader: ref(1),
    changes: { rpc: [], chain: [], single: [] },
    churning: false,
    stall: null,
    selves,
  });
  for (const t of [6, 7, 8]) judge = judgeRound(judge, cutOff(t, 'timeout'), config()).state;
  assert.equal(judgeRound(judge, cutOff(9, 'timeout'), config()).current?.state, 'noQuorum');
});

test('silence is not a lost leader: blind rounds are unconfirmed, without events', () => {
  const blind = (t: number): Round => round(t, timeout, timeout, timeout);
  const played = replayRounds([all(0, 1), all(1, 1), blind(2), blind(3), all(4, 1), all(5, 1)], config());
  assert.deepEqual(kinds(played.events), ['0 leaderGained']);
  assert.deepEqual(
    played.states.map(({ t, state }) => `${t} ${state}`),
    ['0 confirmed', '2 unconfirmed', '4 confirmed'],
  );
});

test('a single view reports whom it follows; its changes are marked by their votes and counted separately', () => {
  const alone = config({ endpoints: ['n1'] });
  const played = replayRounds(
    [1, 1, 0, 0, 2, 2].map((leader, t) => round(t, view(1, leader))),
    alone,
  );
  assert.equal(played.leaderChanges, 0);
  assert.deepEqual(
    played.states.map(({ state, leader, votes }) => `${state} ${leader} ${votes}`),
    ['unconfirmed 1 1', 'unconfirmed null 0', 'unconfirmed 2 1'],
  );
  const [change] = played.events;
  assert.equal(change?.kind, 'leaderChanged');
  assert.deepEqual([change?.from?.raftId, change?.to?.raftId, change?.votes, change?.voters], [1, 2, 1, 3]);
});

test('single-view changes make churn too', () => {
  const leaders = [1, 1, 2, 2, 1, 1, 2, 2, 1, 1];
  const played = replayRounds(
    leaders.map((leader, t) => round(t, view(1, leader))),
    config({ endpoints: ['n1'] }),
  );
  assert.ok(kinds(played.events).some((kind) => kind.endsWith('churnStarted')));
});

test('members come, go and are promoted; a member first shown without a role is no event', () => {
  const played = replayRounds(
    [
      all(0, 0),
      all(1, 0),
      all(2, 1),
      all(3, 1),
      all(4, 1, { members: [1, 2, 3, 4], learners: [4] }),
      all(5, 1, { members: [1, 2, 3, 4], learners: [4] }),
      all(6, 1, { members: [1, 2, 3, 4] }),
      all(7, 1, { members: [1, 2, 3, 4] }),
      all(8, 1, { members: [1, 2, 4] }),
      all(9, 1, { members: [1, 2, 4] }),
    ],
    config(),
  );
  const about = played.events.filter(({ kind }) => kind.startsWith('member'));
  assert.deepEqual(
    about.map(({ at, kind, from, to }) => `${at} ${kind} ${from?.raftId ?? to?.raftId}`),
    ['4 memberAdded 4', '6 memberPromoted 4', '8 memberRemoved 3'],
  );
});

test('stalled: transactions wait and the head stands still for 30 s, until it moves', () => {
  const rounds: Round[] = [];
  for (let t = 0; t <= 50_000; t += 5000) {
    rounds.push(all(t, 1, { head: t < 45_000 ? 7 : 8, pending: t < 10_000 ? 0 : 2 }));
  }
  assert.deepEqual(kinds(replayRounds(rounds, config()).events), [
    '0 leaderGained',
    '10000 stalledStarted',
    '45000 stalledEnded',
  ]);
  const idle = Array.from({ length: 20 }, (_, index) => all(index * 5000, 1, { head: 7 }));
  assert.deepEqual(kinds(replayRounds(idle, config()).events), ['0 leaderGained'], 'Raft mints no empty blocks');
});

test('a restart does not end a stall, nor begin to wait anew', () => {
  const told = { head: 7, pending: 2 };
  const rounds = [0, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000, 40_000].map((t) => all(t, 1, told));
  rounds.push(all(45_000, 1, { head: 8 }));
  for (const restartAt of [25_000, 35_000]) {
    let judge = startJudge();
    const events: RaftEvent[] = [];
    for (const each of rounds) {
      if (each.t === restartAt) {
        const { leadership, churn, overlays } = judge;
        const { changes, on: churning } = churn;
        judge = startJudge({ leader: leadership.lastConfirmed, changes, churning, stall: overlays.stall });
      }
      const judgement = judgeRound(judge, each, config());
      judge = judgement.state;
      events.push(...judgement.events.filter(({ kind }) => kind.startsWith('stalled')));
    }
    assert.deepEqual(kinds(events), ['0 stalledStarted', '45000 stalledEnded'], `restart at ${restartAt}`);
  }
});

test('a stall that ended while nobody looked is ended with the mark of a gap; one that was watched without', () => {
  const told = { head: 7, pending: 2 };
  const stalled = [0, 10_000, 20_000, 30_000, 40_000].map((t) => all(t, 1, told));
  const ended = (t: number) => {
    let judge = startJudge();
    for (const each of stalled) judge = judgeRound(judge, each, config()).state;
    const { leadership, churn, overlays } = judge;
    const resumed = startJudge({
      ...{ leader: leadership.lastConfirmed, changes: churn.changes, churning: churn.on, stall: overlays.stall },
    });
    return [judge, resumed].map((state) => {
      const silent = judgeRound(state, round(t - 1, timeout, timeout, timeout), config()).state;
      const { events } = judgeRound(silent, all(t, 1, { head: 8 }), config());
      return events.filter(({ kind }) => kind === 'stalledEnded').map(({ gap }) => gap);
    });
  };
  assert.deepEqual(ended(50_000), [[false], [false]]);
  assert.deepEqual(ended(86_400_000), [[true], [true]]);
});

test('after a restart, the next different leader is one change, marked as a gap', () => {
  let judge = startJudge({ leader: ref(1), changes: { rpc: [], chain: [], single: [] }, churning: false, stall: null });
  const events: RaftEvent[] = [];
  for (const t of [0, 1, 2]) {
    const judgement = judgeRound(judge, all(t, 2), config());
    judge = judgement.state;
    events.push(...judgement.events);
  }
  assert.deepEqual(
    events.map(({ kind, gap, from, to }) => [kind, gap, from?.raftId, to?.raftId]),
    [['leaderChanged', true, 1, 2]],
  );
  const pause = replayRounds(
    [all(0, 1), all(1, 1), all(100_000, 2), all(100_001, 2), all(100_002, 3), all(100_003, 3)],
    config(),
  );
  assert.deepEqual(
    pause.events.filter(({ kind }) => kind === 'leaderChanged').map(({ gap }) => gap),
    [true, false],
  );
});

test('a round that contradicts what is settled asks for another at once', () => {
  let { state, wantsAnotherRound } = judgeRound(startJudge(), all(0, 1), config());
  assert.equal(wantsAnotherRound, true, 'nothing is settled yet');
  ({ state, wantsAnotherRound } = judgeRound(state, all(1, 1), config()));
  assert.equal(wantsAnotherRound, false);
  ({ wantsAnotherRound } = judgeRound(state, all(2, 2), config()));
  assert.equal(wantsAnotherRound, true);
});

test('what is kept between rounds is bounded', () => {
  let judge = startJudge();
  for (let t = 0; t < 2000; t += 1) {
    const members = [1, 2, 3, 10 + t];
    const nodes = new Map([1, 2, 3].map((id) => [`${id}-${t}`, view(id, 1 + (t % 3), { members })]));
    judge = judgeRound(judge, { t, nodes }, config()).state;
  }
  assert.ok(judge.kinds.size <= 12, `kinds ${judge.kinds.size}`);
  assert.ok(judge.selves.size <= 6, `selves ${judge.selves.size}`);
  assert.ok(judge.overlays.isolated.size <= 6);
  const change: RaftEvent = {
    cluster: 'made',
    kind: 'leaderChanged',
    at: 2000,
    detectedAt: 2000,
    from: ref(1),
    to: ref(2),
    votes: 0,
    voters: 3,
    observers: [],
    source: 'chain',
    gap: true,
    block: 1,
  };
  const flood = Array.from({ length: maxKeptChanges + 500 }, () => change);
  assert.ok(addChainChanges(judge, flood, 2000, config()).state.churn.changes.chain.length <= maxKeptChanges);
});

test('changes that only the chain shows make churn, each source counted separately', () => {
  const change = (at: number): RaftEvent => ({
    cluster: 'made',
    kind: 'leaderChanged',
    at,
    detectedAt: 9,
    from: ref(1),
    to: ref(2),
    votes: 0,
    voters: 0,
    observers: [],
    source: 'chain',
    gap: true,
    block: at,
  });
  const { state } = judgeRound(startJudge(), all(0, 1), config());
  const few = addChainChanges(state, [1, 2, 3].map(change), 9, config());
  assert.equal(few.events.length, 3);
  const many = addChainChanges(few.state, [change(4)], 9, config());
  assert.deepEqual(kinds(many.events), ['4 leaderChanged', '9 churnStarted']);
});
