import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { getGenesis } from '@ethereumjs/genesis';
import { packageRoot } from '../../lib/packageRoot.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { importGenesis } from './genesisImport.ts';
import { loadBuiltinNetworks } from './loadNetworks.ts';
import { consensusAt, type Network, NetworkFileError } from './networkFile.ts';

// What other people's clients made of other people's files: see testdata/README.md.

const builtin = new Map(loadBuiltinNetworks().map((network) => [network.slug, network]));
const folder = join(packageRoot, 'chains/networks/testdata');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const load = (name: string, more = {}) => importGenesis(read(name), name, { slug: 'mine', name: 'Mine', ...more });
const genesisOf = (network: Network) => bytesToHex(network.genesisHash);
const idsOf = (network: Network) =>
  network.forkHashes.map((hash, index) => `(${bytesToHex(hash)}, ${network.forks[index]?.at ?? 0})`).join(' ');

async function refusal(text: string, more = {}): Promise<string> {
  const result = importGenesis(text, 'g.json', { slug: 'mine', name: 'Mine', ...more });
  return result.then(
    () => '',
    (error) => {
      assert.ok(error instanceof NetworkFileError);
      return error.message;
    },
  );
}

test('Besu: a later milestone implies all earlier ones', async () => {
  const { network, family, warnings } = await load('cases/besuOnlyLatestMilestone.json');
  assert.equal(genesisOf(network), 'a07a91d53450e7b87ce3c885210f51888b4a444ae4439b91f8d5dfe22ec13057');
  assert.deepEqual([family, network.consensus, network.forks, warnings], ['besu', 'qbft', [], []]);
});

test('where the client does not show and it matters, the import asks', async () => {
  const file = JSON.parse(read('cases/besuOnlyLatestMilestone.json')) as { config: Record<string, unknown> };
  delete file.config.qbft;
  delete file.config.zeroBaseFee;
  const text = JSON.stringify(file);
  assert.match(
    await refusal(text),
    /config\.londonBlock: is set and config\.homesteadBlock is not: geth refuses such a file.*--client besu or --client geth/,
  );
  const { network } = await importGenesis(text, 'g.json', { slug: 'mine', name: 'Mine', family: 'besu' });
  assert.equal(genesisOf(network), 'a07a91d53450e7b87ce3c885210f51888b4a444ae4439b91f8d5dfe22ec13057');
  const geth = await importGenesis(text, 'g.json', { slug: 'mine', name: 'Mine', family: 'geth' });
  assert.notEqual(genesisOf(geth.network), genesisOf(network));
});

test('Besu: constantinopleFixBlock is Petersburg, and not beside petersburgBlock', async () => {
  const { network } = await load('cases/besuConstantinoplefix.json');
  assert.deepEqual(
    network.forks.map(({ name, at }) => [name, Number(at)]),
    [
      ['Homestead', 1],
      ['Constantinople', 5],
      ['Petersburg', 9],
      ['Istanbul', 20],
      ['Berlin', 30],
    ],
  );
  const both = read('cases/besuConstantinoplefix.json').replace(
    '"istanbulBlock"',
    '"petersburgBlock": 7, "istanbulBlock"',
  );
  assert.match(await refusal(both), /config\.constantinopleFixBlock: Besu takes this or petersburgBlock, not both/);
});

test('BNB Smart Chain: forks of its own, and its rules of the genesis header', async () => {
  const devnet = await load('cases/bscDevnet.json');
  assert.equal(devnet.network.forks.length, 16);
  assert.equal(devnet.network.forks.at(2)?.name, 'Nano, Moran');
  const { network, family, warnings } = await load('cases/bscOwn.json');
  assert.equal(genesisOf(network), '9f687e673c18aaece973d8a6d499f615d5b029d16c7c2e21080b87b4a88dffa8');
  assert.equal(
    idsOf(network),
    '(d0ea2a9b, 1) (35286637, 2) (6e7c2d53, 3) (d30a263c, 4) (738e770b, 5) (fb2536a2, 6) (c71fff0c, 7) ' +
      '(976a9130, 8) (6dc2ae92, 9) (5b4d7031, 1796000000) (c32d5ea8, 1796000010) (65373926, 1796000020) ' +
      '(cab2aa0d, 1796000030) (ec51dc9e, 1796000040) (d30dac8c, 1796000050) (a4a45450, 1796000060) ' +
      '(30de1243, 1796000070) (dbde539d, 4000000000) (3af40214, 0)',
  );
  assert.deepEqual([family, network.consensus, warnings], ['bsc', 'parlia', []]);
});

