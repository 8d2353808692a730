import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type RaftCluster,
  type RaftEvent,
  raftEventKinds,
  raftResults,
  raftStates,
} from '../../../api/contract/raft.ts';
import { en } from '../../i18n/en.ts';
import { createTranslate } from '../../i18n/translate.ts';
import { zhCn } from '../../i18n/zhCn.ts';
import {
  byTrouble,
  eventCause,
  eventTitle,
  eventVotes,
  kindWords,
  leaderName,
  type MemberNames,
  memberName,
  sealersNeeded,
} from './raftWords.ts';

const t = createTranslate(en, 'en');
const names: MemberNames = {
  kind: 'goQuorum',
  nodes: new Map([
    [1, 'amber'],
    [2, 'birch'],
  ]),
  ids: new Map(),
  sealers: new Map([[`0x${'1'.repeat(40)}`, 'cedar']]),
};
const at = '2026-01-01T00:00:20.000Z';

function change(more: Partial<RaftEvent> = {}): RaftEvent {
  return {
    id: '1',
    kind: 'leaderChanged',
    openedAt: at,
    closedAt: at,
    confirmed: true,
    from: { raftId: 1, nodeId: '' },
    to: { raftId: 2, nodeId: '' },
    node: null,
    sealer: null,
    added: [],
    removed: [],
    votes: 2,
    voters: 3,
    source: 'rpc',
    gap: false,
    block: null,
    terms: null,
    observers: [
      { node: 'amber', view: 2, result: 'ok' },
      { node: 'birch', view: 2, result: 'ok' },
    ],
    ...more,
  };
}

test('there are words for every state, result and event', () => {
  for (const state of raftStates) assert.ok(`raft.state.${state}` in en && `raft.state.${state}.means` in en, state);
  for (const result of raftResults) assert.ok(`raft.result.${result}` in en && `raft.result.${result}.means` in en);
  for (const kind of raftEventKinds) assert.ok(`raft.event.${kind}` in en, kind);
});

test('a title names both leaders by their endpoints, and a member without one by its Raft ID', () => {
  assert.equal(eventTitle(change(), names, t), 'Leader changed: Raft 1 (amber) → Raft 2 (birch)');
  assert.equal(
    eventTitle(change({ to: { raftId: 9, nodeId: '' } }), names, t),
    'Leader changed: Raft 1 (amber) → Raft 9',
  );
});

test('why a leader changed: silent, cut off, deposed by one who came back, overloaded, or not known', () => {
  const cause = (event: RaftEvent, ...others: RaftEvent[]) => eventCause(event, [event, ...others], names, t);
  const first = (observer: Partial<RaftEvent['observers'][number]>): RaftEvent =>
    change({ observers: [{ node: 'amber', view: null, result: 'ok', ...observer }] });
  assert.equal(cause(first({ result: 'timeout' })), 'Raft 1 (amber) gave no view at that time: Hangs.');
  assert.match(cause(first({ view: 1 })) ?? '', /still claimed to lead/);
  const back = (closedAt: string | null) => change({ kind: 'nodeIsolated', node: 'cedar', closedAt });
  assert.match(cause(change(), back('2026-01-01T00:00:18.000Z')) ?? '', /^cedar had just come back from isolation/);
  assert.match(cause(change(), back('2026-01-01T00:00:01.000Z')) ?? '', /overload/);
  assert.match(cause(change(), back(null)) ?? '', /overload/);
  assert.equal(cause(first({})), 'Too few answers to tell why.');
  assert.equal(cause(change({ observers: [] })), 'Too few answers to tell why.');
});

test('who leads is not known where too few tell: nobody leads only where that is sure', () => {
  assert.equal(leaderName(null, 'noLeader', names, t), 'nobody');
  assert.equal(leaderName(null, 'unconfirmed', names, t), 'not known');
  assert.equal(leaderName(null, null, names, t), 'not known');
  assert.equal(leaderName(1, 'unconfirmed', names, t), memberName(1, names, t));
});

