import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { parseRecording, parseRound } from '../ask/parseRound.ts';
import { judgeDefaults } from './judgeConfig.ts';
import { type Replay, replayRounds } from './replayRounds.ts';

function replayFile(name: string): Replay {
  const text = readFileSync(join(packageRoot, 'consortium/testdata', name), 'utf8');
  const rounds = parseRecording(text).map(parseRound);
  const endpoints = [...new Set(rounds.flatMap((round) => [...round.nodes.keys()]))];
  return replayRounds(rounds, { ...judgeDefaults, cluster: 'recorded', endpoints });
}

const path = (replay: Replay): readonly string[] =>
  replay.states.map(
    ({ t, state, leader, votes, voters, votersActive }) =>
      `${t} ${state} ${leader ?? '-'} ${votes}/${voters} active ${votersActive}`,
  );
const happened = (replay: Replay): readonly string[] =>
  replay.events.map(({ at, kind, from, to }) => `${at} ${kind} ${from?.raftId ?? '-'}>${to?.raftId ?? '-'}`);

test('01: a healthy cluster is confirmed from its first round on, and its first leader is no change', () => {
  const replay = replayFile('01-healthy.jsonl');
  assert.equal(replay.leaderChanges, 0);
  assert.deepEqual(path(replay), ['0 confirmed 2 3/3 active 3']);
  assert.deepEqual(happened(replay), ['0 leaderGained ->2']);
});

test('02: a frozen leader is replaced once, and has no view meanwhile', () => {
  const replay = replayFile('02-leader-frozen-6s.jsonl');
  assert.equal(replay.leaderChanges, 1);
  assert.deepEqual(path(replay), ['0 confirmed 2 3/3 active 3', '3380 confirmed 1 2/3 active 3']);
  assert.deepEqual(happened(replay), ['0 leaderGained ->2', '3380 leaderChanged 2>1']);
  const change = replay.events.find((event) => event.kind === 'leaderChanged');
  assert.deepEqual(change?.observers, [
    { node: '1', view: 1, result: 'ok' },
    { node: '2', view: null, result: 'timeout' },
    { node: '3', view: 1, result: 'ok' },
  ]);
  assert.equal(change?.detectedAt, 4690);
});

test('04: an isolated follower is alone without a leader, and its return makes one change', () => {
  const replay = replayFile('04-follower-isolated-rejoin-forces-election.jsonl');
  assert.equal(replay.leaderChanges, 1);
  assert.deepEqual(path(replay), ['0 confirmed 3 3/3 active 3', '13818 confirmed 1 3/3 active 3']);
  assert.deepEqual(happened(replay), [
    '0 leaderGained ->3',
    '3102 nodeIsolatedStarted 1>-',
    '13818 leaderChanged 3>1',
    '13818 nodeIsolatedEnded 1>-',
  ]);
});

test('06: a lone minter is no quorum, though it says that all is well', () => {
  const replay = replayFile('06-quorum-lost-lone-minter.jsonl');
  assert.equal(replay.leaderChanges, 0);
  assert.deepEqual(path(replay), [
    '0 confirmed 2 3/3 active 3',
    '2082 noQuorum - 1/3 active 1',
    '10764 confirmed 2 3/3 active 3',
  ]);
  assert.deepEqual(happened(replay), [
    '0 leaderGained ->2',
    '2082 leaderLost 2>-',
    '2082 noQuorumStarted 2>-',
    '10764 noQuorumEnded 2>2',
    '10764 leaderGained 2>2',
    '10764 reelected 2>2',
  ]);
});

test('07: a rolling restart of three is two changes and no churn', () => {
  const replay = replayFile('07-rolling-restart.jsonl');
  assert.equal(replay.leaderChanges, 2);
  assert.deepEqual(path(replay), [
    '0 confirmed 2 3/3 active 3',
    '10269 confirmed 3 2/3 active 2',
    '17944 confirmed 2 2/3 active 2',
  ]);
  assert.deepEqual(happened(replay), ['0 leaderGained ->2', '10269 leaderChanged 2>3', '17944 leaderChanged 3>2']);
});

test('09: a learner has no vote, and a removed node has no view', () => {
  const replay = replayFile('09-learner-then-removed.jsonl');
  assert.equal(replay.leaderChanges, 0);
  assert.deepEqual(path(replay), ['0 confirmed 1 3/3 active 3']);
  assert.deepEqual(happened(replay), ['0 leaderGained ->1', '3086 memberRemoved 100>-']);
  const removed = replay.events.at(-1);
  assert.deepEqual(removed?.observers.at(-1), { node: '4', view: null, result: 'removed' });
});

test('a leader cut off for 10 s: two minters, one change, and the majority’s leader is the one', () => {
  const replay = replayFile('13-leader-cut-off.jsonl');
  assert.equal(replay.leaderChanges, 1);
  assert.deepEqual(path(replay), ['0 confirmed 2 3/3 active 3', '3515 confirmed 1 2/3 active 2']);
  assert.deepEqual(happened(replay), [
    '0 leaderGained ->2',
    '3515 leaderChanged 2>1',
    '3515 multipleMintersStarted 1>-',
    '3515 viewSplitStarted 1>-',
    '12527 multipleMintersEnded 1>-',
    '12527 viewSplitEnded 1>-',
  ]);
});

