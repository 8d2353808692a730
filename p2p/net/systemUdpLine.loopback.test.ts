import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemSockets } from './systemSockets.ts';
import { connectSystemUdp } from './systemUdpLine.ts';

const deaf = { receive: () => {}, failed: () => {} };

test('an address of no use rejects, and leaves no socket behind', async () => {
  const sockets = () => process.getActiveResourcesInfo().filter((one) => /udp/i.test(one)).length;
  const before = sockets();
  await assert.rejects(connectSystemUdp({ ip: '255.255.255.255', port: 9 }, deaf));
  for (let turns = 0; turns < 100 && sockets() > before; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(sockets(), before);
});

test('a host that refuses is heard of, and what comes is only what that address sent', async () => {
  const heard: string[] = [];
  const server = await systemSockets.bindUdp({
    ip: '127.0.0.1',
    port: 0,
    maxBytes: 100,
    receive: (bytes, from) => server.send(bytes, from),
  });
  let woken = (): void => {};
  const hear = (what: string): void => {
    heard.push(what);
    woken();
  };
  const next = (act: () => void): Promise<void> =>
    new Promise((resolve) => {
      woken = resolve;
      act();
    });
  const line = await connectSystemUdp(server.local, {
    receive: (bytes) => hear(Buffer.from(bytes).toString()),
    failed: hear,
  });
  await next(() => line.send(Buffer.from('hello')));
  await server.close();
  await next(() => line.send(Buffer.from('anybody?')));
  await line.close();
  assert.deepEqual(heard.slice(0, 2), ['hello', 'refused']);
});