test('OP stack: its forks', async () => {
  const { network, family } = await load('cases/opOwn.json');
  assert.equal(genesisOf(network), '5e18b4952ba7655a7a3b54a8fad847ca93f6670805846bfad23919980a73595a');
  assert.equal(
    idsOf(network),
    '(d09f5963, 1796000000) (17cbeafb, 1796000100) (7cc6cbe9, 1796000200) (a68e75d6, 4000000000) (efa2fc80, 0)',
  );
  assert.deepEqual([family, network.consensus], ['op', 'optimism']);
});

test('OP stack: stateHash stands for the alloc, and for nothing beside one or elsewhere', async () => {
  const file = JSON.parse(read('cases/opOwn.json')) as Record<string, unknown>;
  // The state root of this alloc, as the header with the published hash has it.
  const stateHash = `0x${bytesToHex(await stateRootOf(file.alloc))}`;
  const pruned = JSON.stringify({ ...file, alloc: {}, stateHash });
  const { network } = await importGenesis(pruned, 'g.json', { slug: 'mine', name: 'Mine' });
  assert.equal(genesisOf(network), '5e18b4952ba7655a7a3b54a8fad847ca93f6670805846bfad23919980a73595a');
  assert.match(await refusal(JSON.stringify({ ...file, stateHash })), /stateHash: .*alloc must be empty/);
  const plain = JSON.stringify({ config: { chainId: 5 }, gasLimit: 1, alloc: {}, stateHash });
  assert.match(await refusal(plain), /stateHash: is known on the OP stack only/);
});

async function stateRootOf(alloc: unknown): Promise<Uint8Array> {
  const { allocStateRoot } = await import('./genesisBlock.ts');
  const { genesisFileSchema } = await import('./genesisFile.ts');
  return allocStateRoot(genesisFileSchema.shape.alloc.parse(alloc));
}

test('core-geth: a key for each proposal, a network id of its own', async () => {
  const first = await load('cases/coregeth.json');
  assert.deepEqual([first.network.forks.length, first.network.networkId, first.family], [12, 7n, 'coregeth']);
  assert.deepEqual(first.warnings, [
    // core-geth spells it eip160Block.
    'config.eip160FBlock does not count for the fork ID and is left out',
  ]);
  const { network } = await load('cases/coregethOwn.json');
  assert.equal(genesisOf(network), '6014f0ec7aaeb6fb8cc6708a7868904de0a383d985522b52aeed3f75b019b167');
  assert.equal(
    idsOf(network),
    '(a939b18d, 2) (9b52c1d8, 3) (a429c8b8, 5) (4aad5ab0, 6) (6ad358da, 8) (ab369b32, 9) (e30d5b3c, 10) ' +
      '(a5ad63d9, 11) (4cb92f78, 12) (8a12a7e7, 0)',
  );
});

test('core-geth’s own file of Ethereum Classic gives the forks of the one that we ship, up to its time', async () => {
  const alloc = Object.fromEntries(
    Object.entries(getGenesis(1) ?? {}).map(([address, balance]) => [address, { balance }]),
  );
  const importOf = (name: string) => {
    const file = { ...(JSON.parse(read(name)) as object), alloc };
    return importGenesis(JSON.stringify(file), name, { slug: 'mine', name: 'Mine' });
  };
  const classic = (await importOf('real/core-geth-classic.json')).network;
  const shipped = builtin.get('ethereum-classic')!;
  assert.equal(genesisOf(classic), genesisOf(shipped));
  assert.equal(classic.networkId, shipped.networkId);
  // The file was written before Spiral.
  assert.deepEqual(classic.forkHashes, shipped.forkHashes.slice(0, -1));
  // Written before Shanghai; its bomb delays count by their sums.
  const foundation = (await importOf('real/core-geth-foundation.json')).network;
  assert.deepEqual(foundation.forkHashes, builtin.get('mainnet')!.forkHashes.slice(0, foundation.forks.length + 1));
  assert.equal(foundation.forks.at(-1)?.at, 15_050_000n);
});

test('Bor: forks by block, its own ones aside; genesis and forks of the file that we ship', async () => {
  const { network, family, warnings } = await load('real/bor-mainnet.json');
  const shipped = builtin.get('polygon')!;
  assert.equal(genesisOf(network), genesisOf(shipped));
  assert.deepEqual(network.forkHashes, shipped.forkHashes);
  assert.deepEqual([family, network.consensus, warnings], ['bor', 'bor', []]);
});

