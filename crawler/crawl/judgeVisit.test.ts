import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNetworkIndex } from '../../chains/networks/chainIdentity.ts';
import { parseNetworkFile } from '../../chains/networks/networkFile.ts';
import type { RlpxHeaders } from '../../p2p/protocol/rlpxOutcome.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { encodeRlp } from '../../p2p/wire/rlp.ts';
import { makeContact, makeFullVisit } from '../../testkit/makeVisit.ts';
import { ForkWatch, maxHeightsAsked, type NetworkView } from './forkWatch.ts';
import { judgeVisit, parseClient, type VisitContext } from './judgeVisit.ts';

const now = Date.UTC(2026, 10, 1);
const genesisHash = '0x'.padEnd(66, 'ab');

function network(consensus: 'pow' | 'raft', allowedCidrs: readonly string[] = []) {
  const file = {
    version: 1,
    slug: 'ours',
    name: 'Ours',
    networkId: 5,
    genesisHash,
    forks: [],
    consensus,
    allowedCidrs,
  };
  const result = parseNetworkFile(JSON.stringify(file), 'ours');
  assert.ok('network' in result);
  return result.network;
}

function header(number: bigint, timestamp: bigint, parentHash = new Uint8Array(32)): Uint8Array {
  const zero = new Uint8Array(32);
  const fields = [parentHash, zero, new Uint8Array(20), zero, zero, zero, new Uint8Array(256)];
  return encodeRlp([...fields, 1n, number, 0n, 0n, timestamp, new Uint8Array(0), zero, new Uint8Array(8)]);
}

const context = (over: Partial<VisitContext> = {}): VisitContext => ({
  now,
  learned: () => [],
  head: () => null,
  passedAt: () => new Map(),
  voterOf: () => 'voter',
  ...over,
});

function judge(
  headers: readonly RlpxHeaders[],
  over: Partial<VisitContext> = {},
  chain = network('pow'),
  headHash: Uint8Array = new Uint8Array(32),
) {
  const { outcome } = makeFullVisit(1, now);
  const status = {
    ...outcome.status!,
    genesisHash: chain.genesisHash,
    forkId: { hash: chain.forkHashes[0]!, next: 0n },
    headHash,
    headNumber: 1_000n,
  };
  return judgeVisit(createNetworkIndex([chain]), { ...outcome, status, headers }, context(over));
}

test('the time of a head is that of the header which the Status names, and of no other', () => {
  const raw = header(1_000n, BigInt(now / 1_000 - 12));
  const want = { by: 'head' } as const;
  const named = keccak256(raw);
  assert.equal(judge([{ want, headers: [raw] }], {}, network('pow'), named).headAt, now - 12_000);
  assert.equal(judge([{ want, headers: [raw] }]).headAt, null, 'another header');
  assert.equal(judge([{ want, headers: [] }], {}, network('pow'), named).headAt, null);
  assert.equal(judge([{ want, headers: [Uint8Array.of(1)] }], {}, network('pow'), named).headAt, null);
  const future = header(1_000n, 2n ** 63n);
  assert.equal(judge([{ want, headers: [future] }], {}, network('pow'), keccak256(future)).headAt, null);
  const raft = header(1_000n, BigInt(now - 50) * 1_000_000n);
  assert.equal(judge([{ want, headers: [raft] }], {}, network('raft'), keccak256(raft)).headAt, now - 50);
});

test('synced by the network’s head, else by the age of the node’s own', () => {
  const head = (number: bigint) => ({ head: () => ({ number, at: now }) });
  assert.equal(judge([], head(1_010n)).synced, true);
  assert.equal(judge([], head(2_000n)).synced, false);
  assert.equal(judge([]).synced, null);
  const raw = header(1_000n, BigInt(now / 1_000 - 3_600));
  assert.equal(judge([{ want: { by: 'head' }, headers: [raw] }], {}, network('pow'), keccak256(raw)).synced, false);
});

