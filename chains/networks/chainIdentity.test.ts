import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { extendForkHash, type ForkId } from '../../p2p/wire/forkId.ts';
import { learnForks } from '../forks/learnedForks.ts';
import { type ChainFacts, createNetworkIndex, identifyChain } from './chainIdentity.ts';
import { loadBuiltinNetworks } from './loadNetworks.ts';
import { type Network, parseNetworkFile } from './networkFile.ts';

const networks = loadBuiltinNetworks();
const index = createNetworkIndex(networks);
const mainnet = networks.find(({ slug }) => slug === 'mainnet')!;
const sepolia = networks.find(({ slug }) => slug === 'sepolia')!;
const now = Date.UTC(2026, 10, 22);

const id = (hash: string, next: number | bigint): ForkId => ({ hash: hexToBytes(hash), next: BigInt(next) });
/** Of the network that has that genesis, unless another id is given. */
const onGenesis = (genesisHash: Uint8Array, forkId: ForkId | null, networkId?: number): ChainFacts => {
  const own = networks.find((network) => Buffer.compare(network.genesisHash, genesisHash) === 0)?.networkId ?? 1n;
  return { status: { networkId: networkId === undefined ? own : BigInt(networkId), genesisHash, forkId }, enr: null };
};

function tell(
  facts: ChainFacts,
  learned: Parameters<typeof identifyChain>[2]['learned'] = () => [],
  among = index,
): string {
  const identity = identifyChain(among, facts, { now, learned });
  const slugs = (list: readonly Network[]) =>
    list
      .map(({ slug }) => slug)
      .sort()
      .join(' ');
  switch (identity.at) {
    case 'on':
      return `${identity.network.slug} by ${identity.by} of ${identity.source}${identity.otherNetworkId ? ', other id' : ''}`;
    case 'ambiguous':
      return `${identity.atGenesis ? 'at genesis, ' : ''}ambiguous ${slugs(identity.networks)} of ${identity.source}`;
    case 'relative':
      return `unknown relative of ${slugs(identity.networks)}`;
    default:
      return identity.at;
  }
}

const ethereum = (hash: string, next: number | bigint) => tell(onGenesis(mainnet.genesisHash, id(hash, next)));

test('Ethereum and Ethereum Classic are told apart by fork hash', () => {
  assert.equal(ethereum('07c9462e', 0), 'mainnet by forkHash of status');
  assert.equal(ethereum('be46d57c', 0), 'ethereum-classic by forkHash of status');
  assert.equal(ethereum('91d1f948', 2_463_000), 'mainnet by forkHash of status');
});

test('a hash that both have is ambiguous, unless its next is only one chain’s', () => {
  assert.equal(ethereum('fc64ec04', 1_150_000), 'at genesis, ambiguous ethereum-classic mainnet of status');
  assert.equal(ethereum('fc64ec04', 0), 'at genesis, ambiguous ethereum-classic mainnet of status');
  assert.equal(ethereum('97c2c34c', 1_920_000), 'mainnet by next of status');
  assert.equal(ethereum('97c2c34c', 2_500_000), 'ethereum-classic by next of status');
  assert.equal(ethereum('97c2c34c', 7), 'ambiguous ethereum-classic mainnet of status');
  assert.equal(tell(onGenesis(mainnet.genesisHash, null)), 'ambiguous ethereum-classic mainnet of status');
});

test('ETC never counts as Ethereum, whatever it announces', () => {
  const classic = networks.find(({ slug }) => slug === 'ethereum-classic')!;
  for (const [passed, hash] of classic.forkHashes.entries()) {
    for (const next of [0n, classic.forks[passed]?.at ?? 30_000_000n]) {
      const identity = identifyChain(index, onGenesis(classic.genesisHash, { hash, next }), { now });
      assert.ok(identity.at === 'ambiguous' || (identity.at === 'on' && identity.network === classic));
    }
  }
  const olympia = extendForkHash(hexToBytes('be46d57c'), 24_751_337n);
  assert.equal(
    tell(onGenesis(classic.genesisHash, { hash: olympia, next: 0n })),
    'ethereum-classic by solved of status',
  );
});

