/**
 * Answers of etcd 3.4.23 (Debian 12), three members on loopback: all well, quorum lost, a learner. Numbers of 64 bits are
 * decimal strings in the gateway's JSON and hex in metrics.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EtcdAnswers, EtcdReply } from './etcdClient.ts';
import { createEtcdSource } from './etcdSource.ts';
import { parseEtcd, toMemberRef } from './parseEtcd.ts';
import type { NodeView } from './round.ts';

const ids = { n1: 4242186390936763199n, n2: 12712618868640364975n, n3: 2280619540213362833n };
const status =
  '{"header":{"cluster_id":"4426738700212295663","member_id":"4242186390936763199","revision":"1","raft_term":"2"},"version":"3.4.23","dbSize":"20480","leader":"2280619540213362833","raftIndex":"8","raftTerm":"2","raftAppliedIndex":"8","dbSizeInUse":"20480"}';
const members =
  '{"header":{"cluster_id":"4426738700212295663","member_id":"4242186390936763199","raft_term":"2"},"members":[{"ID":"2280619540213362833","name":"n3","peerURLs":["http://127.0.0.1:24803"],"clientURLs":["http://127.0.0.1:24703"]},{"ID":"4242186390936763199","name":"n1","peerURLs":["http://127.0.0.1:24801"],"clientURLs":["http://127.0.0.1:24701"]},{"ID":"12712618868640364975","name":"n2","peerURLs":["http://127.0.0.1:24802"],"clientURLs":["http://127.0.0.1:24702"]}]}';
const metrics = `# HELP etcd_network_active_peers The current number of active peer connections.
etcd_network_active_peers{Local="3adf460be6c83b3f",Remote="1fa663637a3b7091"} 1
etcd_network_active_peers{Local="3adf460be6c83b3f",Remote="b06c4b81b63cb9af"} 0
etcd_server_has_leader 1
etcd_server_id{server_id="3adf460be6c83b3f"} 1
etcd_server_is_leader 0
etcd_server_is_learner 0
# TYPE etcd_server_leader_changes_seen_total counter
etcd_server_leader_changes_seen_total 1
process_start_time_seconds 1.79584828004e+09
`;
const failed: EtcdReply = { transportError: 'httpStatus:404' };
const answers = (more: Partial<EtcdAnswers> = {}): EtcdAnswers => ({
  status: { text: status },
  members: { text: members },
  metrics: { text: metrics },
  ...more,
});
function viewOf(raw: EtcdAnswers): NodeView {
  const { answer } = parseEtcd(raw);
  return answer.result === 'ok' ? answer.view : assert.fail(answer.detail);
}

test('a follower: itself, its leader and term, all members, streams and count', () => {
  const view = viewOf(answers());
  assert.deepEqual(view.self, toMemberRef(ids.n1));
  assert.equal(view.self?.nodeId.replace(/^0+/, ''), '3adf460be6c83b3f', 'the same ID as in metrics');
  assert.deepEqual(view.leader, { at: 'named', leader: toMemberRef(ids.n3) });
  assert.deepEqual([view.role, view.term, view.changesSeen?.count, view.unread], ['verifier', 2, 1, 0]);
  assert.deepEqual(
    view.entries.map(({ hostname, role, active }) => [hostname, role, active]),
    [
      ['n3', 'minter', true],
      ['n1', 'verifier', true],
      ['n2', 'verifier', false],
    ],
  );
});

test('quorum lost: the key of the leader is left out, and the list stays', () => {
  const lost =
    '{"header":{"cluster_id":"4426738700212295663","member_id":"4242186390936763199","raft_term":"3"},"version":"3.4.23","raftIndex":"9","raftTerm":"3","errors":["etcdserver: no leader"]}';
  const view = viewOf(answers({ status: { text: lost } }));
  assert.deepEqual([view.leader.at, view.role, view.term, view.entries.length], ['none', '', 3, 3]);
  assert.deepEqual(view.alarms, []);
});

test('learners are learners even without a leader; a member that never started is known by its address', () => {
  const list = `{"members":[{"ID":"${ids.n1}","name":"n1"},{"ID":"${ids.n2}","peerURLs":["http://10.0.0.2:2380"],"isLearner":true}]}`;
  const own = `{"header":{"member_id":"${ids.n2}"},"raftTerm":"4","isLearner":true}`;
  const view = viewOf(answers({ status: { text: own }, members: { text: list } }));
  assert.equal(view.role, 'learner');
  assert.deepEqual(
    view.entries.map(({ role, hostname }) => [role, hostname]),
    [
      ['', 'n1'],
      ['learner', 'http://10.0.0.2:2380'],
    ],
  );
});

test('alarms are among the errors of a status', () => {
  const full = status.replace('"version"', '"errors":["memberID:4242186390936763199 alarm:NOSPACE "],"version"');
  assert.deepEqual(viewOf(answers({ status: { text: full } })).alarms, ['NOSPACE']);
});

test('without the gateway, metrics name the leader if it is this member, and otherwise tell only that there is one', () => {
  const follower = viewOf(answers({ status: failed, members: failed }));
  assert.deepEqual([follower.leader.at, follower.role, follower.entries.length], ['unknown', 'verifier', 0]);
  const led = metrics.replace('is_leader 0', 'is_leader 1');
  const leader = viewOf(answers({ status: failed, members: failed, metrics: { text: led } }));
  assert.deepEqual(leader.leader, { at: 'named', leader: toMemberRef(ids.n1) });
  assert.equal(leader.role, 'minter');
  const alone = metrics.replace('has_leader 1', 'has_leader 0');
  assert.equal(viewOf(answers({ status: failed, members: failed, metrics: { text: alone } })).leader.at, 'none');
});

test('a member that asks for a login is unauthorized, though its metrics are open', () => {
  const { answer } = parseEtcd(answers({ status: { transportError: 'unauthorized' } }));
  assert.equal(answer.result, 'unauthorized');
});

test('what is not an answer of etcd gives no view, and says why', () => {
  const none: EtcdReply = { transportError: 'refused' };
  for (const [reply, result] of [
    [none, 'refused'],
    [{ transportError: 'timeout' }, 'timeout'],
    [{ transportError: 'unauthorized' }, 'unauthorized'],
    [failed, 'httpStatus'],
    [{ text: 'not json' }, 'badJson'],
    [{ text: '{"jsonrpc":"2.0","id":1,"result":"0x1"}' }, 'malformed'],
    [{ text: '{"header":{"member_id":4242186390936763199}}' }, 'malformed'],
    [{ text: '{"header":{"member_id":"99999999999999999999"}}' }, 'malformed'],
  ] as const) {
    const { answer } = parseEtcd({ status: reply, members: reply, metrics: none });
    assert.equal(answer.result, result, JSON.stringify(reply));
  }
});

test('hostile lists and metrics cost nothing', () => {
  const many = JSON.stringify({ members: Array.from({ length: 600 }, (_, id) => ({ ID: String(id + 1) })) });
  assert.deepEqual(viewOf(answers({ members: { text: many } })).entries, []);
  const odd = '{"members":[null,{"ID":"1"},{"ID":"1"},{"ID":"-1"},{"ID":"2","name":"\\u202eevil"}]}';
  const view = viewOf(answers({ members: { text: odd } }));
  assert.deepEqual([view.entries.length, view.unread], [2, 3]);
  assert.ok(!view.entries.some(({ hostname }) => hostname?.includes('\u202e')));
  const lies = 'etcd_server_leader_changes_seen_total NaN\netcd_server_leader_changes_seen_total -1\n'.repeat(100);
  assert.equal(viewOf(answers({ metrics: { text: lies } })).changesSeen, undefined);
});

test('a member of another cluster costs only its own endpoint', async () => {
  const other = status.replace('4426738700212295663', '1');
  const client = (name: string, raw: EtcdAnswers) => ({ name, ask: () => Promise.resolve(raw), close: () => {} });
  const source = createEtcdSource([
    client('stray', answers({ status: { text: other } })),
    client('a', answers()),
    client('b', answers()),
  ]);
  const { nodes } = await source.ask(0);
  assert.deepEqual(
    [...nodes].map(([name, { result }]) => [name, result]),
    [
      ['stray', 'malformed'],
      ['a', 'ok'],
      ['b', 'ok'],
    ],
  );
});