test('blocks are named by the header after them; what contradicts itself is forged, what is empty says nothing', () => {
  const block = header(900n, 1n);
  const child = header(901n, 2n, new Uint8Array(keccak256(block)));
  const stranger = header(901n, 2n, new Uint8Array(32).fill(7));
  const want = (amount: 1 | 2) => ({ by: 'number', number: 900n, amount }) as const;
  const blocksOf = (headers: Uint8Array[], amount: 1 | 2 = 2) => judge([{ want: want(amount), headers }]).blocks;
  assert.deepEqual(blocksOf([block, child]), [
    { network: 'ours', height: 900n, hash: bytesToHex(keccak256(block)), forged: false, voter: 'voter', time: 1_000 },
  ]);
  assert.equal(blocksOf([block, stranger])[0]?.forged, true);
  for (const nothing of [[], [block], [header(5n, 1n), child]]) assert.deepEqual(blocksOf(nothing), []);
  assert.deepEqual(blocksOf([block], 1), []);
});

test('a node is asked for what its own network’s judge wants, within bounds', () => {
  const view = (count: number): NetworkView => ({
    learned: [],
    missing: [],
    head: null,
    passedAt: new Map(),
    heights: Array.from({ length: count }, (_, i) => BigInt(i)),
  });
  const chain = network('pow');
  const other = { ...chain, slug: 'other', genesisHash: new Uint8Array(32).fill(9) };
  const sibling = { ...chain, slug: 'sibling', genesisHash: other.genesisHash };
  const watch = new ForkWatch(createNetworkIndex([chain, other, sibling]), [chain, other], false);
  watch.update(new Map([['ours', view(3)]]));
  const wants = (genesisHash: Uint8Array) => watch.wants({ networkId: 5n, genesisHash, forkId: null }, now);
  assert.deepEqual(
    wants(chain.genesisHash).map((want) => (want.by === 'number' ? want.number : want.by)),
    ['head', 0n, 1n, 2n],
    'at its first visit, although two networks are watched',
  );
  assert.deepEqual(wants(other.genesisHash), [{ by: 'head' }], 'one of two, nobody knows which');
  assert.deepEqual(wants(new Uint8Array(32).fill(7)), [], 'a chain that nobody knows');
  watch.update(new Map([['ours', view(500)]]));
  assert.equal(wants(chain.genesisHash).length, 1 + maxHeightsAsked);

  const elsewhere = new ForkWatch(createNetworkIndex([chain, other]), [chain], false);
  assert.deepEqual(
    elsewhere.wants({ networkId: 5n, genesisHash: other.genesisHash, forkId: null }, now),
    [],
    'a network that is not watched',
  );
});

test('a side counts networks; on private chains, IDs', () => {
  const nobody = createNetworkIndex([]);
  const contact = makeContact(7, '5.6.7.8');
  const publicChain = new ForkWatch(nobody, [], false);
  assert.equal(publicChain.context.voterOf(network('pow'), contact), '5.6.7.0/24');
  assert.equal(publicChain.context.voterOf(network('pow', ['10.0.0.0/8']), contact), bytesToHex(contact.id));
  assert.equal(new ForkWatch(nobody, [], true).context.voterOf(network('pow'), contact), bytesToHex(contact.id));
});

test('a client that states no version has none; one that states no name is unknown, and its text is kept as far as Postgres can hold it', () => {
  const none = { os: null, arch: null, language: null, byCapability: false };
  const hello = (clientName: string) => ({ clientName, capabilities: [], listenPort: 0 });
  assert.deepEqual(parseClient(hello('Geth')), { raw: 'Geth', name: 'geth', version: null, ...none });
  assert.deepEqual(parseClient(hello('reth/linux-x64/go1.26')), {
    ...{ raw: 'reth/linux-x64/go1.26', name: 'reth', version: null },
    ...none,
    ...{ os: 'linux', arch: 'x86_64', language: 'go 1.26' },
  });
  assert.deepEqual(parseClient(hello('besu/v26.8.0/java')), {
    ...{ raw: 'besu/v26.8.0/java', name: 'besu', version: '26.8.0', ...none, language: 'java' },
  });
  assert.deepEqual(parseClient(hello('\0\0')), { raw: '\ufffd\ufffd', name: 'unknown', version: null, ...none });
});
