import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { packageRoot } from '../../lib/packageRoot.ts';
import { forkEthereumjs } from '../../testkit/forkEthereumjs.ts';
import { formatEnode } from '../wire/nodeEndpoint.ts';

test('the example of the README dials a real peer and prints its Hello and Status', async (t) => {
  const at = { ip: '127.31.7.2', port: 30_303 };
  const clientName = 'EthereumJS-of-the-README/v1/linux/node';
  const peer = await forkEthereumjs({ ...at, privateKey: '7'.repeat(64), clientName, maxPeers: 25 });
  t.after(() => peer.stop());
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-readme-'));
  t.after(() => rm(folder, { recursive: true, force: true }));

  const readme = await readFile(join(packageRoot, 'p2p/README.md'), 'utf8');
  const [, example = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
  const script = join(folder, 'dial.mjs');
  await writeFile(script, example.replaceAll("'./dist/", `'${pathToFileURL(packageRoot).href}/dist/`));
  const enode = formatEnode({ id: peer.id, ip: at.ip, udp: at.port, tcp: at.port });
  const { stdout } = await promisify(execFile)(process.execPath, [script, enode], { timeout: 60_000 });
  assert.match(stdout, /code: 'ok'/);
  assert.match(stdout, /clientName: 'EthereumJS-of-the-README\/v1\/linux\/node'/);
  assert.match(stdout, /networkId: 1n/);
});
