import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../lib/secret.ts';
import { parseNode, type RawAnswer } from './parseNode.ts';
import { type EndpointMemories, pollRound, startGraceMs } from './pollRound.ts';
import type { RpcClient } from './rpcClient.ts';

const member = { raftId: 1, nodeId: 'ab'.repeat(64), role: 'minter', nodeActive: true };
type Mood =
  | 'well'
  | 'refused'
  | 'timeout'
  | 'locked'
  | 'leaderless'
  | 'notAdded'
  | 'joining'
  | { readonly proxy: string; readonly all?: boolean };
const noLeader: RawAnswer = { error: { code: -32000, message: 'no leader is currently elected' } };

/** An endpoint in any state of health; it remembers what it was asked. */
function endpoint() {
  const asked: string[][] = [];
  let mood: Mood = 'well';
  let hangUps = 0;
  const answer = (method: string, all: readonly string[]): RawAnswer => {
    if (mood === 'refused' || mood === 'timeout') return { transportError: mood };
    // It lets methods of Raft through to nobody, or nothing at all.
    if (typeof mood === 'object') {
      return mood.all === true || all.some((each) => each.startsWith('raft_'))
        ? { transportError: mood.proxy }
        : { result: '0x1' };
    }
    // A batch waits for its slowest call.
    if (mood === 'locked' && all.some((each) => each.startsWith('raft_'))) return { transportError: 'timeout' };
    if (method === 'raft_leader') return mood === 'well' ? { result: member.nodeId } : noLeader;
    if (method === 'net_peerCount' && mood === 'notAdded') return { result: '0x0' };
    if (method !== 'raft_cluster') return { result: '0x1' };
    return { result: mood === 'notAdded' || mood === 'joining' ? [] : [member] };
  };
  const client: RpcClient = {
    endpoint: {
      name: 'n1',
      url: new Secret('http://127.0.0.1/'),
      headers: {},
      bearerToken: null,
      psi: null,
      ca: null,
      probeUrl: null,
    },
    ask: async (calls) => {
      const methods = calls.map(({ method }) => method);
      asked.push(methods);
      return methods.map((method) => answer(method, methods));
    },
    hangUps: () => hangUps,
    close: () => {},
  };
  const memories: EndpointMemories = new Map();
  return {
    asked,
    be: (next: Mood) => {
      mood = next;
    },
    hangUp: () => {
      hangUps += 1;
    },
    /** What it was asked about Raft: its members, its leader alone, or nothing. */
    async poll(t: number): Promise<readonly [result: string, about: 'members' | 'leader' | null]> {
      asked.length = 0;
      const { nodes } = await pollRound([client], t, memories);
      const all = asked.flat();
      const about = all.includes('raft_cluster') ? 'members' : all.includes('raft_leader') ? 'leader' : null;
      return [parseNode(nodes.n1 ?? {}).result, about];
    },
  };
}

const chain = ['eth_blockNumber', 'txpool_status', 'net_peerCount'];

test('a node is asked for its members only once it has named a leader: by then its start is through', async () => {
  const node = endpoint();
  assert.deepEqual(await node.poll(0), ['ok', 'members']);
  assert.deepEqual(node.asked, [chain, ['raft_leader'], ['raft_cluster', ...chain]], 'the leader first');
  await node.poll(5_000);
  assert.deepEqual(node.asked, [['raft_cluster', ...chain]], 'then one request a round');
  const starting = endpoint();
  starting.be('leaderless');
  assert.deepEqual(await starting.poll(0), ['starting', 'leader'], 'it may have started just now');
  assert.deepEqual(await starting.poll(2_500), ['starting', null]);
  starting.be('well');
  assert.deepEqual(await starting.poll(5_000), ['starting', 'leader']);
  assert.deepEqual(await starting.poll(7_500), ['starting', null]);
  assert.deepEqual(await starting.poll(startGraceMs), ['ok', 'members']);
});

