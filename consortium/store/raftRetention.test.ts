import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../p2p/net/systemClock.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { applyRaftRetention, keepRaftTidy } from './raftRetention.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const at = (daysAgo: number): Date => new Date(now - daysAgo * day);

test('what is older than the time for which it is kept goes; what reaches into that time stays', async (t) => {
  const { sql } = await openTestDatabase(t);
  await sql`
    insert into raft_clusters (cluster, interval_ms, first_watched, watched_since, last_round, votes, voters,
      voters_active, learners, claims, leader_views, stalled, churning)
    select cluster, 5000, ${at(900)}::timestamptz, ${at(900)}::timestamptz, last_round, 0, 3, 3, 0, 0, 0, false, false
    from (values ('kept', ${at(0)}::timestamptz), ('left', ${at(41)}::timestamptz)) as c (cluster, last_round)`;
  await sql`
    insert into raft_states (cluster, from_at, until_at, state, votes, voters, voters_active) values
      ('kept', ${at(60)}, ${at(41)}, 'electing', 0, 3, 3),
      ('kept', ${at(41)}, ${at(39)}, 'noLeader', 0, 3, 3),
      ('kept', ${at(39)}, null, 'electing', 0, 3, 3)`;
  await sql`
    insert into raft_members (cluster, raft_id, node_id, learner, present, first_seen, last_seen) values
      ('kept', 71, ${new Uint8Array(64)}, false, false, ${at(90)}, ${at(41)}),
      ('kept', 72, ${new Uint8Array(64)}, false, false, ${at(90)}, ${at(39)}),
      ('kept', 73, ${new Uint8Array(64)}, false, true, ${at(90)}, ${at(41)})`;
  await sql`
    insert into events (kind, subject, opened_at, closed_at) values
      ('leaderChanged', 'raft/kept', ${at(41)}, ${at(41)}),
      ('leaderChanged', 'raft/kept', ${at(39)}, ${at(39)}),
      ('churn', 'raft/kept', ${at(50)}, null),
      ('churn', 'raft/left', ${at(50)}, null),
      ('forkSplit', 'network/mainnet', ${at(50)}, ${at(50)})`;
  const removed = await applyRaftRetention(sql, now, 40);
  assert.deepEqual(
    [removed?.raft_states, removed?.raft_members, removed?.raft_events, removed?.raft_clusters],
    [1, 1, 2, 1],
  );
  const states = await sql`select state from raft_states where cluster = 'kept' order by from_at`;
  assert.deepEqual(
    states.map(({ state }) => state),
    ['noLeader', 'electing'],
  );
  const members = await sql`select raft_id from raft_members where raft_id > 70 order by raft_id`;
  assert.deepEqual(
    members.map(({ raft_id }) => raft_id),
    [72, 73],
  );
  const events = await sql`select kind, subject from events order by event_no`;
  assert.deepEqual(
    events.map(({ kind, subject }) => `${kind} ${subject}`),
    ['leaderChanged raft/kept', 'churn raft/kept', 'forkSplit network/mainnet'],
  );
  const again = await applyRaftRetention(sql, now, 40);
  assert.ok(Object.values(again ?? { none: 1 }).every((count) => count === 0));
});

test('once a day, until it is told to stop; a database that is away is tried again', async (t) => {
  const { sql } = await openTestDatabase(t);
  const ending = new AbortController();
  const slept: number[] = [];
  const said: string[] = [];
  const say = (message: string): void => void said.push(message);
  const away = new Proxy(sql, {
    apply: (target, self, args) => {
      if (said.length === 1) throw new Error('away');
      return Reflect.apply(target, self, args);
    },
  });
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      slept.push(ms);
      if (slept.length === 4) ending.abort();
    },
    after: systemClock.after,
  };
  await keepRaftTidy({ sql: away, clock, log: { debug: say, info: say, warn: say, error: say } }, 40, ending.signal);
  assert.deepEqual(slept, [60_000, day, day, day]);
  assert.deepEqual(said, [
    'old raft rows removed',
    'could not remove old raft rows; trying again tomorrow',
    'old raft rows removed',
  ]);
});
