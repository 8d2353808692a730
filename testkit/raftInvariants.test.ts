import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRound } from '../consortium/ask/parseRound.ts';
import { judgeDefaults } from '../consortium/judge/judgeConfig.ts';
import { type Replay, replayRounds } from '../consortium/judge/replayRounds.ts';
import { recordScenario } from './raftAnswers.ts';
import { type RaftFault, RaftModel, type RaftScenario } from './raftModel.ts';
import { seededRandom } from './seededRandom.ts';

/** A scenario that nobody designed: random faults of every kind on 3 or 5 nodes. */
function randomScenario(seed: number): RaftScenario {
  const random = seededRandom(seed).next;
  const nodes = random() < 0.5 ? 3 : 5;
  const any = (): number => 1 + Math.floor(random() * nodes);
  const faults = Array.from({ length: 4 + Math.floor(random() * 8) }, (): RaftFault => {
    const at = 4_000 + Math.floor(random() * 60_000);
    const pick = Math.floor(random() * 9);
    switch (pick) {
      case 0:
        return { at, kind: 'cutLink', between: [any(), 1] };
      case 1:
        return { at, kind: 'healAll' };
      case 2:
        return { at, kind: 'churn', everyMs: 2_500, forMs: 10_000 };
      case 3:
        return { at, kind: 'send', transactions: 3 };
      default: {
        const kinds = ['freeze', 'thaw', 'kill', 'start', 'isolate'] as const;
        return { at, kind: kinds[pick - 4] ?? 'thaw', node: any() };
      }
    }
  });
  return { seed, nodes, faults };
}

function play(scenario: RaftScenario, lossShare: number): Replay {
  const rounds = recordScenario(scenario, { fromMs: 3_000, forMs: 80_000, intervalMs: 500, skewMs: 150, lossShare });
  return replayRounds(rounds.map(parseRound), {
    ...judgeDefaults,
    cluster: 'random',
    endpoints: Array.from({ length: scenario.nodes }, (_, index) => String(index + 1)),
    churnWindowMs: 20_000,
  });
}

test('whatever happens, states and events tell one consistent story', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const scenario = randomScenario(seed);
    const { leaderChanges, states, events } = play(scenario, 0.05);
    const about = `seed ${seed}`;
    for (const [index, state] of states.entries()) {
      const before = states[index - 1];
      const majority = Math.floor(state.voters / 2) + 1;
      assert.equal(
        state.state === 'confirmed',
        state.votes >= majority && state.leader !== null && state.voters > 0,
        about,
      );
      if (state.state !== 'confirmed' && state.state !== 'unconfirmed') assert.equal(state.leader, null, about);
      if (state.state === 'noQuorum') assert.ok(state.votersActive < majority, about);
      if (before === undefined) continue;
      assert.ok(state.t > before.t, `${about}: states in order`);
      assert.ok(state.state !== before.state || state.leader !== before.leader, `${about}: each entry is a transition`);
    }
    const leaders = states.filter(({ state }) => state === 'confirmed').map(({ leader }) => leader);
    const switches = leaders.filter((leader, index) => index > 0 && leader !== leaders[index - 1]).length;
    assert.equal(leaderChanges, switches, `${about}: one change for each switch between confirmed leaders`);

    const open = new Map<string, number>();
    for (const event of events) {
      assert.ok(event.detectedAt >= event.at, about);
      const pair = /^(.+)_(started|ended)$/.exec(event.kind);
      if (pair === null) continue;
      const key = `${pair[1]}/${pair[1] === 'nodeIsolated' ? event.from?.raftId : ''}`;
      const depth = (open.get(key) ?? 0) + (pair[2] === 'started' ? 1 : -1);
      assert.ok(depth === 0 || depth === 1, `${about}: ${key} starts and ends in turn`);
      open.set(key, depth);
    }
    let leaderless = true;
    for (const { kind } of events) {
      if (kind === 'leaderLost') {
        assert.equal(leaderless, false, `${about}: lost once`);
        leaderless = true;
      }
      if (kind === 'leaderGained') {
        assert.equal(leaderless, true, `${about}: gained once`);
        leaderless = false;
      }
    }
  }
});

test('a confirmed leader was really elected, and changes are no more than elections', () => {
  for (let seed = 200; seed < 230; seed += 1) {
    const scenario = randomScenario(seed);
    const { states, leaderChanges } = play(scenario, 0);
    const model = new RaftModel(scenario);
    model.advance(84_000);
    const truth = new Set(model.elected.map(({ raftId }) => raftId));
    for (const { state, leader } of states) {
      if (state === 'confirmed') assert.ok(truth.has(leader ?? 0), `seed ${seed}: ${leader} was elected`);
    }
    assert.ok(leaderChanges <= model.elected.length, `seed ${seed}: no more changes than elections`);
  }
});
