import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { getGenesis } from '@ethereumjs/genesis';
import { packageRoot } from '../../lib/packageRoot.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { forkIdAt } from '../../p2p/wire/forkId.ts';
import { allocStateRoot } from './genesisBlock.ts';
import { genesisFileSchema, lowerKeys } from './genesisFile.ts';
import { importGenesis } from './genesisImport.ts';
import { loadBuiltinNetworks } from './loadNetworks.ts';
import { NetworkFileError } from './networkFile.ts';

const builtin = new Map(loadBuiltinNetworks().map((network) => [network.slug, network]));
const read = (name: string): string => readFileSync(join(packageRoot, 'chains/networks/testdata', name), 'utf8');
const options = { slug: 'mine', name: 'Mine' };
const zeroHash = `0x${'00'.repeat(32)}`;

const hashOf = async (genesis: unknown): Promise<string> => {
  const { network } = await importGenesis(JSON.stringify(genesis), 'genesis.json', options);
  return bytesToHex(network.genesisHash);
};

async function problemsOf(genesis: unknown): Promise<string[]> {
  const text = typeof genesis === 'string' ? genesis : JSON.stringify(genesis);
  try {
    await importGenesis(text, 'genesis.json', options);
    return [];
  } catch (error) {
    assert.ok(error instanceof NetworkFileError);
    return error.detail.problems.map(({ field, problem }) => `${field}: ${problem}`);
  }
}

test('sepolia: London alone at genesis', async () => {
  const { network, file, warnings } = await importGenesis(read('sepoliaGenesis.json'), 'sepolia.json', options);
  const sepolia = builtin.get('sepolia')!;
  assert.equal(bytesToHex(network.genesisHash), bytesToHex(sepolia.genesisHash));
  assert.equal(network.genesisTime, sepolia.genesisTime);
  assert.equal(file.networkId, 11155111);
  assert.equal(network.consensus, 'pos');
  assert.deepEqual(warnings, []);
  // The file was written before Prague: its fork IDs are those of its time.
  assert.deepEqual(network.forkHashes, sepolia.forkHashes.slice(0, 4));
});

test('hoodi: Shanghai and Cancun in the genesis header, contracts with code in the state', async () => {
  const { network } = await importGenesis(read('hoodiGenesis.json'), 'hoodi.json', options);
  assert.equal(bytesToHex(network.genesisHash), bytesToHex(builtin.get('hoodi')!.genesisHash));
  assert.equal(network.forks[0]?.at, 1_742_999_832n);
});

test('mainnet: 8,893 accounts', async () => {
  const alloc = Object.fromEntries(
    Object.entries(getGenesis(1) ?? {}).map(([address, balance]) => [address, { balance }]),
  );
  assert.equal(Object.keys(alloc).length, 8893);
  const genesis = {
    config: { chainId: 1, homesteadBlock: 1_150_000, ethash: {} },
    nonce: '0x42',
    extraData: '0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
    gasLimit: 5000,
    difficulty: '17179869184',
    alloc,
  };
  assert.equal(await hashOf(genesis), bytesToHex(builtin.get('mainnet')!.genesisHash));
});

test('mordor: no account at all', async () => {
  const genesis = {
    config: { chainId: 63, ethash: {} },
    extraData: '0x70686f656e697820636869636b656e206162737572642062616e616e61',
    gasLimit: '0x2fefd8',
    difficulty: '0x20000',
    timestamp: '0x5d9676db',
    alloc: {},
  };
  assert.equal(await hashOf(genesis), bytesToHex(builtin.get('mordor')!.genesisHash));
});

interface QuorumRecord {
  nodeInfo: { genesis: string; network: number; enr: string };
  stateRoot: string;
  genesisJson: { config: Record<string, unknown>; alloc: unknown } & Record<string, unknown>;
}
const quorum = JSON.parse(read('goQuorumRaft.json')) as unknown as QuorumRecord;

