import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classifyTransportError, maxClusterMembers, parseNode, type RawAnswer, type RawNode } from './parseNode.ts';
import { nodeResults } from './round.ts';

const a = 'a'.repeat(128);
const b = 'b'.repeat(128);
const member = (raftId: number, nodeId: string, role?: string, nodeActive = true) => ({
  raftId,
  nodeId,
  p2pPort: 21000,
  raftPort: 50400,
  hostname: '127.0.0.1',
  ...(role === undefined ? {} : { role, nodeActive }),
});
const missing: RawAnswer = {
  error: { code: -32601, message: 'the method raft_cluster does not exist/is not available' },
};
const noLeader: RawAnswer = { error: { code: -32000, message: 'no leader is currently elected' } };

function viewOf(raw: RawNode) {
  const answer = parseNode(raw);
  assert.equal(answer.result, 'ok');
  return answer.result === 'ok' ? answer.view : assert.fail();
}

test('release 2.5 and later: roles and activity in the list, the node itself last', () => {
  const view = viewOf({
    raft_cluster: { result: [member(1, a, 'minter'), member(2, b, 'verifier')] },
    eth_blockNumber: { result: '0x10' },
    txpool_status: { result: { pending: '0x2', queued: '0x0' } },
    net_peerCount: { result: '0x1' },
  });
  assert.deepEqual(view.self, { raftId: 2, nodeId: b });
  assert.deepEqual(view.leader, { at: 'named', leader: { raftId: 1, nodeId: a } });
  assert.deepEqual([view.role, view.head, view.pending, view.peerCount], ['verifier', 16, 2, 1]);
});

test('release 2.4: an error instead of a list while there is no leader', () => {
  const view = viewOf({ raft_cluster: noLeader, raft_role: { result: '' } });
  assert.deepEqual([view.self, view.leader], [null, { at: 'none' }]);
});

test('releases 2.2.5 to 2.3: no roles in the list, the leader by raft_leader or by being it', () => {
  const list: RawAnswer = {
    result: [
      { raftId: 1, nodeId: a, ip: '10.0.0.1', p2pPort: 1, raftPort: 2 },
      { raftId: 2, nodeId: b, ip: '10.0.0.2', p2pPort: 1, raftPort: 2 },
    ],
  };
  const follower = viewOf({ raft_cluster: list, raft_role: { result: 'verifier' }, raft_leader: { result: a } });
  assert.deepEqual(follower.leader, { at: 'named', leader: { raftId: 1, nodeId: a } });
  assert.equal(follower.entries[0]?.hostname, '10.0.0.1');
  assert.equal(follower.entries[0]?.active, undefined);
  const leader = viewOf({ raft_cluster: list, raft_role: { result: 'minter' } });
  assert.deepEqual(leader.leader, { at: 'named', leader: { raftId: 2, nodeId: b } });
  assert.deepEqual(viewOf({ raft_cluster: list, raft_role: { result: 'verifier' } }).leader, { at: 'unknown' });
  assert.deepEqual(viewOf({ raft_cluster: list, raft_leader: noLeader }).leader, { at: 'none' });
});

test('release 2.0.2: only a role, which names nobody', () => {
  const view = viewOf({ raft_cluster: missing, raft_role: { result: 'verifier' } });
  assert.deepEqual([view.self, view.leader, view.role], [null, { at: 'unknown' }, 'verifier']);
});

test('a removed node gives no view, though it names a leader for ever', () => {
  assert.equal(
    parseNode({ raft_cluster: { result: [] }, raft_role: { result: '' }, raft_leader: { result: a } }).result,
    'removed',
  );
});

