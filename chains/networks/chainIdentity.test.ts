import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { extendForkHash, type ForkId } from '../../p2p/wire/forkId.ts';
import { learnForks } from '../forks/learnedForks.ts';
import { type ChainFacts, createNetworkIndex, identifyChain } from './chainIdentity.ts';
import { loadBuiltinNetworks } from './loadNetworks.ts';

const networks = loadBuiltinNetworks();
const index = createNetworkIndex(networks);
const mainnet = networks.find(({ slug }) => slug === 'mainnet')!;
const sepolia = networks.find(({ slug }) => slug === 'sepolia')!;
const now = Date.UTC(2026, 10, 22);

const id = (hash: string, next: number | bigint): ForkId => ({ hash: hexToBytes(hash), next: BigInt(next) });
const onGenesis = (genesisHash: Uint8Array, forkId: ForkId | null): ChainFacts => ({
  status: { genesisHash, forkId },
  enr: null,
});

function tell(facts: ChainFacts, learned: Parameters<typeof identifyChain>[2]['learned'] = () => []): string {
  const identity = identifyChain(index, facts, { now, learned });
  switch (identity.at) {
    case 'on':
      return `${identity.network.slug} by ${identity.by} of ${identity.source}`;
    case 'ambiguous':
      return `ambiguous ${identity.networks
        .map(({ slug }) => slug)
        .sort()
        .join(' ')} of ${identity.source}`;
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
  assert.equal(ethereum('fc64ec04', 1_150_000), 'ambiguous ethereum-classic mainnet of status');
  assert.equal(ethereum('fc64ec04', 0), 'ambiguous ethereum-classic mainnet of status');
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
  assert.equal(tell({ status: null, enr: id('fc64ec04', 1_150_000) }), 'ambiguous ethereum-classic mainnet of enr');
  assert.equal(tell({ status: null, enr: id('97c2c34c', 2_500_000) }), 'ethereum-classic by next of enr');
  assert.equal(tell({ status: null, enr: id('deadbeef', 0) }), 'unknown');
  assert.equal(tell({ status: null, enr: null }), 'unknown');
  const both = { status: { genesisHash: sepolia.genesisHash, forkId: id('268956b6', 0) }, enr: id('07c9462e', 0) };
  assert.equal(tell(both), 'sepolia by genesis of status');
});
