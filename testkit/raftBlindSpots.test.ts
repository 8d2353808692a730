import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawNode } from '../consortium/ask/parseNode.ts';
import { parseRound, type RawRound } from '../consortium/ask/parseRound.ts';
import { judgeDefaults } from '../consortium/judge/judgeConfig.ts';
import { type Replay, replayRounds } from '../consortium/judge/replayRounds.ts';
import { recordScenario } from './raftAnswers.ts';
import { type ModelNode, type RaftFault, RaftModel, type RaftScenario } from './raftModel.ts';
import { seededRandom } from './seededRandom.ts';

const fromMs = 4_000;
const forMs = 60_000;
/** The answers of endpoints behind which a node lives that cannot be asked. */
const unaskable = ['http 401', 'http 403', 'html', 'http 502', 'badJson', 'tls: unknown authority'];

interface Blind {
  readonly node: number;
  readonly says: string;
  /** Of the recording: askable before and after. */
  readonly fromMs: number;
  readonly untilMs: number;
}

const always = (node: number, says = 'http 401'): Blind => ({
  node,
  says,
  fromMs: 0,
  untilMs: Number.POSITIVE_INFINITY,
});

function replay(scenario: RaftScenario, blind: readonly Blind[]): Replay {
  const rounds = recordScenario(scenario, { fromMs, forMs, intervalMs: 500, skewMs: 100, lossShare: 0 });
  return replayRounds(
    rounds.map((round) => parseRound(dim(round, blind))),
    {
      ...judgeDefaults,
      cluster: 'blind',
      endpoints: Array.from({ length: scenario.nodes }, (_, index) => String(index + 1)),
      noLeaderMs: 5_000,
    },
  );
}

function dim(round: RawRound, blind: readonly Blind[]): RawRound {
  const dimmed = blind
    .filter((spot) => round.t >= spot.fromMs && round.t < spot.untilMs)
    .map(({ node, says }): [string, RawNode] => [String(node), { raft_cluster: { transportError: says } }]);
  return { t: round.t, nodes: { ...round.nodes, ...Object.fromEntries(dimmed) } };
}

/** Who leads with a majority behind it at `t` of the recording, in truth. */
function leaderAt(scenario: RaftScenario, t: number): number | null {
  const model = new RaftModel(scenario);
  model.advance(fromMs + t);
  const lives = (node: ModelNode): boolean => node.running && node.frozenSince === null && !node.removed;
  const voters = model.members().filter(({ learner }) => !learner);
  const leads = voters.find((leader) => {
    if (!lives(leader) || leader.role !== 'leader') return false;
    const behind = voters.filter(
      (node) => node === leader || (lives(node) && node.leader === leader.raftId && model.streamUp(leader, node)),
    );
    return behind.length > voters.length / 2;
  });
  return leads?.raftId ?? null;
}

/** How long, in ms of each stretch that was judged to have no leader or no quorum, the cluster was led in truth. */
function falseAlarms(scenario: RaftScenario, { states }: Replay): number[] {
  return states.flatMap(({ t, state }, index) => {
    if (state !== 'noLeader' && state !== 'noQuorum') return [];
    const until = states[index + 1]?.t ?? forMs;
    let led = 0;
    for (let at = t; at < until; at += 500) led += leaderAt(scenario, at) === null ? 0 : 500;
    return led;
  });
}

test('whatever place is blind, and whatever it says, a led cluster is never called leaderless', () => {
  for (let seed = 1; seed <= 24; seed += 1) {
    const random = seededRandom(seed).next;
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const nodes = pick([3, 5]);
    const fault = pick<RaftFault>([
      { at: 14_000, kind: 'isolate', node: 'leader' },
      { at: 14_000, kind: 'freeze', node: 'leader' },
      { at: 14_000, kind: 'kill', node: 'leader' },
      { at: 14_000, kind: 'isolate', node: 'follower' },
      { at: 14_000, kind: 'cutLink', between: ['leader', 'follower'] },
    ]);
    const scenario: RaftScenario = { seed, nodes, faults: [fault, { at: 40_000, kind: 'healAll' }] };
    const first = 1 + Math.floor(random() * nodes);
    const places = nodes === 3 ? [first] : [first, 1 + (first % nodes)];
    const back = random() < 0.3 ? 25_000 : Number.POSITIVE_INFINITY;
    const blind = places.map((node) => ({ ...always(node, pick(unaskable)), untilMs: back }));
    const played = replay(scenario, blind);
    // An election, or a stream that is noticed late, is no false alarm.
    assert.ok(
      falseAlarms(scenario, played).every((ms) => ms <= 2_000),
      `seed ${seed}: ${JSON.stringify(played.states)}`,
    );
    for (const { t, state, leader } of played.states) {
      if (state === 'confirmed') assert.notEqual(leader, null, `seed ${seed} at ${t}`);
    }
  }
});