test('GoQuorum Raft: genesis hash, state root and fork hash of the recorded node', async () => {
  const { network, warnings } = await importGenesis(JSON.stringify(quorum.genesisJson), 'genesis.json', options);
  assert.equal(`0x${bytesToHex(network.genesisHash)}`, quorum.nodeInfo.genesis);
  assert.equal(network.networkId, 10n);
  assert.equal(network.consensus, 'raft');
  assert.deepEqual(warnings, []);
  const { alloc } = genesisFileSchema.parse(lowerKeys(quorum.genesisJson).file);
  assert.equal(`0x${bytesToHex(await allocStateRoot(alloc))}`, quorum.stateRoot);
  const enr = Buffer.from(quorum.nodeInfo.enr.slice(4), 'base64url').toString('hex');
  const { hash, next } = forkIdAt(network.schedule, { block: 0n, time: 0n });
  assert.equal(next, 0n);
  // The ENR's pair: key "eth", then [[hash, next]].
  assert.ok(enr.includes(`83657468c7c684${bytesToHex(hash)}80`));
});

test('GoQuorum counts fields of its own, and not qip714Block', async () => {
  const config = {
    ...quorum.genesisJson.config,
    istanbulBlock: 800,
    qip714Block: 700,
    privacyEnhancementsBlock: 900,
    maxCodeSizeChangeBlock: 950,
    enableGasPriceBlock: 1000,
    privacyPrecompileBlock: 1100,
    londonBlock: 5,
    shanghaiTime: 1,
  };
  const { network, warnings } = await importGenesis(
    JSON.stringify({ ...quorum.genesisJson, config }),
    'g.json',
    options,
  );
  assert.deepEqual(
    network.forks.map(({ at, kind }) => [at, kind]),
    [800n, 900n, 950n, 1000n, 1100n].map((at) => [at, 'block']),
  );
  assert.deepEqual(warnings, [
    'config.londonBlock does not count for the fork ID and is left out',
    'config.shanghaiTime does not count for the fork ID and is left out',
  ]);
  assert.equal(`0x${bytesToHex(network.genesisHash)}`, quorum.nodeInfo.genesis);
});

test('Quorum fields in a file that is no Quorum file do not count, and are named', async () => {
  const config = { chainId: 10, privacyEnhancementsBlock: 900, berlinBlock: 7 };
  const { network, warnings } = await importGenesis(
    JSON.stringify({ config, gasLimit: 1, alloc: {} }),
    'g.json',
    options,
  );
  assert.deepEqual(
    network.forks.map(({ name }) => name),
    ['Berlin'],
  );
  assert.equal(warnings.length, 1);
});

test('consensus as the configuration tells it', async () => {
  const consensusOf = async (config: object): Promise<string> => {
    const genesis = { config: { chainId: 5, ...config }, gasLimit: 1, alloc: {} };
    return (await importGenesis(JSON.stringify(genesis), 'g.json', options)).network.consensus;
  };
  const cases: [object, string][] = [
    [{ ethash: {} }, 'pow'],
    [{ clique: { period: 5, epoch: 30000 } }, 'clique'],
    [{ clique: { period: 5, epoch: 30000 }, terminalTotalDifficulty: 0 }, 'pos'],
    [{ isQuorum: true }, 'raft'],
    [{ isQuorum: true, clique: {} }, 'clique'],
    [{ isQuorum: true, istanbul: { epoch: 30000, policy: 0 } }, 'ibft1'],
    [{ isQuorum: true, istanbul: { testQBFTBlock: 0 } }, 'qbft'],
    [{ isQuorum: true, qbft: {} }, 'qbft'],
    [{ ibft2: {} }, 'ibft2'],
    [{ parlia: {} }, 'parlia'],
  ];
  for (const [config, expected] of cases) assert.equal(await consensusOf(config), expected, JSON.stringify(config));
});

test('keys are read without regard to case, as Go does', async () => {
  const { config, ...rest } = JSON.parse(read('sepoliaGenesis.json')) as unknown as { config: object };
  const upper = (fields: object) => Object.fromEntries(Object.entries(fields).map(([k, v]) => [k.toUpperCase(), v]));
  const genesis = upper({ ...rest, config: upper(config) });
  assert.equal(await hashOf(genesis), bytesToHex(builtin.get('sepolia')!.genesisHash));
});

const withStorage = (storage: object) => ({
  config: { chainId: 5 },
  gasLimit: 1,
  alloc: { ['11'.repeat(20)]: { balance: 1, code: '0x00', storage } },
});