test('a member of etcd goes by its endpoint, else by its ID in hex, never by bits of it; and no word is of another kind', () => {
  const etcd: MemberNames = { ...names, kind: 'etcd', ids: new Map([[1_977_443_215, '8e9e05c575dd378f']]) };
  assert.equal(memberName(1, etcd, t), 'amber');
  assert.equal(memberName(1_977_443_215, etcd, t), 'member 8e9e05c575dd378f');
  assert.equal(eventTitle(change(), etcd, t), 'Leader changed: amber → birch');
  assert.equal(kindWords('raft.role.minter', 'etcd', t), 'leader');
  assert.equal(kindWords('raft.role.minter', 'goQuorum', t), 'minter (leader)');
  // Members of etcd have no headers to see it in.
  for (const kind of raftEventKinds.filter((each) => each !== 'minterChanged'))
    assert.doesNotMatch(eventCause(change({ kind }), [], etcd, t) ?? '', /minter|GoQuorum|JSON-RPC/i, kind);
  for (const result of raftResults)
    assert.doesNotMatch(kindWords(`raft.result.${result}.means`, 'etcd', t), /minter|GoQuorum|JSON-RPC|--http/, result);
});

test('events of sealers say who, how many are at work, and who came into the set', () => {
  const silent = change({ kind: 'sealerSilent', sealer: `0x${'1'.repeat(40)}`, votes: 3, voters: 4 });
  assert.equal(eventTitle(silent, names, t), 'cedar fell silent');
  assert.equal(eventVotes(silent, t), '3 of 4 seal');
  assert.equal(eventVotes(change(), t), '2 of 3 votes');
  const set = change({ kind: 'validatorsChanged', added: [`0x${'2'.repeat(40)}`], removed: [`0x${'1'.repeat(40)}`] });
  assert.equal(eventCause(set, [], names, t), 'Joined: 0x2222…2222. Left: cedar.');
});

test('the list begins with what is wrong, of whatever consensus; else it goes by name', () => {
  const cluster = (name: string, more: Partial<RaftCluster>) =>
    ({
      name,
      state: 'confirmed',
      sealing: null,
      churning: false,
      stalled: false,
      claims: 1,
      stale: false,
      ...more,
    }) as RaftCluster;
  const sealing = (state: string) => ({ sealing: { state } }) as Partial<RaftCluster>;
  const clusters = [
    cluster('a-well', {}),
    cluster('b-idle', sealing('idle')),
    cluster('c-churn', { churning: true }),
    cluster('d-halted', sealing('halted')),
    cluster('e-unconfirmed', { state: 'unconfirmed' }),
    cluster('f-new', { state: null }),
    cluster('g-lost', { state: 'noQuorum' }),
    cluster('h-unpolled', { stale: true }),
    cluster('a-too', sealing('well')),
  ];
  assert.deepEqual(
    clusters.toSorted(byTrouble).map(({ name }) => name),
    ['d-halted', 'g-lost', 'h-unpolled', 'c-churn', 'f-new', 'b-idle', 'e-unconfirmed', 'a-too', 'a-well'],
  );
});

test('how near the halt is, is told only while enough sealers are at work', () => {
  const of = (active: number, failuresToHalt: number) =>
    sealersNeeded({ active, needed: 3, failuresToHalt } as NonNullable<RaftCluster['sealing']>, t);
  assert.equal(of(3, 1), '3 sealers needed · one more silent sealer would halt the chain');
  assert.equal(of(2, 1), '3 sealers needed');
  assert.equal(of(2, 0), '3 sealers needed');
});

test('a member of etcd that asks who we are is given the login that it has a setting for', () => {
  for (const messages of [en, zhCn]) {
    assert.match(kindWords('raft.result.unauthorized.means', 'etcd', createTranslate(messages, 'en')), /`login`/);
  }
});