test('a node that comes up is left alone for a while, however soon it names a leader', async () => {
  const node = endpoint();
  await node.poll(0);
  node.be('refused');
  assert.equal((await node.poll(1_000))[0], 'refused');
  assert.deepEqual(await node.poll(2_000), ['refused', null]);
  node.be('well');
  assert.deepEqual(await node.poll(3_000), ['starting', null]);
  assert.deepEqual(await node.poll(8_000), ['starting', 'leader']);
  assert.deepEqual(await node.poll(3_000 + startGraceMs - 1), ['starting', null]);
  node.be('refused');
  assert.deepEqual(await node.poll(20_000), ['refused', null]);
  node.be('well');
  assert.equal((await node.poll(30_000))[0], 'starting', 'down again is up anew');
  assert.deepEqual(await node.poll(39_000), ['starting', 'leader']);
  assert.deepEqual(await node.poll(30_000 + startGraceMs), ['starting', null], 'members may still come in');
  assert.deepEqual(await node.poll(41_000), ['ok', 'members']);
});

test('where there is no leader a node is asked all the same after half a minute, and few lines are left in its log', async () => {
  const node = endpoint();
  node.be('refused');
  await node.poll(0);
  node.be('leaderless');
  let lines = 0;
  for (let t = 500; t < 30_500; t += 500) {
    const [result, about] = await node.poll(t);
    assert.deepEqual([result, about === 'members'], ['starting', false]);
    lines += about === 'leader' ? 1 : 0;
  }
  assert.equal(lines, 2);
  assert.deepEqual(await node.poll(30_500), ['ok', 'members']);
  await node.poll(31_000);
  assert.ok(!node.asked.flat().includes('raft_leader'));
});

test('one that was restarted between two rounds is asked for its leader first', async () => {
  const node = endpoint();
  await node.poll(0);
  node.hangUp();
  node.be('leaderless');
  assert.deepEqual(await node.poll(5_000), ['starting', 'leader']);
  node.be('well');
  assert.deepEqual(await node.poll(10_000), ['starting', 'leader']);
  assert.deepEqual(await node.poll(15_000), ['ok', 'members']);
  node.hangUp();
  assert.deepEqual(await node.poll(20_000), ['ok', 'members'], 'it was only the connection');
  assert.deepEqual(node.asked[1], ['raft_leader']);
});

test('one that is not yet added to its cluster is left alone until it has peers, and then until its members are in', async () => {
  const node = endpoint();
  node.be('notAdded');
  await node.poll(0);
  for (let t = 1_000; t < 30_000; t += 1_000) await node.poll(t);
  assert.deepEqual(await node.poll(30_000), ['removed', 'members']);
  for (let t = 35_000; t < 3_600_000; t += 60_000) assert.deepEqual(await node.poll(t), ['removed', null]);
  node.be('joining');
  assert.deepEqual(await node.poll(3_600_000), ['starting', null]);
  node.be('well');
  assert.deepEqual(await node.poll(3_605_000), ['starting', 'leader']);
  assert.deepEqual(await node.poll(3_610_000), ['ok', 'members']);
});

test('a short silence is no restart, a long one may be', async () => {
  const node = endpoint();
  await node.poll(0);
  node.be('timeout');
  for (const t of [5_000, 10_000]) assert.equal((await node.poll(t))[0], 'timeout');
  node.be('well');
  assert.equal((await node.poll(15_000))[0], 'ok');
  node.be('timeout');
  for (let t = 20_000; t <= 45_000; t += 5_000) assert.equal((await node.poll(t))[0], 'timeout');
  node.be('well');
  assert.deepEqual(await node.poll(50_000), ['starting', null]);
});

test('Raft methods that hang while others answer are told apart from silence, and left alone most of the time', async () => {
  const node = endpoint();
  await node.poll(0);
  node.be('locked');
  assert.equal((await node.poll(5_000))[0], 'timeout', 'one request tells no more');
  assert.equal((await node.poll(10_000))[0], 'raftHangs');
  let asked = 0;
  for (let t = 15_000; t < 10_000 + 5 * 60_000; t += 5_000) {
    const [result, about] = await node.poll(t);
    assert.equal(result, 'raftHangs');
    assert.notEqual(about, 'members');
    asked += about === null ? 0 : 1;
  }
  assert.ok(asked >= 8 && asked <= 10, `asked about Raft ${asked} times in five minutes`);
  node.be('refused');
  assert.equal((await node.poll(400_000))[0], 'refused');
  node.be('well');
  assert.equal((await node.poll(405_000))[0], 'starting');
  assert.equal((await node.poll(412_000))[0], 'starting');
  assert.equal((await node.poll(420_000))[0], 'ok');
});

