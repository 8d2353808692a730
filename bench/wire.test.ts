import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './wire.ts';

test('the wire benchmark measures every backend and names the machine', async () => {
  const result = JSON.parse(JSON.stringify(await run(['2'])));
  for (const backend of ['native', 'wasm', 'noble']) {
    const { sign, recover, ecdh, encode, decode } = result.backends[backend];
    for (const figure of [sign, recover, ecdh, encode.ping, encode.findnode, decode.neighbors, decode.enr]) {
      assert.ok(figure > 0, `${backend}: ${JSON.stringify(result.backends[backend])}`);
    }
  }
  assert.equal(result.machine.node, process.version);
  assert.ok(result.machine.cores >= 1);
});