test('not Raft, an RPC error, and each transport failure are told apart', () => {
  assert.equal(parseNode({ raft_cluster: missing, raft_role: missing }).result, 'notRaft');
  assert.equal(parseNode({}).result, 'notRaft');
  assert.equal(parseNode({ raft_cluster: { error: { code: -32005, message: 'limit' } } }).result, 'rpcError');
  const classes: readonly (readonly [string, string])[] = [
    ['ETIMEDOUT', 'timeout'],
    ['timeout', 'timeout'],
    ['request timed out', 'timeout'],
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'unreachable'],
    ['socket hang up', 'unreachable'],
    ['ENOTFOUND', 'unreachable'],
    ['HTTP 401', 'unauthorized'],
    ['HTTP 503', 'httpStatus'],
    ['httpStatus:503', 'httpStatus'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['html', 'html'],
    ['tooLarge', 'tooLarge'],
    ['badJson', 'badJson'],
    ['vhost', 'vhost'],
  ];
  for (const [text, result] of classes) assert.equal(classifyTransportError(text), result, text);
});

test('a node says who it is by admin_nodeInfo where that is exposed, whatever the order of its list', () => {
  const view = viewOf({
    raft_cluster: { result: [member(1, a, 'minter'), member(2, b, 'verifier')] },
    admin_nodeInfo: { result: { enode: `enode://${a}@127.0.0.1:1?discport=0` } },
  });
  assert.deepEqual([view.self?.raftId, view.role], [1, 'minter']);
});

test('a member that cannot be read spoils no other: GoQuorum 2.2 answers null for itself for a while', () => {
  const whole = [member(1, a, 'minter'), member(2, b, 'verifier')];
  const first = viewOf({ raft_cluster: { result: [null, ...whole] } });
  assert.deepEqual([first.entries.length, first.unread, first.self?.raftId], [2, 1, 2]);
  const own = viewOf({ raft_cluster: { result: [...whole, null] }, raft_role: { result: 'verifier' } });
  assert.deepEqual([own.entries.length, own.unread, own.self, own.role], [2, 1, null, 'verifier']);
  assert.deepEqual(own.leader, { at: 'named', leader: { raftId: 1, nodeId: a } });
  const minting = viewOf({ raft_cluster: { result: [member(2, b), null] }, raft_role: { result: 'minter' } });
  assert.deepEqual(minting.leader, { at: 'unknown' }, 'not whoever stands last');
  const twice = viewOf({ raft_cluster: { result: [member(1, a, 'minter'), ...whole] } });
  assert.deepEqual(
    [twice.entries.length, twice.unread, twice.self?.raftId],
    [2, 1, 2],
    'the same again says nothing new',
  );
  const named = { enode: `enode://${b}@127.0.0.1:21000?discport=0` };
  const told = viewOf({ raft_cluster: { result: [...whole, null] }, admin_nodeInfo: { result: named } });
  assert.equal(told.self?.raftId, 2);
});

test('a list that cannot be true is malformed, not half read', () => {
  const lists: readonly (readonly [string, unknown])[] = [
    ['text', 'x'],
    ['number member', [1]],
    ['raft ID 0', [member(0, a, '')]],
    ['raft ID above 16 bits', [member(65_536, a, '')]],
    ['short node ID', [member(1, 'ab', '')]],
    ['unknown role', [member(1, a, 'king')]],
    ['activity as text', [{ ...member(1, a, 'minter'), nodeActive: 'yes' }]],
    ['one ID twice', [member(1, a, 'minter'), member(1, b, 'verifier')]],
    ['two minters', [member(1, a, 'minter'), member(2, b, 'minter')]],
    ['too many', Array.from({ length: maxClusterMembers + 1 }, (_, index) => member(index + 1, a, ''))],
  ];
  for (const [name, result] of lists) assert.equal(parseNode({ raft_cluster: { result } }).result, 'malformed', name);
});

test('whatever an endpoint sends, the answer is one of the known results', () => {
  const seed = 20_261_122;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('raft_cluster', 'raft_role', 'txpool_status'), fc.jsonValue()), (raw) => {
      const wrapped = Object.fromEntries(Object.entries(raw).map(([method, result]) => [method, { result }]));
      assert.ok(nodeResults.includes(parseNode(wrapped).result));
    }),
    { seed, numRuns: 500 },
  );
});
