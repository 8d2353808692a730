import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { extendForkHash } from '../../p2p/wire/forkId.ts';
import { loadBuiltinNetworks } from '../networks/loadNetworks.ts';
import { type Network, type NetworkFile, parseNetworkFile } from '../networks/networkFile.ts';
import { classifyFork, type ForkMoment, forkClasses, forkEras, forkSettleMs, presentForks } from './forkClass.ts';
import { learnForks } from './learnedForks.ts';

const builtin = new Map(loadBuiltinNetworks().map((network) => [network.slug, network]));
const mainnet = builtin.get('mainnet')!;
const sepolia = builtin.get('sepolia')!;

const amsterdam = 1_791_294_816;
const november = Date.UTC(2026, 10, 22);
const september = Date.UTC(2026, 8, 22);

function network(file: Partial<NetworkFile>): Network {
  const full = { version: 1, slug: 'x', name: 'X', networkId: 10, genesisHash: `0x${'ab'.repeat(32)}`, forks: [] };
  const result = parseNetworkFile(JSON.stringify({ ...full, consensus: 'clique', ...file }), 'x.json');
  assert.ok('network' in result);
  return result.network;
}

function classOf(on: Network, hash: string | Uint8Array, next: number | bigint, moment: number | ForkMoment): string {
  const forkId = { hash: typeof hash === 'string' ? hexToBytes(hash) : hash, next: BigInt(next) };
  return classifyFork(on, forkId, typeof moment === 'number' ? { now: moment } : moment).class;
}

test('the order of the classes', () => {
  assert.deepEqual(forkClasses, [
    'current',
    'ready',
    'conflicting',
    'atGenesis',
    'behind',
    'outdated',
    'ahead',
    'notYetKnown',
    'unknown',
  ]);
});

test('sepolia before Amsterdam: every class', () => {
  assert.equal(classOf(sepolia, '268956b6', 0, september), 'current');
  assert.equal(classOf(sepolia, '268956b6', amsterdam, september), 'ready');
  assert.equal(classOf(sepolia, '268956b6', amsterdam + 1, september), 'conflicting');
  assert.equal(classOf(sepolia, 'fe3366e7', 1_735_371, september), 'atGenesis');
  assert.equal(classOf(sepolia, 'fe3366e7', 0, september), 'atGenesis');
  assert.equal(classOf(sepolia, '56078a1e', 1_761_607_008, september), 'behind');
  assert.equal(classOf(sepolia, '56078a1e', 0, september), 'outdated');
  assert.equal(classOf(sepolia, '56078a1e', 5, september), 'outdated');
  assert.equal(classOf(sepolia, '6c1d9423', 0, september), 'ahead');
  assert.equal(classOf(sepolia, 'deadbeef', 0, september), 'unknown');
});

test('the same nodes at and after the activation', () => {
  const at = amsterdam * 1000;
  assert.equal(classOf(sepolia, '6c1d9423', 0, at - 1), 'ahead');
  assert.equal(classOf(sepolia, '6c1d9423', 0, at), 'current');
  const settled = at + forkSettleMs;
  assert.equal(classOf(sepolia, '268956b6', amsterdam, settled), 'behind');
  assert.equal(classOf(sepolia, '268956b6', 0, settled), 'outdated');
  assert.equal(classOf(sepolia, '268956b6', amsterdam + 1, settled), 'outdated');
});

test('a syncing node is behind at every step and outdated once its next is wrong', () => {
  for (const [index, hash] of mainnet.forkHashes.entries()) {
    const expected = index === 0 ? 'atGenesis' : index === mainnet.forks.length ? 'current' : 'behind';
    assert.equal(classOf(mainnet, hash, mainnet.forks[index]?.at ?? 0n, november), expected);
    if (expected === 'behind') assert.equal(classOf(mainnet, hash, 0, november), 'outdated');
  }
});

test('a private chain with all forks at 0 is current, never at genesis', () => {
  const chain = network({ forks: ['Homestead', 'Berlin', 'London'].map((name) => ({ name, block: 0 })) });
  assert.equal(chain.forks.length, 0);
  const [hash] = chain.forkHashes;
  assert.ok(hash);
  assert.equal(classOf(chain, hash, 0, november), 'current');
  assert.equal(classOf(chain, 'deadbeef', 0, november), 'unknown');
});

