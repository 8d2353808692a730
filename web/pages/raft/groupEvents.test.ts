import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RaftEvent } from '../../../api/contract/raft.ts';
import { groupEvents } from './groupEvents.ts';

const minute = 60_000;
const iso = (at: number): string => new Date(Date.UTC(2026, 0, 1) + at * minute).toISOString();

function event(id: string, kind: RaftEvent['kind'], at: number, until: number | null = at): RaftEvent {
  return {
    ...{ id, kind, openedAt: iso(at), closedAt: until === null ? null : iso(until), confirmed: true },
    ...{ from: null, to: null, node: null, sealer: null, added: [], removed: [], votes: 3, voters: 3 },
    ...{ source: 'rpc', gap: false, block: null, terms: null, observers: [] },
  };
}

const shown = (events: readonly RaftEvent[]) =>
  groupEvents(events).map(({ event: { id }, within }) => [id, ...within.map((each) => each.id)]);

test('the elections of a churn stand under it; what came long before, after or is of another kind does not', () => {
  const events = [
    event('later', 'leaderChanged', 90),
    event('c3', 'leaderChanged', 42),
    event('quorum', 'noQuorum', 41, 42),
    event('churn', 'churn', 40, 60),
    event('c2', 'leaderLost', 39, 40),
    event('c1', 'leaderChanged', 38),
    event('earlier', 'leaderChanged', 20),
  ];
  assert.deepEqual(shown(events), [['later'], ['quorum'], ['churn', 'c3', 'c2', 'c1'], ['earlier']]);
});

test('a churn that lasts takes all that came since; without one nothing is grouped, and nothing is lost', () => {
  const lasting = [event('b', 'leaderChanged', 99), event('churn', 'churn', 40, null), event('a', 'reelected', 39)];
  assert.deepEqual(shown(lasting), [['churn', 'b', 'a']]);
  const quiet = [event('b', 'leaderChanged', 99), event('a', 'leaderChanged', 39)];
  assert.deepEqual(shown(quiet), [['b'], ['a']]);
});