test('Ronin: the genesis that its client names, and eight forks', async () => {
  const { network, family, warnings } = await load('real/ronin-mainnet.json');
  assert.equal(genesisOf(network), '6e675ee97607f4e695188786c3c1853fb1562f1c075629eb5dbcff269422a1a4');
  assert.deepEqual(
    network.forks.map(({ at }) => Number(at)),
    [4977778, 10301597, 14938103, 23155200, 24935500, 28825400, 32367400, 36052600],
  );
  assert.deepEqual([family, network.consensus, warnings], ['ronin', 'consortium', []]);
});

test('Besu’s own files: Linea, a Clique chain with contracts, a nonce in hex', async () => {
  const linea = await load('real/besu-linea-mainnet.json');
  assert.equal(genesisOf(linea.network), 'b6762a65689107b2326364aefc18f94cda413209fab35c00d4af51eaa20ffbc6');
  assert.equal(linea.family, 'besu');
  const contracts = await load('real/besu-genesis3.json');
  assert.equal(genesisOf(contracts.network), 'e7fd8db206dcaf066b7c97b8a42a0abc18653613560748557ab44868652a78b6');
  const nonce = read('real/besu-genesisNonce.json').replace('"ethash"', '"chainId": 1337, "ethash"');
  const { network } = await importGenesis(nonce, 'g.json', { slug: 'mine', name: 'Mine' });
  assert.equal(genesisOf(network), '36750291f1a8429aeb553a790dc2d149d04dbba0ca4cfc7fd5eb12d478117c9f');
});

test('numbers beyond 2^53 are read exactly, quoted or not', async () => {
  const { network } = await load('cases/unquotedBalance.json');
  assert.equal(genesisOf(network), 'f2af88d4df34fa4712eaf55c70e36060f53fbbf2f3fd2a3dfdf96b299ad8a266');
});

test('a move from IBFT to QBFT holds from its block on', async () => {
  const { network, file } = await load('cases/goquorumIbftToQbft.json');
  // As GoQuorum v24.4.1 logs it at init.
  assert.match(genesisOf(network), /^9cef2b.*2c3c2a$/);
  assert.deepEqual(
    [0n, 99n, 100n, 5000n].map((block) => consensusAt(network, block)),
    ['ibft1', 'ibft1', 'qbft', 'qbft'],
  );
  assert.deepEqual(file.consensusChanges, [{ block: 100, consensus: 'qbft' }]);
  const kinds = async (config: object) => {
    const text = JSON.stringify({ config: { chainId: 5, ...config }, gasLimit: 1, alloc: {} });
    const { network: made } = await importGenesis(text, 'g.json', { slug: 'mine', name: 'Mine' });
    return [made.consensus, ...made.consensusChanges.map(({ block, consensus }) => `${consensus} ${block}`)];
  };
  // As in Besu's valid_config_with_migration_to_qbft.json.
  const section = { blockperiodseconds: 2, epochlength: 30000, requesttimeoutseconds: 10 };
  assert.deepEqual(await kinds({ ibft2: section, qbft: { ...section, startBlock: 123 } }), ['ibft2', 'qbft 123']);
  assert.deepEqual(await kinds({ isQuorum: true, istanbul: { testQBFTBlock: 7 } }), ['ibft1', 'qbft 7']);
  const atOnce = [{ block: 0, algorithm: 'qbft' }];
  assert.deepEqual(await kinds({ isQuorum: true, ibft: {}, transitions: atOnce }), ['qbft']);
  const besu = { qbft: [{ block: 9, miningbeneficiary: `0x${'11'.repeat(20)}` }] };
  assert.deepEqual(await kinds({ qbft: section, transitions: besu }), ['qbft'], 'Besu changes parameters there');
});

test('a byte order mark and CRLF are taken; UTF-16 gets a sentence that says so', async () => {
  const marked = read('cases/bom.json');
  const { network } = await load('cases/bom.json');
  const plain = await importGenesis(marked.slice(1).replaceAll(', ', ',\r\n'), 'g.json', {
    slug: 'mine',
    name: 'Mine',
  });
  assert.equal(genesisOf(network), genesisOf(plain.network));
  const utf16 = Buffer.from(marked, 'utf16le').toString('utf8');
  assert.match(await refusal(utf16), /^g\.json: is UTF-16 text; save it as UTF-8/);
});

