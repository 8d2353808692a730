import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { Secret } from '../../lib/secret.ts';
import { systemClock } from '../../p2p/net/systemClock.ts';
import { parseNode } from './parseNode.ts';
import { type EndpointMemories, pollRound } from './pollRound.ts';
import { createRpcClient, type Endpoint, type RpcCall, type RpcClient } from './rpcClient.ts';
import { chainMethods, readOnlyMethods } from './rpcMethods.ts';

/** Generous, so that only what never answers runs into it; cases that do set their own. */
const limits = { timeoutMs: 20_000, maxBodyBytes: 64 * 1024 };
const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

async function serve(listener: RequestListener, secure?: { key: string; cert: string }): Promise<string> {
  const server = secure === undefined ? createServer(listener) : createSecureServer(secure, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `${secure === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function connect(url: string, more: Partial<Endpoint> = {}, timeoutMs = limits.timeoutMs): RpcClient {
  const client = createRpcClient(
    {
      name: 'node',
      url: new Secret(url),
      headers: {},
      bearerToken: null,
      psi: null,
      ca: null,
      probeUrl: null,
      ...more,
    },
    systemClock,
    { ...limits, timeoutMs },
  );
  closers.push(() => client.close());
  return client;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}

const roundMethods = ['raft_cluster', ...chainMethods] as const;
const calls: readonly RpcCall[] = roundMethods.map((method) => ({ method }));

async function resultOf(url: string, more: Partial<Endpoint> = {}, timeoutMs = limits.timeoutMs): Promise<string> {
  const raw = await pollRound([connect(url, more, timeoutMs)], 0, new Map());
  return parseNode(raw.nodes.node ?? {}).result;
}

const reply =
  (status: number, type: string, body: string): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  };

test('each kind of misbehaviour is told apart', async () => {
  const answerAll =
    (answer: unknown): RequestListener =>
    async (request, response: ServerResponse) => {
      const body = (await bodyOf(request)) as { id: number } | { id: number }[];
      const toReply = ({ id }: { id: number }): unknown => ({ jsonrpc: '2.0', id, ...(answer as object) });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(Array.isArray(body) ? body.map(toReply) : toReply(body)));
    };
  const cases: readonly (readonly [string, RequestListener])[] = [
    ['timeout', () => {}],
    [
      'timeout',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('[');
      },
    ],
    ['html', reply(200, 'text/html', '<!doctype html><title>Login</title>')],
    ['html', reply(200, 'application/json', ' <html>')],
    ['tooLarge', reply(200, 'application/json', `"${'x'.repeat(limits.maxBodyBytes)}"`)],
    [
      'tooLarge',
      (_, response) => {
        const more = (): void => {
          while (response.write('x'.repeat(16_384)));
        };
        response.on('drain', more);
        more();
      },
    ],
    ['badJson', reply(200, 'application/json', '{"jsonrpc":')],
    ['malformed', reply(200, 'application/json', '[1,2,3]')],
    ['malformed', reply(200, 'application/json', '"hello"')],
    ['malformed', answerAll({ result: { raftId: 1 } })],
    ['unauthorized', reply(401, 'application/json', '{}')],
    ['unauthorized', answerAll({ error: { code: -32001, message: 'missing access token' } })],
    ['vhost', reply(403, 'text/plain', 'invalid host specified\n')],
    ['httpStatus', reply(403, 'text/plain', 'no')],
    ['httpStatus', reply(503, 'text/html', '<html>')],
    ['httpStatus', reply(302, 'text/html', '')],
    ['rpcError', answerAll({ error: { code: -32005, message: 'limit exceeded' } })],
    ['notRaft', answerAll({ error: { code: -32601, message: 'the method does not exist/is not available' } })],
    ['removed', answerAll({ result: [] })],
    ['unreachable', (request) => request.socket.destroy()],
  ];
  for (const [wanted, listener] of cases) {
    const timeoutMs = wanted === 'timeout' ? 300 : limits.timeoutMs;
    assert.equal(
      await resultOf(await serve(listener), {}, timeoutMs),
      wanted,
      `${wanted}: ${String(listener).slice(0, 60)}`,
    );
  }
});

test('a closed port is refused, and what does not speak HTTP is malformed', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  assert.equal(await resultOf(`http://127.0.0.1:${port}/`), 'refused');
  const url = await serve((request) => request.socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
  assert.equal(await resultOf(url), 'malformed');
});

test('an unknown certificate is a TLS failure, and the right CA mends it', async () => {
  const [key = '', cert = ''] = ['key', 'cert'].map((kind) =>
    readFileSync(join(packageRoot, `consortium/testdata/loopback.${kind}.pem`), 'utf8'),
  );
  const url = await serve(reply(401, 'text/plain', ''), { key, cert });
  assert.equal(await resultOf(url), 'tls');
  assert.equal(await resultOf(url, { ca: cert }), 'unauthorized', 'the HTTP answer was reached');
});

test('one request carries the whole round, with token, headers and PSI', async () => {
  const seen: { url: string | undefined; headers: IncomingMessage['headers']; methods: string[] }[] = [];
  const url = await serve(async (request, response) => {
    const batch = (await bodyOf(request)) as { id: number; method: string }[];
    seen.push({ url: request.url, headers: request.headers, methods: batch.map(({ method }) => method) });
    response.end(JSON.stringify(batch.map(({ id, method }) => ({ id, result: method })).reverse()));
  });
  const client = connect(`${url}rpc?key=1`, {
    bearerToken: new Secret('t0ken'),
    headers: { 'X-Team': new Secret('blue') },
    psi: 'PS 1',
  });
  const answers = await client.ask(calls);
  assert.deepEqual(
    answers,
    roundMethods.map((method) => ({ result: method })),
    'matched by id, not by order',
  );
  assert.equal(seen.length, 1);
  assert.equal(seen[0]?.url, '/rpc?key=1&PSI=PS+1');
  assert.equal(seen[0]?.headers.authorization, 'Bearer t0ken');
  assert.equal(seen[0]?.headers['x-team'], 'blue');
  assert.deepEqual(seen[0]?.methods, [...roundMethods]);
});

test('a server without batches is asked call by call, and remembered as such', async () => {
  let batches = 0;
  let singles = 0;
  const url = await serve(async (request, response) => {
    const body = (await bodyOf(request)) as { id: number; method: string };
    if (Array.isArray(body)) {
      batches += 1;
      response.end(JSON.stringify({ id: null, error: { code: -32600, message: 'batch requests not supported' } }));
    } else {
      singles += 1;
      response.end(JSON.stringify({ id: body.id, result: body.method }));
    }
  });
  const client = connect(url);
  for (let times = 0; times < 2; times += 1) {
    assert.deepEqual(
      await client.ask(calls),
      roundMethods.map((method) => ({ result: method })),
    );
  }
  assert.deepEqual([batches, singles], [1, 2 * roundMethods.length]);
});

test('only read-only methods can be sent', async () => {
  let requests = 0;
  const client = connect(
    await serve((_, response) => {
      requests += 1;
      response.end('{}');
    }),
  );
  for (const method of [
    'raft_addPeer',
    'raft_removePeer',
    'raft_promoteToPeer',
    'personal_unlockAccount',
    'admin_addPeer',
  ]) {
    // @ts-expect-error: the type refuses it, the client must as well
    await assert.rejects(client.ask([{ method }]), RangeError, method);
  }
  assert.equal(requests, 0);
  assert.ok(readOnlyMethods.every((method) => !/add|remove|promote|send|unlock|set|start|stop/i.test(method)));
});

test('once a node is known to be up, raft_leader is asked only where members are listed without roles', async () => {
  const asked: string[][] = [];
  const url = await serve(async (request, response) => {
    const batch = (await bodyOf(request)) as { id: number; method: string }[];
    asked.push(batch.map(({ method }) => method));
    const member = { raftId: 1, nodeId: 'ab'.repeat(64), ip: '127.0.0.1', p2pPort: 1, raftPort: 2 };
    response.end(
      JSON.stringify(batch.map(({ id, method }) => ({ id, result: method === 'raft_cluster' ? [member] : '' }))),
    );
  });
  const client = connect(url);
  const memories: EndpointMemories = new Map();
  await pollRound([client], 0, memories, 0);
  await pollRound([client], 1, memories, 0);
  assert.deepEqual(
    asked.map((methods) => [methods.includes('raft_cluster'), methods.includes('raft_leader')]),
    [
      [true, false],
      [false, true],
      [true, true],
    ],
  );
});

test('a kept connection that the other side closes is counted, for its process may be a new one; one that we close is not', async () => {
  const sockets = new Set<Socket>();
  const url = await serve(async (request, response) => {
    const body = (await bodyOf(request)) as { id: number }[];
    sockets.add(request.socket);
    response.end(JSON.stringify(body.map(({ id }) => ({ id, result: '0x1' }))));
  });
  for (const end of ['end', 'resetAndDestroy'] as const) {
    const client = connect(url);
    // Two at once: one of the connections is more than are kept, and is closed by us.
    await Promise.all([client.ask(calls), client.ask(calls)]);
    await client.ask(calls);
    assert.equal(client.hangUps(), 0);
    for (const socket of sockets) if (!socket.destroyed) socket[end]();
    while (client.hangUps() === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal('result' in ((await client.ask(calls))[0] ?? {}), true);
    assert.equal(client.hangUps(), 1);
    sockets.clear();
  }
});

test('a connection that the server closed while idle is replaced, not reported', async () => {
  let requests = 0;
  const url = await serve(async (request, response) => {
    const batch = (await bodyOf(request)) as { id: number }[];
    requests += 1;
    response.end(JSON.stringify(batch.map(({ id }) => ({ id, result: requests }))));
    // Keep-alive was promised, then broken as soon as the next request comes.
    const { socket } = request;
    response.on('finish', () => socket.once('data', () => socket.resetAndDestroy()));
  });
  const client = connect(url);
  for (const turn of [1, 2, 3]) {
    const answers = await client.ask(calls);
    assert.ok(
      answers.every((answer) => 'result' in answer),
      `turn ${turn}`,
    );
  }
  assert.ok(requests > 3, 'the broken connection was used');
});
