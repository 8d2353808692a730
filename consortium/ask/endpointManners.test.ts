import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../lib/secret.ts';
import { systemClock } from '../../p2p/net/systemClock.ts';
import { readSealerChain } from '../../testkit/sealerChains.ts';
import { isRecord } from './parseNode.ts';
import { type EndpointMemories, pollRound } from './pollRound.ts';
import { createRpcClient } from './rpcClient.ts';

/** A node that knows the methods in a recording, and logs those it does not know, as GoQuorum does. */
async function serveNode(t: TestContext) {
  const recorded = readSealerChain('qbft');
  const answers: Record<string, unknown> = {
    ...recorded.answers,
    eth_blockNumber: { result: '0xa' },
    eth_getBlockByNumber: { result: recorded.headers[10] },
  };
  const state = { status: 200, asked: 0, warnings: [] as string[], answers };
  const answer = (call: unknown): unknown => {
    const { method, id } = isRecord(call) ? call : {};
    const known = answers[String(method)];
    if (isRecord(known) && 'result' in known) return { jsonrpc: '2.0', id, result: known.result };
    state.warnings.push(String(method));
    const message = `the method ${String(method)} does not exist/is not available`;
    return { jsonrpc: '2.0', id, error: { code: -32601, message } };
  };
  const server = createServer((request, response) => {
    state.asked += 1;
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      if (state.status !== 200) {
        response.writeHead(state.status).end('no');
        return;
      }
      const body: unknown = JSON.parse(text);
      response.end(JSON.stringify(Array.isArray(body) ? body.map(answer) : answer(body)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  let now = 1_800_000_000_000;
  const endpoint = {
    name: 'n1',
    url: new Secret(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    ...{ headers: {}, bearerToken: null, psi: null, ca: null, probeUrl: null },
  };
  const connect = () => {
    const client = createRpcClient(endpoint, { now: () => now, after: systemClock.after.bind(systemClock) });
    t.after(() => client.close());
    return client;
  };
  return { state, connect, pass: (ms: number) => (now += ms), now: () => now };
}

test('a validator of QBFT polled for a day finds few lines of ours in its log: at most one an hour, after the first', async (t) => {
  const node = await serveNode(t);
  const client = node.connect();
  const memories: EndpointMemories = new Map();
  for (let round = 0; round < 24 * 60; round++) {
    await pollRound([client], node.now(), memories, 0);
    node.pass(60_000);
  }
  assert.ok(node.state.warnings.length <= 24, `${node.state.warnings.length} lines: ${node.state.warnings.join(' ')}`);
  assert.equal(node.state.warnings[0], 'raft_cluster');
});

test('a node that lists no modules is spared as well: each method that it does not know once, then one an hour', async (t) => {
  const node = await serveNode(t);
  node.state.answers.rpc_modules = undefined;
  const client = node.connect();
  const memories: EndpointMemories = new Map();
  const poll = async (minutes: number): Promise<number> => {
    const before = node.state.warnings.length;
    for (let round = 0; round < minutes; round++) {
      await pollRound([client], node.now(), memories, 0);
      node.pass(60_000);
    }
    return node.state.warnings.length - before;
  };
  await poll(10);
  assert.deepEqual([...new Set(node.state.warnings)], node.state.warnings, 'each once');
  assert.ok((await poll(24 * 60)) <= 24);
});

test('all clients of an endpoint share what they know of it; a node that has become a member of Raft is found to be one within the hour', async (t) => {
  const node = await serveNode(t);
  const [a, b] = [node.connect(), node.connect()];
  await a.ask([{ method: 'raft_cluster' }, { method: 'eth_blockNumber' }]);
  await b.ask([{ method: 'raft_cluster' }, { method: 'eth_blockNumber' }]);
  assert.deepEqual(node.state.warnings, ['raft_cluster']);
  node.state.answers.raft_cluster = { result: [] };
  node.state.answers.rpc_modules = { result: { eth: '1.0', raft: '1.0' } };
  assert.ok('error' in ((await a.ask([{ method: 'raft_cluster' }]))[0] ?? {}), 'not yet');
  node.pass(3_600_001);
  await a.ask([{ method: 'eth_blockNumber' }]);
  assert.deepEqual(await a.ask([{ method: 'raft_cluster' }]), [{ result: [] }]);
});

test('an endpoint that keeps refusing is asked less and less often, and the refusal stands meanwhile', async (t) => {
  const node = await serveNode(t);
  const client = node.connect();
  node.state.status = 401;
  for (let second = 0; second < 600; second += 5) {
    assert.deepEqual(await client.ask([{ method: 'eth_blockNumber' }]), [{ transportError: 'unauthorized' }]);
    node.pass(5_000);
  }
  assert.ok(node.state.asked <= 30, `${node.state.asked} requests in ten minutes`);
  node.state.status = 200;
  node.pass(30_000);
  assert.deepEqual(
    await client.ask([{ method: 'eth_blockNumber' }]),
    [{ result: '0xa' }],
    'half a minute later at most',
  );
});