test('one link cut: the stale minter sees a majority of streams up and still is no leader', () => {
  const replay = replayFile('14-one-link-cut.jsonl');
  assert.equal(replay.leaderChanges, 1);
  assert.deepEqual(path(replay), ['0 confirmed 1 3/3 active 3', '3502 confirmed 2 2/3 active 3']);
  assert.deepEqual(happened(replay), [
    '0 leaderGained ->1',
    '3502 leaderChanged 1>2',
    '3502 multipleMintersStarted 2>-',
    '3502 viewSplitStarted 2>-',
    '14524 multipleMintersEnded 2>-',
    '14524 viewSplitEnded 2>-',
  ]);
});

test('a cold start with one of three: no quorum, and the first leader is no change', () => {
  const replay = replayFile('15-cold-start.jsonl');
  assert.equal(replay.leaderChanges, 0);
  assert.deepEqual(path(replay), ['0 noQuorum - 0/3 active 1', '7162 confirmed 1 2/3 active 2']);
  assert.deepEqual(happened(replay), ['0 noQuorumStarted ->-', '7162 noQuorumEnded ->1', '7162 leaderGained ->1']);
});

test('18: old leader cut off, the third endpoint behind 401: unconfirmed at worst, and the one that can lead is named', () => {
  const replay = replayFile('18-leader-cut-one-endpoint-401.jsonl');
  assert.equal(replay.leaderChanges, 0);
  assert.deepEqual(path(replay), ['0 confirmed 1 2/3 active 3', '10000 unconfirmed 2 1/3 active 2']);
  assert.deepEqual(happened(replay), [
    '0 leaderGained ->1',
    '10000 leaderChanged 1>2',
    '10000 multipleMintersStarted ->-',
    '10000 viewSplitStarted ->-',
  ]);
});

test('18 from one view, with other kinds of not answering, or with the old leader as the blind spot', () => {
  const text = readFileSync(join(packageRoot, 'consortium/testdata/18-leader-cut-one-endpoint-401.jsonl'), 'utf8');
  const rounds = parseRecording(text);
  const words = [
    'http 401',
    'http 403',
    'html',
    'http 502',
    'badJson',
    "Unexpected token '<'",
    'malformed',
    'tls',
    'ETIMEDOUT',
  ];
  for (const blind of [['3'], ['1', '3'], ['2', '3'], ['1'], ['2']]) {
    for (const transportError of words) {
      // Nothing listens on a silent port either, so that silence is only sure to be wrong where another member sees the node.
      if (transportError === 'ETIMEDOUT' && blind.join() !== '3') continue;
      const dimmed = rounds.map((round) => ({
        t: round.t,
        nodes: {
          ...round.nodes,
          ...Object.fromEntries(blind.map((node) => [node, { raft_cluster: { transportError } }])),
        },
      }));
      const replay = replayRounds(dimmed.map(parseRound), {
        ...judgeDefaults,
        cluster: 'blind',
        endpoints: ['1', '2', '3'],
      });
      assert.deepEqual(
        replay.states.filter(({ state }) => state !== 'confirmed' && state !== 'unconfirmed'),
        [],
        `${blind.join()} ${transportError}`,
      );
      assert.equal(replay.leaderChanges, 0, `${blind.join()} ${transportError}`);
    }
  }
});

test('fewer rounds, or half of the answers of each, change no verdict', () => {
  for (const [name, changes, last] of [
    ['13-leader-cut-off.jsonl', 1, 1],
    ['14-one-link-cut.jsonl', 1, 2],
    ['15-cold-start.jsonl', 0, 1],
  ] as const) {
    const text = readFileSync(join(packageRoot, 'consortium/testdata', name), 'utf8');
    const rounds = parseRecording(text);
    for (const every of [2, 4]) {
      const fewer = rounds.filter((_, index) => index % every === 0).map(parseRound);
      const replay = replayRounds(fewer, { ...judgeDefaults, cluster: name, endpoints: ['1', '2', '3'] });
      assert.equal(replay.leaderChanges, changes, `${name}, every ${every}`);
      assert.equal(replay.states.at(-1)?.leader, last, `${name}, every ${every}`);
    }
    // Of each node only every other round is there, so hardly two rounds hold the same nodes.
    const holed = rounds.map((round, index) =>
      parseRound({
        ...round,
        nodes: Object.fromEntries(Object.entries(round.nodes).filter(([node]) => (Number(node) + index) % 3 !== 0)),
      }),
    );
    const replay = replayRounds(holed, { ...judgeDefaults, cluster: name, endpoints: ['1', '2', '3'] });
    assert.ok(replay.leaderChanges <= changes, `${name}: holes make no change`);
  }
});

test('one node alone is never enough: its whole recording stays unconfirmed', () => {
  for (const name of ['04-follower-isolated-rejoin-forces-election.jsonl', '06-quorum-lost-lone-minter.jsonl']) {
    const node = name.startsWith('04') ? '1' : '2';
    const text = readFileSync(join(packageRoot, 'consortium/testdata', name), 'utf8');
    const rounds = parseRecording(text).map((round) => parseRound({ ...round, nodes: { [node]: round.nodes[node]! } }));
    const replay = replayRounds(rounds, { ...judgeDefaults, cluster: 'single', endpoints: [node] });
    assert.equal(replay.leaderChanges, 0, name);
    assert.deepEqual([...new Set(replay.states.map(({ state }) => state))], ['unconfirmed'], name);
    assert.ok(
      replay.events.every((event) => event.votes < 2),
      `${name}: every event is marked by its votes`,
    );
  }
});