test('2 of 5 unaskable and the leader cut off: three views are a majority when they agree, else unconfirmed', () => {
  const scenario: RaftScenario = { seed: 5, nodes: 5, faults: [{ at: 14_000, kind: 'isolate', node: 'leader' }] };
  const led = leaderAt(scenario, 0);
  const blind = [1, 2, 3, 4, 5].filter((node) => node !== led).slice(0, 2);
  const played = replay(
    scenario,
    blind.map((node) => always(node)),
  );
  assert.equal(played.states[0]?.state, 'confirmed');
  assert.deepEqual(
    [...new Set(played.states.slice(1).map(({ state }) => state))],
    ['unconfirmed'],
    'of five, the two that are left name the new leader, and two more may',
  );
  assert.equal(played.states.at(-1)?.leader, leaderAt(scenario, 50_000), 'the one that can have a majority is named');
  assert.equal(played.leaderChanges, 0);
});

test('the leader itself is the blind spot: the others name it, and elect another when it is cut off', () => {
  const scenario: RaftScenario = { seed: 3, nodes: 3, faults: [{ at: 14_000, kind: 'isolate', node: 'leader' }] };
  const played = replay(scenario, [always(leaderAt(scenario, 0) ?? 0, 'http 502')]);
  assert.deepEqual(
    played.states.map(({ state, leader }) => [state, leader]).filter(([, leader]) => leader !== null),
    [
      ['confirmed', leaderAt(scenario, 0)],
      ['confirmed', leaderAt(scenario, 50_000)],
    ],
  );
  assert.equal(played.leaderChanges, 1);
});

test('a blind follower that is cut off costs nothing: the two that are left are a majority', () => {
  const scenario: RaftScenario = { seed: 4, nodes: 3, faults: [{ at: 14_000, kind: 'isolate', node: 'follower' }] };
  const leader = leaderAt(scenario, 0);
  const cut = [1, 2, 3].find((node) => node !== leader) ?? 0;
  const played = replay(scenario, [always(cut, 'html')]);
  assert.deepEqual(
    played.states.map(({ state }) => state),
    ['confirmed'],
  );
});

test('a blind learner is no voter that may have voted', () => {
  const scenario: RaftScenario = {
    seed: 6,
    nodes: 4,
    learners: [4],
    faults: [
      { at: 14_000, kind: 'kill', node: 'follower' },
      { at: 15_000, kind: 'kill', node: 'follower' },
    ],
  };
  const played = replay(scenario, [always(4)]);
  assert.equal(played.states.at(-1)?.state, 'noQuorum');
});

test('a blind voter that can be asked again confirms the change that had to wait for it', () => {
  const scenario: RaftScenario = { seed: 8, nodes: 3, faults: [{ at: 14_000, kind: 'isolate', node: 'leader' }] };
  const old = leaderAt(scenario, 0);
  const now = leaderAt(scenario, 50_000);
  const third = [1, 2, 3].find((node) => node !== old && node !== now) ?? 0;
  const played = replay(scenario, [{ ...always(third), untilMs: 30_000 }]);
  assert.deepEqual(
    played.states.map(({ state, leader }) => [state, leader]).filter(([, leader]) => leader !== null),
    [
      ['confirmed', old],
      ['unconfirmed', now],
      ['confirmed', now],
    ],
  );
  assert.equal(played.leaderChanges, 1);
});

test('nothing that listens any more is down, unless another member has a live stream to it', () => {
  const dead: RaftScenario = {
    seed: 9,
    nodes: 3,
    faults: [
      { at: 14_000, kind: 'kill', node: 'follower' },
      { at: 14_100, kind: 'kill', node: 'follower' },
    ],
  };
  assert.equal(replay(dead, []).states.at(-1)?.state, 'noQuorum');
  const led: RaftScenario = { seed: 8, nodes: 3, faults: [{ at: 14_000, kind: 'isolate', node: 'leader' }] };
  const old = leaderAt(led, 0);
  const third = [1, 2, 3].find((node) => node !== old && node !== leaderAt(led, 50_000)) ?? 0;
  for (const says of ['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'raftHangs', 'starting']) {
    const states = replay(led, [always(third, says)]).states;
    assert.deepEqual([...new Set(states.map(({ state }) => state))], ['confirmed', 'unconfirmed'], says);
  }
});
