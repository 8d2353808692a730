import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRound, type RawRound } from '../consortium/ask/parseRound.ts';
import { judgeDefaults } from '../consortium/judge/judgeConfig.ts';
import { type Replay, replayRounds } from '../consortium/judge/replayRounds.ts';
import { type RecordingOptions, recordScenario } from './raftAnswers.ts';
import { type RaftFault, RaftModel } from './raftModel.ts';

const options: RecordingOptions = { fromMs: 4_000, forMs: 20_000, intervalMs: 500, skewMs: 120, lossShare: 0.01 };
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

function replay(rounds: readonly RawRound[], nodes: number): Replay {
  return replayRounds(rounds.map(parseRound), {
    ...judgeDefaults,
    cluster: 'model',
    endpoints: Array.from({ length: nodes }, (_, index) => String(index + 1)),
  });
}

function play(seed: number, faults: readonly RaftFault[], recording: Partial<RecordingOptions> = {}): Replay {
  return replay(recordScenario({ seed, nodes: 3, faults }, { ...options, ...recording }), 3);
}

const leaders = (played: Replay): readonly (number | null)[] =>
  played.states.filter(({ state }) => state === 'confirmed').map(({ leader }) => leader);
const kinds = (played: Replay): readonly string[] => played.events.map(({ kind }) => kind);

test('the model elects one leader and keeps it', () => {
  for (const seed of seeds) {
    const model = new RaftModel({ seed, nodes: 5, faults: [] });
    model.advance(60_000);
    const newest = model.elected.at(-1);
    assert.ok(newest !== undefined && newest.at < 10_000, `seed ${seed}: elected early, then quiet`);
    assert.ok(
      model.nodes.every((node) => node.leader === newest.raftId),
      `seed ${seed}: all follow the last elected`,
    );
  }
});

test('a leader cut off for 10 s: it goes on claiming, the majority elects another, one change', () => {
  for (const seed of seeds) {
    const played = play(seed, [
      { at: 6_000, kind: 'isolate', node: 'leader' },
      { at: 16_000, kind: 'healAll' },
    ]);
    assert.equal(played.leaderChanges, 1, `seed ${seed}`);
    const [before, after] = leaders(played);
    assert.notEqual(before, after, `seed ${seed}`);
    assert.ok(kinds(played).includes('multipleMintersStarted'), `seed ${seed}: the old one still claims`);
    assert.ok(kinds(played).includes('multipleMintersEnded'), `seed ${seed}: until the cut heals`);
    assert.ok(!played.states.some(({ state }) => state === 'noQuorum'), `seed ${seed}: two of three are active`);
  }
});

test('one link cut between the leader and a follower: confirmed is whom two of three name', () => {
  for (const seed of seeds) {
    const played = play(
      seed,
      [
        { at: 6_000, kind: 'cutLink', between: ['leader', 'follower'] },
        { at: 18_000, kind: 'healAll' },
      ],
      { forMs: 24_000 },
    );
    assert.equal(played.leaderChanges, 1, `seed ${seed}`);
    const change = played.events.find((event) => event.kind === 'leaderChanged');
    assert.equal(change?.votes, 2, `seed ${seed}: the stale minter does not vote for the new one`);
    assert.equal(change?.from?.raftId, leaders(played)[0], `seed ${seed}`);
    assert.ok(kinds(played).includes('viewSplitStarted'), `seed ${seed}`);
    assert.ok(kinds(played).includes('viewSplitEnded'), `seed ${seed}`);
  }
});

test('a cold start with one of three: no quorum, and the first leader is no change', () => {
  for (const seed of seeds) {
    const played = play(
      seed,
      [
        { at: 0, kind: 'kill', node: 2 },
        { at: 0, kind: 'kill', node: 3 },
        { at: 6_000, kind: 'start', node: 2 },
      ],
      { fromMs: 0, forMs: 14_000, lossShare: 0 },
    );
    assert.equal(played.leaderChanges, 0, `seed ${seed}`);
    assert.equal(played.states[0]?.state, 'noQuorum', `seed ${seed}: roles were never told, members are`);
    assert.equal(played.states[0]?.votersActive, 1, `seed ${seed}`);
    assert.equal(played.states.at(-1)?.state, 'confirmed', `seed ${seed}`);
    assert.ok((played.states.at(-1)?.t ?? 0) >= 6_000, `seed ${seed}`);
    assert.ok(!kinds(played).includes('reelected') && !kinds(played).includes('leaderLost'), `seed ${seed}`);
  }
});