test('a mainnet fork that no file knows empties nothing: its time is solved from the hash', () => {
  const hash = extendForkHash(hexToBytes('07c9462e'), 1_790_000_123n);
  assert.equal(tell(onGenesis(mainnet.genesisHash, { hash, next: 0n })), 'mainnet by solved of status');
  const tomorrow = extendForkHash(hexToBytes('07c9462e'), BigInt(now / 1000 + 86_400));
  assert.equal(
    tell(onGenesis(mainnet.genesisHash, { hash: tomorrow, next: 0n })),
    'ambiguous ethereum-classic mainnet of status',
  );
});

test('a learned fork names its network', () => {
  const next = 1_890_000_000n;
  const announcements = Array.from({ length: 5 }, (_, i) => ({
    forkId: id('07c9462e', next),
    subnet: `10.0.${i}.0/24`,
  }));
  const learned = learnForks(mainnet, announcements, Date.UTC(2026, 5, 1));
  const facts = { hash: extendForkHash(hexToBytes('07c9462e'), next), next: 0n };
  const context = (network: typeof mainnet) => (network === mainnet ? learned : []);
  assert.equal(tell(onGenesis(mainnet.genesisHash, facts), context), 'mainnet by learned of status');
  assert.equal(tell({ status: null, enr: facts }, context), 'mainnet by learned of enr');
});

test('where one network has a genesis, an unknown hash stays on it', () => {
  assert.equal(tell(onGenesis(sepolia.genesisHash, id('deadbeef', 99))), 'sepolia by genesis of status');
  assert.equal(tell(onGenesis(sepolia.genesisHash, null)), 'sepolia by genesis of status');
});

test('another genesis is foreign, even with a fork hash of ours', () => {
  const identity = identifyChain(index, onGenesis(new Uint8Array(32).fill(7), id('07c9462e', 0)), { now });
  assert.equal(identity.at, 'foreign');
});

test('an ENR is a hint, and a Status overrules it', () => {
  assert.equal(tell({ status: null, enr: id('268956b6', 0) }), 'sepolia by forkHash of enr');
  assert.equal(
    tell({ status: null, enr: id('fc64ec04', 1_150_000) }),
    'at genesis, ambiguous ethereum-classic mainnet of enr',
  );
  assert.equal(tell({ status: null, enr: id('97c2c34c', 2_500_000) }), 'ethereum-classic by next of enr');
  assert.equal(tell({ status: null, enr: id('deadbeef', 0) }), 'unknown');
  assert.equal(tell({ status: null, enr: null }), 'unknown');
  const both = { ...onGenesis(sepolia.genesisHash, id('268956b6', 0)), enr: id('07c9462e', 0) };
  assert.equal(tell(both), 'sepolia by genesis of status');
});

test('a network id and a fork hash that fit no network of that genesis are an unknown relative', () => {
  // EthereumPoW and EthereumFair, as their clients announce them: mainnet's genesis, their own ids and forks.
  for (const networkId of [10_001, 513_100, 7]) {
    assert.equal(
      tell(onGenesis(mainnet.genesisHash, id('deadbeef', 0), networkId)),
      'unknown relative of ethereum-classic mainnet',
    );
  }
  const rehearsal = { hash: extendForkHash(hexToBytes('07c9462e'), 1_790_000_123n), next: 0n };
  assert.equal(
    tell(onGenesis(mainnet.genesisHash, rehearsal, 1_337)),
    'unknown relative of ethereum-classic mainnet',
    'although the hash could be solved for mainnet',
  );
  assert.equal(tell(onGenesis(sepolia.genesisHash, id('deadbeef', 99), 7)), 'unknown relative of sepolia');
});

test('a Status with another network id than the chain’s is flagged, and is on the chain that its fork hash names', () => {
  assert.equal(
    tell(onGenesis(mainnet.genesisHash, id('07c9462e', 0), 12_345)),
    'mainnet by forkHash of status, other id',
  );
  assert.equal(
    tell(onGenesis(mainnet.genesisHash, id('97c2c34c', 2_500_000), 61)),
    'ethereum-classic by next of status, other id',
  );
  assert.equal(tell(onGenesis(sepolia.genesisHash, id('268956b6', 0), 1)), 'sepolia by genesis of status, other id');
  assert.equal(tell(onGenesis(sepolia.genesisHash, null, 1)), 'sepolia by genesis of status, other id');
  assert.equal(
    tell(onGenesis(mainnet.genesisHash, id('fc64ec04', 1_150_000), 12_345)),
    'at genesis, ambiguous ethereum-classic mainnet of status',
  );
});