test('files of neighbouring formats are named, with what to do', async () => {
  const table: [string, RegExp][] = [
    [
      read('cases/besuOperatorConfig.json'),
      /besu operator generate-blockchain-config.*give the genesis\.json that the command wrote/,
    ],
    [JSON.stringify({ name: 'x', engine: { Ethash: {} }, params: {}, genesis: {}, accounts: {} }), /Nethermind/],
    [JSON.stringify({ Hash: '0x', Genesis: { config: { bor: {} } }, NetworkId: 1 }), /Bor's chain files/],
    [JSON.stringify({ genesis: { l1: {}, l2: {}, l2_time: 1 }, block_time: 2 }), /op-node/],
    [JSON.stringify({ chainName: 'x', chainId: 5, homesteadBlock: 0 }), /chain configuration alone.*Erigon/],
    [JSON.stringify([`enode://${'11'.repeat(64)}@127.0.0.1:30303`]), /static-nodes\.json/],
    ['[]', /is a JSON array/],
  ];
  for (const [text, message] of table) assert.match(await refusal(text), message);
});

test('a client whose rules are not known is refused by its name, whatever is asked', async () => {
  const table: [object, string][] = [
    [{ XDPoS: { epoch: 900 } }, 'XDC'],
    [{ istanbul: { epoch: 17280, lookbackwindow: 12 } }, 'Celo'],
    [{ churritoBlock: 0, donutBlock: 0 }, 'Celo'],
    [{ optimism: {}, cel2Time: 0 }, 'Celo'],
    [{ ForkID4Block: 0, ForkID9ElderberryBlock: 5 }, 'cdk-erigon'],
    [{ scroll: { useZktrie: true }, bernoulliBlock: 0 }, 'Scroll'],
    [{ taiko: true }, 'Taiko'],
    [{ arbitrum: { EnableArbOS: true } }, 'Arbitrum'],
    [{ feeConfig: {}, subnetEVMTimestamp: 0 }, 'Avalanche'],
    [{ aura: { stepDuration: 5 } }, 'AuRa'],
    [{ istanbulCompatibleBlock: 0, unitPrice: 25 }, 'Kaia'],
  ];
  for (const [config, name] of table) {
    const text = JSON.stringify({ config: { chainId: 5, ...config }, gasLimit: 1, alloc: {} });
    for (const more of [{}, { family: 'geth' as const }]) {
      assert.match(await refusal(text, more), new RegExp(`the mark of ${name}.*write a network file`), text);
    }
  }
});

test('a fork that no client is known to count is never left out in silence', async () => {
  const text = (config: object) => JSON.stringify({ config: { chainId: 5, ...config }, gasLimit: 1, alloc: {} });
  const config = { homesteadBlock: 0, newestBlock: 7 };
  assert.match(await refusal(text(config)), /config\.newestBlock: .*--count-forks newestblock.*--client geth/);
  const add = (more: object) => importGenesis(text(config), 'g.json', { slug: 'mine', name: 'Mine', ...more });
  assert.deepEqual(
    (await add({ countForks: ['newestBlock'] })).network.forks.map(({ at }) => at),
    [7n],
  );
  const left = await add({ family: 'geth' });
  assert.deepEqual(left.network.forks, []);
  assert.deepEqual(left.warnings, ['config.newestBlock does not count for the fork ID and is left out']);
  // A fork of the first block counts for nobody.
  assert.equal(await refusal(text({ homesteadBlock: 0, preMergeForkBlock: 0 })), '');
  const bsc = { parlia: {}, homesteadBlock: 0, nextTime: 1_900_000_000 };
  assert.match(await refusal(text(bsc)), /config\.nextTime: .*know of bsc/);
});

const berlin = Object.fromEntries(
  ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul', 'berlin'].map(
    (fork) => [`${fork}Block`, 0],
  ),
);
const merged = { ...berlin, londonBlock: 0, terminalTotalDifficulty: 0 };
const gethGenesis = {
  ...{ nonce: '0x42', timestamp: '0x10', extraData: '0x1234', gasLimit: '0x2625a00', difficulty: '0x20000' },
  mixHash: `0x${'11'.repeat(32)}`,
  coinbase: `0x${'22'.repeat(20)}`,
  alloc: {
    '0x71562b71999873db5b286df957af199ec94617f7': { balance: '0xd3c21bcecceda1000000' },
    '1000000000000000000000000000000000000001': {
      ...{ balance: '1', nonce: '0x1', code: '0x6001600055' },
      storage: { '0x00': '0x01', '0x02': '0xdeadbeef' },
    },
    '2000000000000000000000000000000000000002': { balance: '0x0' },
  },
};
const blob = { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 };
const blobSchedule = { cancun: blob, prague: blob, osaka: blob };

