import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { findFreeOctet } from './findFreeOctet.ts';

test('an octet whose first address is taken is passed over', async (t) => {
  const first = await findFreeOctet();
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => {
    socket.bind({ address: `127.${first}.1.1`, port: 30_303, exclusive: true }, resolve);
  });
  t.after(() => socket.close());
  assert.notEqual(await findFreeOctet(), first);
});