test('of two scheduled forks only the first makes ready', () => {
  const chain = network({
    consensus: 'pos',
    forks: [
      { name: 'One', time: 1_700_000_000 },
      { name: 'Two', time: 1_900_000_000 },
      { name: 'Three', time: 1_950_000_000 },
    ],
  });
  const [genesis, one, two, three] = chain.forkHashes;
  assert.ok(genesis && one && two && three);
  assert.equal(classOf(chain, one, 1_900_000_000, november), 'ready');
  assert.equal(classOf(chain, one, 1_950_000_000, november), 'conflicting');
  assert.equal(classOf(chain, one, 0, november), 'current');
  assert.equal(classOf(chain, two, 1_950_000_000, november), 'ahead');
  assert.equal(classOf(chain, three, 0, november), 'ahead');
  assert.equal(classOf(chain, extendForkHash(one, 1_950_000_000n), 0, november), 'unknown');
});

test('without a scheduled fork, a next still to come does not conflict, one that has passed does', () => {
  assert.equal(classOf(mainnet, '07c9462e', 0, november), 'current');
  assert.equal(classOf(mainnet, '07c9462e', 1_900_000_000, november), 'current');
  assert.equal(classOf(mainnet, '07c9462e', 1_780_000_000, november), 'conflicting');
});

test('a next in nanoseconds or beyond all sense is judged as the number it is', () => {
  for (const next of [1_791_294_816_000_000_000n, 0xffff_ffff_ffff_ffffn]) {
    assert.equal(classOf(sepolia, '268956b6', next, september), 'conflicting');
    assert.equal(classOf(sepolia, '56078a1e', next, september), 'outdated');
    assert.equal(classOf(mainnet, '07c9462e', next, november), 'current');
  }
});

test('a private chain with a block fork to come needs the head number', () => {
  const chain = network({ forks: [{ name: 'Berlin', block: 100 }] });
  const [genesis, berlin] = chain.forkHashes;
  assert.ok(genesis && berlin);
  const before = { now: november, headNumber: 99n };
  const after = { now: november, headNumber: 100n };
  assert.equal(presentForks(chain, before), 0);
  assert.equal(presentForks(chain, after), 1);
  assert.equal(presentForks(chain, { now: november }), 1);
  assert.equal(classOf(chain, genesis, 0, before), 'current');
  assert.equal(classOf(chain, genesis, 100, before), 'ready');
  assert.equal(classOf(chain, genesis, 101, before), 'conflicting');
  assert.equal(classOf(chain, berlin, 0, before), 'ahead');
  assert.equal(classOf(chain, genesis, 100, after), 'atGenesis');
  assert.equal(classOf(chain, berlin, 0, after), 'current');
  assert.equal(classOf(chain, berlin, 50, after), 'conflicting');
  assert.equal(classOf(chain, genesis, 100, november), 'notYetKnown');
  assert.equal(classOf(chain, berlin, 0, november), 'current', 'its hash tells');
});

test('a chain with forks by block and by time needs the head number too', () => {
  const chain = network({
    forks: [
      { name: 'Berlin', block: 100 },
      { name: 'Shanghai', time: 1_700_000_000 },
    ],
  });
  const [genesis, berlin, shanghai] = chain.forkHashes;
  assert.ok(genesis && berlin && shanghai);
  assert.equal(classOf(chain, genesis, 100, { now: november, headNumber: 22n }), 'ready');
  assert.equal(classOf(chain, genesis, 100, november), 'notYetKnown');
  assert.equal(classOf(chain, shanghai, 0, november), 'current');
  assert.equal(classOf(chain, berlin, 1_700_000_000, november), 'behind');
});

test('what was announced before a fork by time says nothing after it, until it is announced again', () => {
  const at = amsterdam * 1000;
  const told = (hash: string, next: number, toldAt: number) =>
    classifyFork(sepolia, { hash: hexToBytes(hash), next: BigInt(next) }, { now: at + 600_000 }, [], { toldAt }).class;
  for (const next of [amsterdam, 0, amsterdam + 1]) {
    assert.equal(told('268956b6', next, at - 1_000), 'notYetKnown');
    assert.equal(told('268956b6', next, at + forkSettleMs - 1), 'notYetKnown', 'its next block was not there yet');
  }
  assert.equal(told('268956b6', amsterdam, at + forkSettleMs), 'behind');
  assert.equal(told('268956b6', 0, at + forkSettleMs), 'outdated');
  assert.equal(told('6c1d9423', 0, at - 1_000), 'current', 'it was ahead');
  assert.equal(told('56078a1e', 1_761_607_008, at - 1_000), 'behind', 'no fork since then would change that');
  assert.equal(told('56078a1e', 0, at - 1_000), 'outdated');
  assert.equal(told('fe3366e7', 1_735_371, at - 1_000), 'atGenesis');
  const eras = forkEras(sepolia, { now: at + 600_000 });
  assert.equal(eras.at(-1), at + forkSettleMs);
  assert.equal(eras.length, sepolia.schedule.timeForks.length);
});

