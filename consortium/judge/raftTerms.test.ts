/** Judging by Raft terms and by the members' own counts, where the source has them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeAnswer, Round } from '../ask/round.ts';
import { judgeDefaults } from './judgeConfig.ts';
import { type Judgement, judgeRound, startJudge } from './judgeRounds.ts';
import { isConfirmedChange } from './raftEvent.ts';

const ref = (raftId: number) => ({ raftId, nodeId: raftId.toString(16).padStart(128, '0') });
const down: NodeAnswer = { result: 'refused', detail: 'maintenance/status' };
const closed: NodeAnswer = { result: 'unauthorized', detail: 'maintenance/status' };

/** Member `self` follows `leader` (0: nobody) in `term`, and has counted `seen` changes since it began. */
function view(self: number, leader: number, term: number, seen = 1, startedAt = 1): NodeAnswer {
  const roleOf = (id: number) => (leader === 0 ? '' : id === leader ? 'minter' : 'verifier');
  return {
    result: 'ok',
    view: {
      self: ref(self),
      role: roleOf(self),
      entries: [1, 2, 3].map((id) => ({ ...ref(id), role: roleOf(id), active: undefined, hostname: `n${id}` })),
      unread: 0,
      leader: leader === 0 ? { at: 'none' } : { at: 'named', leader: ref(leader) },
      head: null,
      pending: null,
      peerCount: null,
      term,
      changesSeen: { count: seen, startedAt },
    },
  };
}

function judge(rounds: readonly (readonly NodeAnswer[])[]) {
  const config = { ...judgeDefaults, cluster: 'made', endpoints: ['n1', 'n2', 'n3'] };
  let state = startJudge();
  const judged: Judgement[] = [];
  for (const [index, answers] of rounds.entries()) {
    const nodes = new Map(answers.map((answer, node) => [`n${node + 1}`, answer]));
    const round: Round = { t: index * 1_000, nodes };
    const judgement = judgeRound(state, round, config);
    state = judgement.state;
    judged.push(judgement);
  }
  const events = judged.flatMap((each) => each.events);
  return { judged, events, kinds: events.map(({ kind }) => kind), last: judged.at(-1) ?? assert.fail() };
}

const led = (leader: number, term: number, seen = 1) => [1, 2, 3].map((id) => view(id, leader, term, seen));

test('a leader of a newer term refutes the old one, who still claims and still has a follower', () => {
  const { last } = judge([led(1, 2), [view(1, 1, 2), view(2, 1, 2), view(3, 3, 3)]]);
  assert.deepEqual(last.tally.claims, [ref(3)]);
  assert.deepEqual(last.tally.verdict, { state: 'electing', leader: null, votes: 1 });
  assert.equal(last.tally.leaderViews, 1);
});

test('a cut-off member that counts up its own term refutes nobody', () => {
  const { last, kinds } = judge([led(1, 2), led(1, 2), [view(1, 1, 2), view(2, 1, 2), view(3, 0, 11)]]);
  assert.equal(last.tally.verdict.state, 'confirmed');
  assert.deepEqual(kinds, ['leaderGained']);
});

test('with one view of three, a leader of a higher term is still a change, and is counted once', () => {
  const blind = [view(1, 2, 3), closed, closed];
  const { events } = judge([led(1, 2), led(1, 2), blind, blind, led(2, 3), led(2, 3)]);
  const changes = events.filter(({ kind }) => kind === 'leaderChanged');
  assert.deepEqual(
    changes.map(({ from, to, terms }) => [from?.raftId, to?.raftId, terms]),
    [[1, 2, { from: 2, to: 3 }]],
  );
  assert.ok(changes.every(isConfirmedChange));
});

test('without a higher term it stays unconfirmed', () => {
  const blind = [view(1, 2, 2), closed, closed];
  const { events } = judge([led(1, 2), led(1, 2), blind, blind]);
  assert.deepEqual(events.filter(({ kind }) => kind === 'leaderChanged').map(isConfirmedChange), [false]);
});

test('the same leader in a higher term was re-elected between two polls', () => {
  const { events } = judge([led(1, 2), led(1, 2), led(1, 4), led(1, 4)]);
  const again = events.filter(({ kind }) => kind === 'reelected');
  assert.deepEqual(
    again.map(({ to, terms }) => [to?.raftId, terms]),
    [[1, { from: 2, to: 4 }]],
  );
});

test('changes between two polls are reported when members counted more than was seen', () => {
  const rounds = [led(1, 2, 1), led(1, 2, 1), led(2, 7, 6), led(2, 7, 6), led(2, 7, 6), led(2, 7, 6), led(2, 7, 6)];
  const { events, judged, kinds } = judge(rounds);
  assert.equal(
    judged.reduce((sum, { counted }) => sum + counted, 0),
    5,
  );
  const missed = events.filter(({ source }) => source === 'log');
  assert.equal(missed.length, 4, 'one of the five was seen');
  assert.equal(new Set(missed.map(({ at }) => at)).size, 4, 'each has its own time');
  assert.equal(kinds.filter((kind) => kind === 'churnStarted').length, 1);
});

test("a member that was cut off counts its own return: that is no change of the cluster's", () => {
  const apart = [view(1, 1, 2), view(2, 1, 2), view(3, 0, 2)];
  const back = [view(1, 1, 2, 1), view(2, 1, 2, 1), view(3, 1, 2, 2)];
  const { judged } = judge([led(1, 2), led(1, 2), apart, back, back, back, back, back]);
  assert.equal(
    judged.reduce((sum, { counted }) => sum + counted, 0),
    0,
  );
});

test('a counter that restarted with its process goes on from where the others are', () => {
  const gone = [view(1, 1, 3, 5), view(2, 1, 3, 5), down];
  const back = [view(1, 1, 3, 5), view(2, 1, 3, 5), view(3, 1, 3, 1, 99)];
  const next = [view(1, 2, 4, 6), view(2, 2, 4, 6), view(3, 2, 4, 2, 99)];
  const { last } = judge([led(1, 3, 5), led(1, 3, 5), gone, gone, back, back, next, next, next, next, next]);
  assert.equal(last.state.counted.total, 1);
  assert.equal(last.state.counted.shown, 1);
});
