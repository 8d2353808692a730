import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCrawlerConfig } from '../../crawler/config.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { addNetwork } from './addNetwork.ts';
import { greetingOf, startCommand } from './start.ts';

test('start greets with the networks that the crawler watches, in the order of the configuration', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-greeting-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const greet = (flags: Record<string, string> = {}) => greetingOf(readCrawlerConfig({ 'data-dir': folder, ...flags }));
  const genesis = join(packageRoot, 'chains/networks/testdata/hoodiGenesis.json');
  const given = {
    networkId: null,
    name: null,
    consensus: null,
    client: null,
    countForks: [],
    bootnodes: [],
    allowedCidrs: [],
    replace: false,
  };

  assert.equal(await greet(), 'Forkscope watches mainnet');
  assert.equal(await greet({ networks: 'sepolia,hoodi' }), 'Forkscope watches sepolia, hoodi');
  const config = join(folder, 'forkscope.json');
  writeFileSync(config, JSON.stringify({ networks: ['gnosis', 'chiado'] }));
  assert.equal(await greet({ config }), 'Forkscope watches gnosis, chiado');
  assert.equal(await greet({ config, networks: 'holesky' }), 'Forkscope watches holesky');

  const elsewhere = join(folder, 'elsewhere');
  const { path } = await addNetwork(genesis, { ...given, dataDir: elsewhere, slug: 'my-chain' });
  assert.equal(await greet({ network: path }), 'Forkscope watches my-chain', 'a file goes by its slug');
  const other = join(folder, 'other.json');
  writeFileSync(other, readFileSync(path, 'utf8').replace('my-chain', 'other'));
  assert.equal(
    await greet({ network: `${other},${path}`, networks: 'hoodi' }),
    'Forkscope watches hoodi, other, my-chain',
  );
  assert.equal(
    await greet({ 'data-dir': elsewhere }),
    'Forkscope watches my-chain',
    'an added one is no mainnet crawl',
  );
  assert.equal(await greet({ 'data-dir': elsewhere, networks: 'mainnet' }), 'Forkscope watches mainnet, my-chain');
});

test('a network that nobody knows is refused in words', async () => {
  await assert.rejects(greetingOf(readCrawlerConfig({ networks: 'mainet' })), /there is no network mainet; /);
});

test('start that is ended while it waits for the children of one that was killed has nothing to end', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-waiting-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'start.lock'), JSON.stringify({ pid: 2 ** 22 + 1, born: null }));
  writeFileSync(join(folder, 'crawl.lock'), JSON.stringify({ pid: process.pid, born: null }));
  const ended = await startCommand.run({
    configFlags: { 'data-dir': folder },
    flags: {},
    operands: [],
    signal: AbortSignal.timeout(3_000),
    stdout: () => {},
    stderr: () => {},
    isSupervised: false,
    announce: () => {},
    version: '0',
    onForce: () => {},
  });
  assert.equal(ended, 0);
  assert.deepEqual(readdirSync(folder).toSorted(), ['crawl.lock', 'start.lock']);
});
