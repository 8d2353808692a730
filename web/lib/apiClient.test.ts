import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { api, parseFailure, request } from './apiClient.ts';

const filters = {
  population: 'alive',
  client: '',
  forkHash: '07c9462e',
  forkClass: '',
  identity: '',
  q: 'ab',
  cursor: '',
} as const;

test('addresses leave out what was not chosen', () => {
  assert.equal(
    api.nodes('mainnet', 'day', filters, 50).url,
    '/api/v1/nodes?population=alive&forkHash=07c9462e&q=ab&network=mainnet&window=day&limit=50',
  );
  assert.doesNotMatch(api.nodes('all', 'day', filters, 50).url, /network=/);
});

test('failures: the API’s own codes, and those of whatever stands in between', () => {
  assert.deepEqual(parseFailure({ code: 'notFound', message: 'no' }, 404), { code: 'notFound', message: 'no' });
  assert.equal(parseFailure({ code: '<img src=x>' }, 500).code, 'unavailable');
  assert.equal(parseFailure('proxy', 502).code, 'unavailable');
  assert.equal(parseFailure([], 404).code, 'badAnswer');
});

test('a request never rejects', async (context) => {
  const server = createServer((incoming, answer) => {
    if (incoming.url === '/good') answer.end('{"networks":[]}');
    else if (incoming.url === '/busy') answer.writeHead(429).end('{"code":"tooManyRequests","message":"slow down"}');
    else answer.end('<html>not json</html>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const origin = `http://127.0.0.1:${address.port}`;
  const ask = async (path: string) => {
    const result = await request({ url: origin + path }, new AbortController().signal);
    return result.ok ? 'ok' : result.failure.code;
  };
  assert.equal(await ask('/good'), 'ok');
  assert.equal(await ask('/busy'), 'tooManyRequests');
  assert.equal(await ask('/html'), 'badAnswer');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await ask('/gone'), 'offline');
});