test('a frozen leader and a rolling restart, as recorded from real nodes', () => {
  for (const seed of seeds) {
    const frozen = play(seed, [
      { at: 6_000, kind: 'freeze', node: 'leader' },
      { at: 12_000, kind: 'thaw', node: 'leader' },
    ]);
    assert.equal(frozen.leaderChanges, 1, `seed ${seed}: frozen`);
    const rolling = play(
      seed,
      [1, 2, 3].flatMap((node): RaftFault[] => [
        { at: 2_000 + node * 8_000, kind: 'kill', node },
        { at: 5_000 + node * 8_000, kind: 'start', node },
      ]),
      { forMs: 36_000 },
    );
    assert.ok(rolling.leaderChanges <= 3, `seed ${seed}: at most one change a node, got ${rolling.leaderChanges}`);
    assert.ok(!kinds(rolling).includes('churnStarted'), `seed ${seed}`);
  }
});

test('churn starts at the threshold and ends one whole window after the last of it', () => {
  const seed = 7;
  const rounds = recordScenario(
    { seed, nodes: 3, faults: [{ at: 6_000, kind: 'churn', everyMs: 4_000, forMs: 60_000 }] },
    { ...options, forMs: 240_000, lossShare: 0 },
  );
  const played = replayRounds(rounds.map(parseRound), {
    ...judgeDefaults,
    cluster: 'model',
    endpoints: ['1', '2', '3'],
    churnWindowMs: 60_000,
  });
  const started = played.events.find((event) => event.kind === 'churnStarted');
  const ended = played.events.find((event) => event.kind === 'churnEnded');
  assert.ok(played.leaderChanges >= 10, `seed ${seed}: ${played.leaderChanges} changes`);
  assert.ok(started !== undefined && ended !== undefined);
  const changes = played.events.filter((event) => event.kind === 'leaderChanged');
  assert.equal(started.at, changes[3]?.detectedAt, 'the fourth change within the window');
  const last = changes.at(-1)?.at ?? 0;
  assert.ok(ended.at > last + 60_000, 'not before a whole window passed');
});

// Chance is seeded, so these hold or fail the same way everywhere.
const shuffles: readonly (readonly RaftFault[])[] = [
  [],
  [
    { at: 6_000, kind: 'isolate', node: 'leader' },
    { at: 16_000, kind: 'healAll' },
  ],
  [
    { at: 6_000, kind: 'cutLink', between: ['leader', 'follower'] },
    { at: 14_000, kind: 'healAll' },
  ],
  [{ at: 5_000, kind: 'churn', everyMs: 3_000, forMs: 12_000 }],
];

test('the order in which nodes are listed changes nothing', () => {
  for (const seed of seeds) {
    for (const faults of shuffles) {
      const rounds = recordScenario({ seed, nodes: 3, faults }, options);
      const reversed = rounds.map((round) => ({
        t: round.t,
        nodes: Object.fromEntries(Object.entries(round.nodes).map(([name, node]) => [`n${9 - Number(name)}`, node])),
      }));
      const strip = ({ leaderChanges, states, events }: Replay): unknown => ({
        leaderChanges,
        states,
        events: events.map(({ observers: _, ...event }) => event),
      });
      assert.deepEqual(strip(replay(reversed, 0)), strip(replay(rounds, 0)), `seed ${seed}`);
    }
  }
});

test('losing answers never makes a leader change', () => {
  for (const seed of seeds) {
    for (const faults of shuffles) {
      const rounds = recordScenario({ seed, nodes: 3, faults }, { ...options, lossShare: 0 });
      const whole = replay(rounds, 3).leaderChanges;
      let state = seed;
      const lossy = rounds.map((round) => ({
        t: round.t,
        nodes: Object.fromEntries(
          Object.entries(round.nodes).map(([name, node]) => {
            state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
            return [name, state % 100 < 35 ? { raft_cluster: { transportError: 'ETIMEDOUT' } } : node];
          }),
        ),
      }));
      const got = replay(lossy, 3).leaderChanges;
      assert.ok(got <= whole, `seed ${seed}: ${got} changes with losses, ${whole} without`);
    }
  }
});