test('the hashes that geth v1.17.5 logs when it is initialised with these files', async () => {
  const ethash = { ...berlin, ethash: {} };
  const table: [string, object, string, object?][] = [
    ['Berlin', ethash, 'e9ce00..2c85ba'],
    ['decimal text and numbers', ethash, 'e9ce00..2c85ba', { nonce: '66', difficulty: '131072', gasLimit: 40000000 }],
    ['a leading zero', ethash, 'e9ce00..2c85ba', { difficulty: '0x0020000' }],
    ['a base fee without London', ethash, '7e3985..03ecee', { baseFeePerGas: '0x7' }],
    ['a base fee before London', { ...ethash, londonBlock: 100 }, '7e3985..03ecee', { baseFeePerGas: '0x7' }],
    ['London', { ...ethash, londonBlock: 0 }, 'bbd7ff..c3349e'],
    ['a base fee of 0', { ...ethash, londonBlock: 0 }, '1e4f5a..85aa61', { baseFeePerGas: '0x0' }],
    ['Shanghai, from this second on', { ...merged, shanghaiTime: 16 }, 'bd55aa..f5e4af', { difficulty: '0x0' }],
    ['Shanghai, a second later', { ...merged, shanghaiTime: 17 }, 'bbd7ff..c3349e'],
    [
      'Cancun with blob fields',
      { ...merged, shanghaiTime: 0, cancunTime: 0, blobSchedule },
      '3ab251..deadcb',
      { excessBlobGas: '0x5', blobGasUsed: '0x20000' },
    ],
    [
      'Prague',
      { ...merged, shanghaiTime: 0, cancunTime: 0, pragueTime: 0, osakaTime: 50, blobSchedule },
      '0eede7..abcc35',
    ],
    [
      'Amsterdam',
      { ...merged, shanghaiTime: 0, cancunTime: 0, pragueTime: 0, osakaTime: 0, amsterdamTime: 0, blobSchedule },
      '952786..6f81c7',
    ],
    ['a gas limit of 0', ethash, '165d18..30c212', { gasLimit: '0x0' }],
    ['a storage key of no digits', ethash, 'ec05c8..d5416c', { alloc: one({ storage: { '0x': '0x02' } }) }],
    ['0X before an address', ethash, '8cff53..265344', { alloc: { [`0X${'33'.repeat(20)}`]: { balance: '1' } } }],
  ];
  for (const [what, config, expected, more = {}] of table) {
    const text = JSON.stringify({ ...gethGenesis, config: { chainId: 5, ...config }, ...more });
    const { network } = await importGenesis(text, 'g.json', { slug: 'mine', name: 'Mine' });
    assert.equal(genesisOf(network).replace(/^(.{6}).*(.{6})$/, '$1..$2'), expected, what);
  }
});

function one(account: object): object {
  return { [`0x${'33'.repeat(20)}`]: { balance: '1', ...account } };
}

test('what our own files count, an import of the chain’s own configuration counts', async () => {
  // Of hyperledger/besu 3fd224e config/src/main/resources, bnb-chain/bsc 3cf9043 params/config.go, superchain-registry
  // 8336d2a superchain/configs/mainnet, core-geth 4185df4 params/config_mordor.go; see the files for what came later.
  const configs = JSON.parse(read('ownConfigs.json')) as Record<string, { timestamp: number; config: object }>;
  assert.deepEqual(Object.keys(configs).toSorted(), [
    'base',
    'bnb',
    'holesky',
    'hoodi',
    'mainnet',
    'mordor',
    'op-mainnet',
    'sepolia',
  ]);
  for (const [slug, { config, timestamp }] of Object.entries(configs)) {
    const text = JSON.stringify({ config, timestamp, gasLimit: 1, difficulty: '0x1', alloc: {} });
    const { network } = await importGenesis(text, slug, { slug: 'mine', name: 'Mine' });
    const moments = ({ forks }: Network) => forks.map(({ kind, at }) => `${kind} ${at}`);
    assert.deepEqual(moments(network), moments(builtin.get(slug)!), slug);
    assert.equal(network.networkId, builtin.get(slug)!.networkId, slug);
  }
});