test('Raft methods that hang from the start on, whoever locked it up, are named after half a minute', async () => {
  const node = endpoint();
  node.be('locked');
  for (let t = 0; t < 30_000; t += 1_000) {
    const [result, about] = await node.poll(t);
    assert.equal(result, 'starting');
    assert.notEqual(about, 'members');
  }
  assert.deepEqual(await node.poll(30_000), ['raftHangs', 'leader']);
  node.be('well');
  assert.deepEqual(await node.poll(35_000), ['raftHangs', null]);
  assert.deepEqual(await node.poll(60_000), ['starting', 'leader'], 'a quick restart');
  assert.deepEqual(await node.poll(70_000), ['ok', 'members']);
});

test('a proxy that refuses methods of Raft is no lock: the endpoint is told by what the proxy says, and left alone', async () => {
  for (const [proxy, result] of [
    ['httpStatus:403', 'httpStatus'],
    ['httpStatus:429', 'httpStatus'],
    ['html', 'html'],
    ['badJson', 'badJson'],
  ] as const) {
    const node = endpoint();
    node.be({ proxy });
    for (let t = 0; t < 120_000; t += 5_000) assert.deepEqual(await node.poll(t), [result, 'leader'], proxy);
    node.be('well');
    assert.deepEqual(await node.poll(120_000), ['ok', 'members'], 'once it is let through');
    node.be('refused');
    await node.poll(125_000);
    node.be({ proxy });
    for (let t = 130_000; t < 250_000; t += 5_000) assert.notEqual((await node.poll(t))[0], 'raftHangs', proxy);
    assert.deepEqual(await node.poll(250_000), [result, 'leader'], 'no matter when it began');
  }
  const silent = endpoint();
  silent.be({ proxy: 'httpStatus:504' });
  for (let t = 0; t < 30_000; t += 5_000) assert.equal((await silent.poll(t))[0], 'starting');
  assert.equal((await silent.poll(30_000))[0], 'raftHangs', 'a proxy that waits in vain says what silence says');
});

test('after an answer by a proxy in place of the node, which may be starting anew, it is asked for its leader first', async () => {
  for (const proxy of ['httpStatus:502', 'html']) {
    const node = endpoint();
    await node.poll(0);
    node.be({ proxy, all: true });
    assert.deepEqual((await node.poll(5_000))[0], proxy.split(':')[0]);
    node.be('leaderless');
    assert.deepEqual(await node.poll(10_000), ['starting', 'leader']);
    node.be({ proxy, all: true });
    await node.poll(15_000);
    node.be('well');
    assert.deepEqual(await node.poll(20_000), ['starting', null]);
    const wellAllAlong = endpoint();
    await wellAllAlong.poll(0);
    wellAllAlong.be({ proxy, all: true });
    await wellAllAlong.poll(5_000);
    wellAllAlong.be('well');
    assert.deepEqual(
      await wellAllAlong.poll(10_000),
      ['ok', 'members'],
      'one that names a leader is through its start',
    );
  }
});

test('a proxy that closes idle connections as a habit does not hide a cluster without a leader for ever', async () => {
  const node = endpoint();
  await node.poll(0);
  node.be('leaderless');
  const results: string[] = [];
  for (let t = 5_000; t <= 600_000; t += 5_000) {
    node.hangUp();
    results.push((await node.poll(t))[0]);
  }
  assert.deepEqual(new Set(results.slice(24)), new Set(['ok']), 'from the third minute on');
  node.be('refused');
  await node.poll(605_000);
  node.be('leaderless');
  for (let t = 610_000; t <= 640_000; t += 5_000) await node.poll(t);
  node.hangUp();
  assert.equal((await node.poll(645_000))[0], 'starting', 'one that does go down has no such habit');
});

test('restarts far apart are no habit, however quick', async () => {
  const node = endpoint();
  await node.poll(0);
  for (let t = 3_600_000; t < 10 * 3_600_000; t += 3_600_000) {
    node.hangUp();
    node.be('leaderless');
    assert.deepEqual(await node.poll(t), ['starting', 'leader']);
    node.be('well');
    for (let after = 5_000; after <= 30_000; after += 5_000) await node.poll(t + after);
  }
});
