import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../lib/secret.ts';
import { systemClock } from '../../p2p/net/systemClock.ts';
import { createEtcdClient } from './etcdClient.ts';

/** A member whose status only some tokens open, and a client of it by a clock that is set by hand. */
async function setUp(t: TestContext) {
  const state = { logins: 0, opens: (_token: string): boolean => true, now: 0 };
  const server = createServer((request, response) => {
    request.resume();
    const token = request.headers.authorization ?? '';
    if (request.url === '/v3/auth/authenticate') {
      state.logins += 1;
      return response.end(JSON.stringify({ token: `t${state.logins}` }));
    }
    if (request.url !== '/metrics' && (token === '' || !state.opens(token))) response.statusCode = 401;
    response.end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = new Secret(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const login = { user: 'forkscope', password: new Secret('w') };
  const client = createEtcdClient(
    {
      ...{ name: 'n1', url, headers: {}, bearerToken: null, psi: null, ca: null, probeUrl: null },
      etcd: { cert: null, key: null, metricsUrl: null, login },
    },
    { after: systemClock.after.bind(systemClock), now: () => state.now },
    { timeoutMs: 20_000, maxBodyBytes: 64 * 1024 },
  );
  t.after(() => {
    client.close();
    server.close();
    server.closeAllConnections();
  });
  const round = async (now: number): Promise<string> => {
    state.now = now;
    const { status } = await client.ask();
    return 'text' in status ? 'ok' : status.transportError;
  };
  return { state, round };
}

test('a login that opens nothing is not repeated with every round', async (t) => {
  const { state, round } = await setUp(t);
  state.opens = () => false;
  for (let now = 0; now < 30_000; now += 5_000) assert.equal(await round(now), 'unauthorized');
  assert.equal(state.logins, 1);
  state.opens = () => true;
  assert.deepEqual([await round(30_000), state.logins], ['ok', 1]);
  state.opens = (token) => token === 't2';
  assert.deepEqual([await round(35_000), state.logins], ['ok', 2]);
});

test('a token that opened is replaced as soon as it is refused: a member that restarts forgets it', async (t) => {
  const { state, round } = await setUp(t);
  assert.deepEqual([await round(0), await round(5_000), state.logins], ['ok', 'ok', 1]);
  state.opens = (token) => token === 't2';
  assert.deepEqual([await round(10_000), state.logins], ['ok', 2]);
  state.opens = (token) => token === 't3';
  assert.deepEqual([await round(15_000), state.logins], ['ok', 3]);
});