function copyOf(base: Network, slug: string, over: object): Network {
  const file = {
    version: 1,
    slug,
    name: slug,
    networkId: Number(base.networkId),
    genesisHash: `0x${Buffer.from(base.genesisHash).toString('hex')}`,
    forks: base.forks.map((fork) => ({ name: fork.name, [fork.kind]: Number(fork.at) })),
    consensus: base.consensus,
    ...over,
  };
  const result = parseNetworkFile(JSON.stringify(file), slug);
  assert.ok('network' in result);
  return result.network;
}

test('a shadow fork leaves its base every node that does not name the fork', () => {
  const time = 1_798_000_000;
  const forks = [
    ...mainnet.forks.map((fork) => ({ name: fork.name, [fork.kind]: Number(fork.at) })),
    { name: 'Amsterdam', time },
  ];
  for (const networkId of [1, 4_242]) {
    const shadow = copyOf(mainnet, 'mainnet-shadow', { forks, networkId });
    const among = createNetworkIndex([...networks, shadow]);
    const onMainnet = (hash: string, next: number, own = 1) =>
      tell(onGenesis(mainnet.genesisHash, id(hash, next), own), undefined, among);
    for (const [passed, hash] of mainnet.forkHashes.entries()) {
      if (passed < 2) continue;
      const next = mainnet.forks[passed]?.at ?? 0n;
      const told = identifyChain(among, onGenesis(mainnet.genesisHash, { hash, next }), { now });
      assert.ok(told.at === 'on' && told.network.slug === 'mainnet' && !told.otherNetworkId, `mainnet at ${passed}`);
    }
    assert.equal(onMainnet('07c9462e', 0), 'mainnet by next of status');
    assert.equal(
      onMainnet('07c9462e', 1_799_999_999),
      `mainnet by ${networkId === 1 ? 'base' : 'networkId'} of status`,
    );
    assert.equal(onMainnet('07c9462e', time, networkId), 'mainnet-shadow by next of status');
    assert.equal(onMainnet('fc64ec04', 1_150_000), 'at genesis, ambiguous ethereum-classic mainnet of status');
    assert.equal(tell({ status: null, enr: id('07c9462e', 0) }, undefined, among), 'mainnet by next of enr');
    const passed = bytesOf(shadow.forkHashes.at(-1)!);
    assert.equal(onMainnet(passed, 0, networkId), 'mainnet-shadow by forkHash of status');
    if (networkId !== 1) {
      assert.equal(onMainnet('5167e2a6', 1_765_290_071, networkId), 'mainnet-shadow by networkId of status');
      assert.equal(onMainnet('fc64ec04', 1_150_000, networkId), 'mainnet-shadow by next of status');
    }
  }
});

test('at genesis of a shared genesis, a node belongs to the network whose id and next fork it names', () => {
  const forks = [{ name: 'Homestead', block: 5 }];
  const one = copyOf(sepolia, 'one', { networkId: 11, forks });
  const two = copyOf(sepolia, 'two', { networkId: 12, forks: [{ name: 'Homestead', block: 6 }] });
  const three = copyOf(sepolia, 'three', { networkId: 13, forks });
  const among = createNetworkIndex([one, two, three]);
  const genesis = bytesOf(one.forkHashes[0]!);
  const told = (networkId: number, next: number) =>
    tell(onGenesis(sepolia.genesisHash, id(genesis, next), networkId), undefined, among);
  assert.equal(told(11, 5), 'one by next of status');
  assert.equal(told(12, 6), 'two by next of status');
  assert.equal(told(13, 5), 'three by next of status');
  assert.equal(told(12, 5), 'at genesis, ambiguous one three of status', 'the id of one and the fork of others');
  assert.equal(told(9, 6), 'at genesis, ambiguous two of status');
  assert.equal(told(11, 0), 'at genesis, ambiguous one three two of status');
});

function bytesOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}
