import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../lib/secret.ts';
import { parseNode, type RawAnswer } from './parseNode.ts';
import { type EndpointMemories, pollRound, startGraceMs } from './pollRound.ts';
import type { RpcClient } from './rpcClient.ts';

const member = { raftId: 1, nodeId: 'ab'.repeat(64), role: 'minter', nodeActive: true };
type Mood = 'well' | 'refused' | 'timeout' | 'locked' | 'peerless';

/** An endpoint in any state of health; it remembers what it was asked. */
function endpoint() {
  const asked: string[][] = [];
  let mood: Mood = 'well';
  const answer = (method: string, all: readonly string[]): RawAnswer => {
    if (mood === 'refused' || mood === 'timeout') return { transportError: mood };
    // A batch waits for its slowest call.
    if (mood === 'locked' && all.some((each) => each.startsWith('raft_'))) return { transportError: 'timeout' };
    if (mood === 'peerless' && method === 'net_peerCount') return { result: '0x0' };
    return { result: method === 'raft_cluster' ? [member] : '0x1' };
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
    close: () => {},
  };
  const memories: EndpointMemories = new Map();
  return {
    asked,
    be: (next: Mood) => {
      mood = next;
    },
    async poll(t: number, streamed: boolean | null = null): Promise<{ result: string; aboutRaft: boolean }> {
      asked.length = 0;
      const { nodes } = await pollRound([client], t, memories, startGraceMs, () => streamed);
      return {
        result: parseNode(nodes.n1 ?? {}).result,
        aboutRaft: asked.flat().some((method) => method.startsWith('raft_')),
      };
    },
  };
}

test('a node that comes up is not asked about Raft until it has been up for a while', async () => {
  const node = endpoint();
  assert.deepEqual(await node.poll(0), { result: 'ok', aboutRaft: true });
  node.be('refused');
  assert.equal((await node.poll(1_000)).result, 'refused');
  assert.deepEqual(await node.poll(2_000), { result: 'refused', aboutRaft: false });
  node.be('well');
  assert.deepEqual(await node.poll(3_000), { result: 'starting', aboutRaft: false });
  assert.deepEqual(await node.poll(3_000 + startGraceMs - 1), { result: 'starting', aboutRaft: false });
  node.be('refused');
  assert.deepEqual(await node.poll(20_000), { result: 'refused', aboutRaft: false });
  node.be('well');
  assert.equal((await node.poll(30_000)).result, 'starting', 'down again is up anew');
  assert.deepEqual(await node.poll(30_000 + startGraceMs), { result: 'ok', aboutRaft: true });
  assert.deepEqual(node.asked, [
    ['eth_blockNumber', 'txpool_status', 'net_peerCount'],
    ['raft_cluster', 'eth_blockNumber', 'txpool_status', 'net_peerCount'],
  ]);
  assert.deepEqual(await node.poll(50_000), { result: 'ok', aboutRaft: true });
  assert.equal(node.asked.length, 1, 'one request a round');
});

test('a short silence is no restart, a long one may be', async () => {
  const node = endpoint();
  await node.poll(0);
  node.be('timeout');
  for (const t of [5_000, 10_000]) assert.equal((await node.poll(t)).result, 'timeout');
  node.be('well');
  assert.equal((await node.poll(15_000)).result, 'ok');
  node.be('timeout');
  for (let t = 20_000; t <= 45_000; t += 5_000) assert.equal((await node.poll(t)).result, 'timeout');
  node.be('well');
  assert.deepEqual(await node.poll(50_000), { result: 'starting', aboutRaft: false });
});

test('Raft methods that hang while others answer are told apart from silence, and left alone most of the time', async () => {
  const node = endpoint();
  await node.poll(0);
  node.be('locked');
  assert.equal((await node.poll(5_000)).result, 'timeout', 'one request tells no more');
  assert.equal((await node.poll(10_000)).result, 'raftHangs');
  let about = 0;
  for (let t = 15_000; t < 10_000 + 5 * 60_000; t += 5_000) {
    const { result, aboutRaft } = await node.poll(t);
    assert.equal(result, 'raftHangs');
    about += aboutRaft ? 1 : 0;
  }
  assert.ok(about >= 8 && about <= 10, `asked about Raft ${about} times in five minutes`);
  node.be('refused');
  assert.equal((await node.poll(400_000)).result, 'refused');
  node.be('well');
  assert.equal((await node.poll(405_000)).result, 'starting');
  assert.equal((await node.poll(420_000)).result, 'ok');
});

test('a node whose Raft is not up yet, as other members see it, is left alone for longer, but not forever', async () => {
  const busy = endpoint();
  busy.be('refused');
  await busy.poll(0, false);
  busy.be('well');
  assert.equal((await busy.poll(1_000, false)).result, 'starting');
  assert.deepEqual(await busy.poll(1_000 + startGraceMs, false), { result: 'starting', aboutRaft: false });
  assert.deepEqual(await busy.poll(30_000, true), { result: 'starting', aboutRaft: false });
  assert.deepEqual(await busy.poll(32_000, true), { result: 'ok', aboutRaft: true });
  const alone = endpoint();
  alone.be('refused');
  await alone.poll(0, false);
  alone.be('well');
  assert.equal((await alone.poll(1_000, false)).result, 'starting');
  assert.equal((await alone.poll(60_500, false)).aboutRaft, false);
  assert.deepEqual(await alone.poll(61_000, false), { result: 'ok', aboutRaft: true });
  const peerless = endpoint();
  peerless.be('refused');
  await peerless.poll(0);
  peerless.be('peerless');
  assert.equal((await peerless.poll(1_000)).result, 'starting');
  assert.equal((await peerless.poll(30_500)).aboutRaft, false, 'it has applied no member yet');
  assert.deepEqual(await peerless.poll(31_000), { result: 'ok', aboutRaft: true });
  const quick = endpoint();
  quick.be('refused');
  await quick.poll(0, false);
  quick.be('well');
  for (const t of [1_000, 3_000, 6_000]) assert.equal((await quick.poll(t, true)).aboutRaft, false);
  assert.equal((await quick.poll(1_000 + startGraceMs, true)).result, 'ok', 'no longer than before where all is quick');
});