test('storage of zero is no storage; short and long words are one', async () => {
  const none = await hashOf(withStorage({}));
  assert.equal(await hashOf(withStorage({ '0x01': '0x00' })), none);
  const one = await hashOf(withStorage({ '0x01': '0x02' }));
  assert.notEqual(one, none);
  assert.equal(await hashOf(withStorage({ [zeroHash.replace(/0$/, '1')]: zeroHash.replace(/0$/, '2') })), one);
});

test('an odd number of digits is a storage key for Besu, and refused as geth refuses it', async () => {
  const odd = JSON.stringify(withStorage({ '0x1': '0x2' }));
  const { network } = await importGenesis(odd, 'g.json', { ...options, family: 'besu' });
  assert.equal(bytesToHex(network.genesisHash), await hashOf(withStorage({ '0x01': '0x02' })));
  const problems = await problemsOf(odd);
  assert.match(problems.join('\n'), /storage\.0x1: .*an even number of digits .*--client besu/);
  const value = await problemsOf(withStorage({ '0x01': '0x2' }));
  assert.match(value.join('\n'), /storage\.0x01: .*an even number of digits .*--client besu/);
});

test('a malformed file is refused, every field at fault named as it was written', async () => {
  const problems = await problemsOf({
    config: { chainId: -1, berlinBlock: 5 },
    gasLimit: 'many',
    Nonce: '0x1ffffffffffffffff',
    extraData: '0x123',
    mixHash: '0x12',
    coinbase: 7,
    alloc: { '0x12': { balance: 1 }, ['22'.repeat(20)]: { nonce: 1 }, ['33'.repeat(20)]: { balance: 1.5 } },
  });
  for (const field of [
    'config.chainId',
    'gasLimit',
    'Nonce',
    'extraData',
    'mixHash',
    'coinbase',
    'alloc.0x12',
    `alloc.${'22'.repeat(20)}.balance`,
    `alloc.${'33'.repeat(20)}.balance`,
  ]) {
    assert.ok(
      problems.some((problem) => problem.startsWith(`${field}: `)),
      `${field} is not in\n${problems.join('\n')}`,
    );
  }
});

test('forks that are no numbers are refused', async () => {
  const genesis = { config: { chainId: 5, berlinBlock: 'soon', londonBlock: 1.5 }, gasLimit: 1, alloc: {} };
  assert.deepEqual(await problemsOf(genesis), [
    'config.berlinBlock: expected a whole number from 0',
    'config.londonBlock: expected a whole number from 0',
  ]);
});

test('what is missing is named as geth writes it; what is no object is refused', async () => {
  const problems = await problemsOf({ config: {} });
  for (const field of ['config.chainId', 'gasLimit', 'alloc']) {
    assert.ok(
      problems.some((problem) => problem.startsWith(`${field}: `)),
      `${field}\n${problems.join('\n')}`,
    );
  }
  for (const text of ['', '{', 'null', '[]', '7', '{"config":null}', '{"config":[],"alloc":{}}']) {
    assert.ok((await problemsOf(text)).length > 0, text);
  }
});

test('a genesis header that we cannot make is refused, not guessed', async () => {
  const times = { shanghaiTime: 0, cancunTime: 0, pragueTime: 0, osakaTime: 0, amsterdamTime: 0 };
  const config = { chainId: 5, londonBlock: 0, ...times, bogotaTime: 0 };
  const [problem, ...others] = await problemsOf({ config, gasLimit: 1, alloc: {} });
  assert.match(problem ?? '', /^config\.bogotaTime: /);
  assert.deepEqual(others, []);
  const later = { ...config, bogotaTime: 5 };
  assert.deepEqual(await problemsOf({ config: later, gasLimit: 1, alloc: {} }), []);
  // BSC and the OP stack have not said how their genesis would look with Amsterdam.
  for (const family of ['bsc', 'op'] as const) {
    const text = JSON.stringify({ config: { ...config, bogotaTime: null }, gasLimit: 1, alloc: {} });
    await assert.rejects(importGenesis(text, 'g.json', { ...options, family }), /config\.amsterdamTime: /, family);
  }
});
