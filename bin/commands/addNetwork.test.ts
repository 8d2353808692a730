import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadNetworkFiles } from '../../chains/networks/loadNetworks.ts';
import { readCrawlerConfig } from '../../crawler/config.ts';
import { findNetworks } from '../../crawler/selectNetworks.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { runForkscope } from '../runForkscope.ts';

const script = join(packageRoot, 'dist/bin/forkscope.js');
const genesisOf = (name: string) => join(packageRoot, 'chains/networks/testdata', name);

function openFolder(t: { after(hook: () => void): void }) {
  const dataDir = mkdtempSync(join(tmpdir(), 'forkscope-networks-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const write = (name: string, content: unknown): string => {
    const path = join(dataDir, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  /** In this process: a process of its own for each call would take ten times as long. */
  const run = async (...args: string[]) => {
    const said = { stdout: '', stderr: '' };
    const status = await runForkscope(['networks', ...args, '--data-dir', dataDir], {
      ...{ signal: new AbortController().signal, onForce: () => {}, version: '0', isSupervised: false },
      announce: () => {},
      stdout: (text) => (said.stdout += text),
      stderr: (text) => (said.stderr += text),
    });
    return { status, ...said };
  };
  const runProcess = (...args: string[]) => {
    const env = { PATH: process.env.PATH, HOME: dataDir };
    return spawnSync(process.execPath, [script, 'networks', ...args, '--data-dir', dataDir], {
      encoding: 'utf8',
      env,
      cwd: dataDir,
    });
  };
  return { dataDir, write, run, runProcess };
}

test('a genesis file becomes a network that crawl and start load', (t) => {
  const { dataDir, runProcess } = openFolder(t);
  const added = runProcess(
    'add',
    genesisOf('hoodiGenesis.json'),
    '--slug',
    'my-hoodi',
    '--cidrs',
    '10.0.0.0/8',
    '--json',
  );
  assert.equal(added.status, 0, added.stderr);
  const facts = JSON.parse(added.stdout);
  // The published hash of Hoodi's block 0.
  assert.equal(facts.genesisHash, '0xbbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b');
  assert.equal(facts.path, join(dataDir, 'networks', 'my-hoodi.json'));
  const config = readCrawlerConfig({ 'data-dir': dataDir });
  assert.deepEqual(config.networkFiles, [facts.path]);
  assert.deepEqual(config.networks, [], 'who has a chain of his own has not asked for mainnet');
  const [network] = loadNetworkFiles(config.networkFiles);
  assert.equal(network?.slug, 'my-hoodi');
  assert.deepEqual(network?.allowedCidrs, ['10.0.0.0/8']);
  const listed = JSON.parse(runProcess('--json').stdout);
  assert.deepEqual(
    listed.filter((row: { watched: boolean }) => row.watched).map((row: { slug: string }) => row.slug),
    ['my-hoodi'],
  );

  const again = runProcess('add', genesisOf('hoodiGenesis.json'), '--slug', 'my-hoodi');
  assert.equal(again.status, 2);
  assert.match(again.stderr, /there is already a network my-hoodi .*--replace/);
  assert.equal(runProcess('add', genesisOf('hoodiGenesis.json'), '--slug', 'my-hoodi', '--replace').status, 0);
});

test('a network file of one’s own is taken whole, numbers beyond 2^53 too', async (t) => {
  const { dataDir, write, run } = openFolder(t);
  const file = {
    version: 1,
    slug: 'own',
    name: 'Own',
    networkId: '18446744073709551615',
    genesisHash: `0x${'ab'.repeat(32)}`,
    forks: [{ name: 'First', block: 7 }],
    consensus: 'clique',
  };
  const added = await run('add', write('own.json', file));
  assert.equal(added.status, 0, added.stderr);
  const [network] = loadNetworkFiles([join(dataDir, 'networks', 'own.json')]);
  assert.equal(network?.networkId, 18446744073709551615n);
  assert.deepEqual(network?.forks, [{ name: 'First', kind: 'block', at: 7n }]);
});

test('files as Windows writes them are read; where the client does not show, a flag says it', async (t) => {
  const { dataDir, write, run } = openFolder(t);
  const added = await run('add', genesisOf('cases/bom.json'), '--slug', 'marked', '--json');
  assert.equal(added.status, 0, added.stderr);
  assert.equal(JSON.parse(added.stdout).client, 'geth');
  const file = {
    version: 1,
    slug: 'own',
    name: 'Own',
    genesisHash: `0x${'ab'.repeat(32)}`,
    forks: [],
    consensus: 'pow',
  };
  // As written by hand: 2^64 - 1 without quotes.
  const text = `\uFEFF${JSON.stringify({ ...file, networkId: 0 }, null, 2).replace('"networkId": 0', '"networkId": 18446744073709551615')}`;
  assert.equal((await run('add', write('own.json', text.replaceAll('\n', '\r\n')))).status, 0);
  assert.equal(loadNetworkFiles([join(dataDir, 'networks', 'own.json')])[0]?.networkId, 18446744073709551615n);
  const utf16 = join(dataDir, 'utf16.json');
  writeFileSync(utf16, text, 'utf16le');
  assert.match((await run('add', utf16)).stderr, /utf16\.json: is UTF-16 text; save it as UTF-8/);
  const unclear = write('unclear.json', {
    config: { chainId: 5, londonBlock: 0, cancunTime: 0 },
    gasLimit: 1,
    alloc: {},
  });
  assert.match((await run('add', unclear)).stderr, /--client besu or --client geth/);
  assert.equal(JSON.parse((await run('add', unclear, '--client', 'Besu', '--json')).stdout).client, 'besu');
  assert.match((await run('add', unclear, '--client', 'parity')).stderr, /--client takes one of geth, goquorum, besu/);
  const moved = await run('add', genesisOf('cases/goquorumIbftToQbft.json'), '--slug', 'moved');
  assert.match(moved.stdout, /ibft1, qbft from block 100 on; read as goquorum reads it/);
  assert.match((await run('add', genesisOf('cases/besuOperatorConfig.json'))).stderr, /generate-blockchain-config/);
});

test('a malformed file is refused with the field at fault, and nothing is written', async (t) => {
  const { dataDir, write, run } = openFolder(t);
  const good = JSON.parse(readFileSync(genesisOf('hoodiGenesis.json'), 'utf8'));
  const table: [string, unknown, RegExp][] = [
    ['no gas limit', { ...good, gasLimit: undefined }, /gasLimit: /],
    ['a fork that is no number', { ...good, config: { ...good.config, pragueTime: 'soon' } }, /config\.pragueTime: /],
    ['an account without balance', { ...good, alloc: { ['00'.repeat(20)]: {} } }, /alloc\..*balance: /],
    ['no chain id', { ...good, config: {} }, /config\.chainId: /],
    ['no JSON', '{', /not JSON/],
    ['a network file', { version: 1, slug: 'x', genesisHash: '0x12' }, /genesisHash: expected 0x and 64 hex digits/],
  ];
  for (const [what, content, message] of table) {
    const answer = await run('add', write('bad.json', content));
    assert.equal(answer.status, 2, what);
    assert.match(answer.stderr, message, what);
  }
  for (const [args, message] of [
    [['add'], /takes exactly one file/],
    [['add', join(dataDir, 'none.json')], /there is no file/],
    [['remove'], /takes add FILE or update FILE, not "remove"/],
    [
      ['add', genesisOf('hoodiGenesis.json'), '--slug', 'mainnet'],
      /one of Forkscope's own networks; choose another --slug, or give it a newer file by networks update/,
    ],
    [['add', genesisOf('hoodiGenesis.json'), '--slug', 'My Chain'], /slug: expected lower-case/],
    [['add', genesisOf('hoodiGenesis.json'), '--consensus', 'pox'], /--consensus takes one of pos/],
  ] as const) {
    const answer = await run(...args);
    assert.equal(answer.status, 2, args.join(' '));
    assert.match(answer.stderr, message);
  }
  assert.deepEqual(readCrawlerConfig({ 'data-dir': dataDir }).networkFiles, []);
});

const shippedFile = (slug: string) =>
  JSON.parse(readFileSync(join(packageRoot, 'chains/networks/data', `${slug}.json`), 'utf8'));

test('a newer file stands in for a shipped network, without making it a watched one', async (t) => {
  const { dataDir, write, run } = openFolder(t);
  const hoodi = shippedFile('hoodi');
  hoodi.forks.push({ name: 'Amsterdam', time: 1_900_000_000 });
  const updated = await run('update', write('new.json', hoodi));
  assert.equal(updated.status, 0, updated.stderr);
  assert.match(updated.stdout, /^Updated hoodi: .*networks\/hoodi\.json\n {2}\+ Amsterdam, 2030-03-17T17:46Z\n/);
  const config = readCrawlerConfig({ 'data-dir': dataDir });
  assert.deepEqual(config.networks, ['mainnet'], 'who has updated a network still watches mainnet');
  const { known, watched } = findNetworks(config);
  assert.equal(known.find(({ slug }) => slug === 'hoodi')?.forks.at(-1)?.name, 'Amsterdam');
  assert.deepEqual(
    watched.map(({ slug }) => slug),
    ['mainnet'],
  );
  const listed = JSON.parse((await run('--json')).stdout).find((row: { slug: string }) => row.slug === 'hoodi');
  assert.deepEqual([listed.watched, listed.updated, listed.next.name], [false, true, 'Amsterdam']);

  // A file put there by hand, under any name, does the same; one that a release has overtaken holds no more.
  rmSync(join(dataDir, 'networks/hoodi.json'));
  writeFileSync(join(dataDir, 'networks/by-hand.json'), JSON.stringify({ ...hoodi, name: 'By hand' }));
  assert.equal(
    findNetworks(readCrawlerConfig({ 'data-dir': dataDir })).known.find(({ slug }) => slug === 'hoodi')?.name,
    'By hand',
  );
  const stale = { ...hoodi, name: 'Stale', forks: hoodi.forks.slice(0, 2) };
  writeFileSync(join(dataDir, 'networks/by-hand.json'), JSON.stringify(stale));
  assert.equal(
    findNetworks(readCrawlerConfig({ 'data-dir': dataDir })).known.find(({ slug }) => slug === 'hoodi')?.name,
    'Hoodi',
  );
});

test('a genesis file updates the forks of its own network, and keeps the rest', async (t) => {
  const { dataDir, write, run } = openFolder(t);
  const genesis = JSON.parse(readFileSync(genesisOf('hoodiGenesis.json'), 'utf8'));
  const shipped = shippedFile('hoodi').forks.map(({ time }: { time: number }) => time);
  const [prague, osaka, bpo1, bpo2] = shipped;
  const times = { pragueTime: prague, osakaTime: osaka, bpo1Time: bpo1, bpo2Time: bpo2, amsterdamTime: 1_900_000_000 };
  const file = write('genesis.json', { ...genesis, config: { ...genesis.config, ...times } });
  const updated = await run('update', file, '--json');
  assert.equal(updated.status, 0, updated.stderr);
  assert.deepEqual(JSON.parse(updated.stdout).added, [{ name: 'Amsterdam', time: '1900000000' }]);
  assert.deepEqual(JSON.parse(updated.stdout).removed, []);
  const [network] = loadNetworkFiles([join(dataDir, 'networks/hoodi.json')]);
  assert.deepEqual(network?.bootnodes, shippedFile('hoodi').bootnodes);
  assert.equal(network?.name, 'Hoodi');
});

test('what is no update of a known network is refused, and changes nothing', async (t) => {
  const { dataDir, write, run } = openFolder(t);
  const mainnet = shippedFile('mainnet');
  const table: [string, unknown, string[], RegExp][] = [
    [
      'an unknown slug',
      { ...mainnet, slug: 'mine', genesisHash: `0x${'11'.repeat(32)}` },
      [],
      /there is no network mine to update/,
    ],
    ['another genesis', { ...mainnet, genesisHash: `0x${'11'.repeat(32)}` }, [], /of another chain than mainnet/],
    ['another network id', { ...mainnet, networkId: 7 }, [], /of another chain than mainnet/],
    ['fewer forks', { ...mainnet, forks: mainnet.forks.slice(0, 5) }, [], /lacks forks that mainnet has already/],
    ['another slug asked', mainnet, ['--slug', 'hoodi'], /of another chain than hoodi/],
  ];
  for (const [what, content, args, message] of table) {
    const answer = await run('update', write('bad.json', content), ...args);
    assert.equal(answer.status, 2, what);
    assert.match(answer.stderr, message, what);
  }
  assert.match((await run('update')).stderr, /networks update takes exactly one file/);
  assert.deepEqual(readCrawlerConfig({ 'data-dir': dataDir }).networkUpdates, []);
  // By hand, a file of another chain under a shipped slug is no update either.
  mkdirSync(join(dataDir, 'networks'));
  writeFileSync(join(dataDir, 'networks/mainnet.json'), JSON.stringify({ ...mainnet, networkId: 7 }));
  assert.throws(
    () => findNetworks(readCrawlerConfig({ 'data-dir': dataDir })),
    /is not the genesis and network id of mainnet/,
  );
});

test('bootnodes that a crawler could not use are named when the network is added', async (t) => {
  const { run, write } = openFolder(t);
  const casesOf = (name: string) => join(packageRoot, 'crawler/testdata', `${name}.network.json`);
  const warn = async (name: string): Promise<string> => {
    const added = await run('add', casesOf(name), '--replace');
    assert.equal(added.status, 0, added.stderr);
    return added.stderr;
  };
  assert.match(
    await warn('unspecified-address'),
    /@\[::\]:30303\?discport=0: \[::\] stands for every address of the machine/,
  );
  assert.match(await warn('private-bootnode-no-cidrs'), /127\.61\.0\.1 may not be contacted: .* allowedCidrs/);
  assert.equal(await warn('dns-only'), '', 'its lists are read');
  assert.equal(await warn('discport-0'), '');
  assert.equal(await warn('hostname-bootnode'), '');
  const { bootnodes, ...rest } = JSON.parse(readFileSync(casesOf('private-bootnode-no-cidrs'), 'utf8'));
  const by5 = write('by-discv5.network.json', { ...rest, bootnodes: [], discv5Bootnodes: bootnodes });
  const added = await run('add', by5, '--replace');
  assert.equal(added.status, 0, added.stderr);
  assert.match(added.stderr, /127\.61\.0\.1 may not be contacted: .* allowedCidrs/, 'those asked by discv5 too');
});