test('what was announced before the head passed a fork by block says nothing after it either', () => {
  const chain = network({ forks: [{ name: 'Berlin', block: 100 }] });
  const [genesis] = chain.forkHashes;
  assert.ok(genesis);
  const seen = november - 600_000;
  const moment = { now: november, headNumber: 130n, passedAt: new Map([[100n, seen]]) };
  const told = (toldAt: number, headNumber: bigint | null = null) =>
    classifyFork(chain, { hash: genesis, next: 100n }, moment, [], { toldAt, headNumber }).class;
  assert.equal(told(seen - 1_000, 60n), 'notYetKnown');
  assert.equal(told(seen + forkSettleMs, 60n), 'behind');
  assert.equal(told(seen + forkSettleMs), 'atGenesis');
  assert.deepEqual(forkEras(chain, moment), [seen + forkSettleMs]);
  assert.deepEqual(forkEras(chain, { now: november, headNumber: 130n }), []);
});

test('who has the block of a fork is not ahead, however old the network’s head is', () => {
  const chain = network({ forks: [{ name: 'Berlin', block: 100 }] });
  const [, berlin] = chain.forkHashes;
  assert.ok(berlin);
  const told = (headNumber: bigint | null) =>
    classifyFork(chain, { hash: berlin, next: 0n }, { now: november, headNumber: 95n }, [], { headNumber }).class;
  assert.equal(told(100n), 'current');
  assert.equal(told(99n), 'ahead', 'it contradicts itself');
  assert.equal(told(null), 'ahead');
});

test('who is past genesis with its hash is behind or, with a fork missing, outdated: not at genesis', () => {
  const chain = network({ forks: [{ name: 'Berlin', block: 100 }] });
  const [genesis] = chain.forkHashes;
  assert.ok(genesis);
  const told = (next: bigint, headNumber: bigint | null) =>
    classifyFork(chain, { hash: genesis, next }, { now: november, headNumber: 300n }, [], { headNumber }).class;
  assert.equal(told(100n, 0n), 'atGenesis');
  assert.equal(told(0n, 0n), 'atGenesis');
  assert.equal(told(100n, null), 'atGenesis');
  assert.equal(told(100n, 60n), 'behind');
  assert.equal(told(0n, 60n), 'outdated');
  assert.equal(told(0n, 299n), 'outdated');
  assert.equal(told(100n, 299n), 'outdated', 'it announces what it has passed');
});

test('a merged private chain whose forks are all ahead goes by its head, until one by time should have passed', () => {
  const time = november / 1_000;
  const chain = network({
    consensus: 'pos',
    forks: [
      { name: 'MergeNetsplit', block: 100 },
      { name: 'Shanghai', time },
    ],
  });
  const [genesis] = chain.forkHashes;
  assert.ok(genesis);
  assert.equal(classOf(chain, genesis, 100, { now: november - 1_000, headNumber: 22n }), 'ready');
  assert.equal(classOf(chain, genesis, 100, november - 1_000), 'notYetKnown');
  assert.equal(presentForks(chain, { now: november, headNumber: 22n }), 2);
});

test('a head number cannot unpass the block forks of a merged network', () => {
  assert.equal(presentForks(mainnet, { now: november, headNumber: 5n }), mainnet.forks.length);
});

test('a fork that activated and no file knows: the class is unknown, the learned fork says which', () => {
  const next = 1_785_000_000n;
  const hash = extendForkHash(hexToBytes('07c9462e'), next);
  const learned = learnForks(
    mainnet,
    Array.from({ length: 5 }, (_, i) => ({
      forkId: { hash: hexToBytes('07c9462e'), next },
      subnet: `10.0.${i}.0/24`,
    })),
    Date.UTC(2026, 5, 1),
  );
  const verdict = classifyFork(mainnet, { hash, next: 0n }, { now: november }, learned);
  assert.equal(verdict.class, 'unknown');
  assert.equal(verdict.learned?.at, next);
  assert.equal(verdict.learned?.kind, 'time');
});
