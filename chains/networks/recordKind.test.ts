import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { bytesToHex, concatBytes, hexToBytes } from '../../p2p/wire/bytes.ts';
import { parseEnr, signEnr } from '../../p2p/wire/enr.ts';
import { type EnrEntries, readEnrEntries } from '../../p2p/wire/enrEntries.ts';
import { idHash } from '../../p2p/wire/nodeEndpoint.ts';
import type { RlpInput } from '../../p2p/wire/rlp.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { consensusNetworks } from './consensusNetworks.ts';
import { consensusOf, judgeRecord, type RecordKind, stepsAt } from './recordKind.ts';

const curve = await chooseCurve();
const now = Date.UTC(2026, 8, 1);

function entriesOf(pairs: Readonly<Record<string, RlpInput>>): EnrEntries {
  return readEnrEntries(signEnr(curve, new Uint8Array(32).fill(1), { seq: 1n, pairs }));
}
const judge = (pairs: Readonly<Record<string, RlpInput>>, at = now): RecordKind =>
  judgeRecord(entriesOf(pairs), ({ hash }) => (bytesToHex(hash) === '268956b6' ? ['sepolia'] : []), at);

const eth2Of = (digest: string, version: string, epoch: bigint): Uint8Array => {
  const bytes = concatBytes(hexToBytes(digest), hexToBytes(version), new Uint8Array(8));
  new DataView(bytes.buffer).setBigUint64(8, epoch, true);
  return bytes;
};
const never = (1n << 64n) - 1n;

test('the published records of bootnodes are read, and their networks told', () => {
  const records: readonly { enr: string; id: string; seq: number; eth2: string | null }[] = JSON.parse(
    readFileSync(join(packageRoot, 'chains/networks/testdata/bootnodesV5.json'), 'utf8'),
  );
  const slugs = new Map<string, number>();
  for (const { enr, id, seq, eth2 } of records) {
    const record = parseEnr(curve, enr);
    assert.deepEqual([bytesToHex(idHash(record.id)), Number(record.seq)], [id, seq]);
    const entries = readEnrEntries(record);
    assert.deepEqual(entries.malformed, [], enr);
    const read = entries.eth2;
    const [digest, version] = [read?.digest, read?.nextVersion].map((bytes) => bytesToHex(bytes ?? new Uint8Array()));
    assert.deepEqual([digest, version], [eth2?.slice(0, 8) ?? '', eth2?.slice(8, 16) ?? ''], enr);
    const slug = judgeRecord(entries, () => [], now).consensus?.slug ?? 'none';
    slugs.set(slug, (slugs.get(slug) ?? 0) + 1);
  }
  assert.ok(records.length >= 63);
  assert.ok(['mainnet', 'sepolia', 'hoodi', 'gnosis', 'chiado'].every((slug) => (slugs.get(slug) ?? 0) > 0));
});

test('an execution node, a consensus node, one of both, and one of neither', () => {
  const eth = [[hexToBytes('268956b6'), 0]];
  assert.deepEqual(judge({ eth, snap: [] }).execution?.slugs, ['sepolia']);
  const consensus = judge({ eth2: eth2Of('8c9f62fe', '06000000', never), attnets: new Uint8Array(8) }).consensus;
  assert.deepEqual(consensus, { digestHex: '8c9f62fe', slug: 'mainnet', step: 'BPO2', readiness: 'none' });
  const both = judge({ eth, eth2: eth2Of('8c9f62fe', '06000000', never) });
  assert.ok(both.execution !== null && both.consensus !== null);
  assert.deepEqual(judge({ waku2: Uint8Array.of(1) }), { execution: null, consensus: null, relatives: [] });
});

test('relatives: the OP stack, BNB, Fantom, and forks of networks that nobody knows', () => {
  const eth = [[hexToBytes('0badcafe'), 0]];
  // `b3940500` is 84531 in a published record of Base's (base/base).
  assert.deepEqual(judge({ opstack: hexToBytes('b3940500') }).relatives, [{ family: 'optimism', chainId: 84_531n }]);
  assert.deepEqual(judge({ opel: eth, eth }).relatives, [{ family: 'optimism', chainId: null }]);
  assert.deepEqual(judge({ bsc: [], eth }).relatives, [{ family: 'bnb' }]);
  assert.deepEqual(judge({ opera: eth }).relatives, [{ family: 'fantom' }]);
  assert.deepEqual(judge({ eth }).relatives, [{ family: 'unknown', forkHashHex: '0badcafe' }]);
  assert.equal(judge({ eth }).execution, null);
});

test('who is ready for the next fork, and who is not', () => {
  const before = Date.UTC(2026, 8, 1);
  const readiness = (eth2: Uint8Array, nfd?: string, at = before) =>
    judge({ eth2, ...(nfd === undefined ? {} : { nfd: hexToBytes(nfd) }) }, at).consensus?.readiness;
  // Gloas on Sepolia: epoch 353024, digest 669e6c11.
  const next = stepsAt(consensusOf('sepolia') ?? assert.fail(), before).next;
  assert.deepEqual([next?.name, next?.epoch], ['Gloas', 353_024]);
  assert.equal(readiness(eth2Of('74d01459', '90000076', 353_024n), '669e6c11'), 'ready');
  assert.equal(readiness(eth2Of('74d01459', '90000076', 353_024n)), 'ready');
  assert.equal(readiness(eth2Of('74d01459', '90000075', never), '00000000'), 'notReady');
  assert.equal(readiness(eth2Of('74d01459', '90000076', 353_025n), '669e6c11'), 'otherPlan');
  assert.equal(readiness(eth2Of('74d01459', '90000076', 353_024n), '12345678'), 'otherPlan');
  assert.equal(readiness(eth2Of('fd32b622', '90000075', never)), 'behind');
  assert.equal(readiness(eth2Of('74d01459', '90000076', 353_024n), '669e6c11', Date.UTC(2026, 9, 7)), 'behind');
  assert.equal(readiness(eth2Of('669e6c11', '90000076', never), '00000000'), 'ahead');
  assert.equal(readiness(eth2Of('669e6c11', '90000076', never), '00000000', Date.UTC(2026, 9, 7)), 'none');
  assert.equal(readiness(eth2Of('11223344', '90000076', never)), 'unknown');
});

test('a step by blobs alone: the version stays, the digest tells it', () => {
  const mainnet = consensusNetworks[0] ?? assert.fail();
  const before = Date.UTC(2025, 11, 20);
  assert.deepEqual(stepsAt(mainnet, before).next?.name, 'BPO2');
  const eth2 = eth2Of('cb0d1acc', '06000000', 419_072n);
  assert.equal(judge({ eth2, nfd: hexToBytes('8c9f62fe') }, before).consensus?.readiness, 'ready');
  assert.equal(judge({ eth2, nfd: hexToBytes('00000000') }, before).consensus?.readiness, 'otherPlan');
});

test('what clients write, and values that no specification allows', () => {
  const client = ['Lighthouse', '7.0.0-beta.3'];
  const entries = entriesOf({
    attnets: Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 128),
    syncnets: Uint8Array.of(5),
    cgc: 128,
    nfd: new Uint8Array(4),
    quic: 9_001,
    quic6: 9_091,
    tcp6: 30_304,
    udp6: 30_305,
    les: [1],
    client,
    'topic-discovery': 1,
  });
  assert.deepEqual([entries.attnets, entries.syncnets, entries.cgc], [[0, 1, 63], [0, 2], 128]);
  assert.deepEqual([entries.quic, entries.quic6, entries.tcp6, entries.udp6], [9_001, 9_091, 30_304, 30_305]);
  assert.deepEqual([entries.les, entries.snap, entries.bsc], [true, false, false]);
  assert.deepEqual(entries.client, { name: 'Lighthouse', version: '7.0.0-beta.3', build: null });
  assert.deepEqual(entries.others, [{ key: 'topic-discovery', valueHex: '01' }]);
  assert.deepEqual(entriesOf({ cgc: 0 }).cgc, 0);
  assert.deepEqual(entriesOf({ client: ['a', 'b', 'c'] }).client, { name: 'a', version: 'b', build: 'c' });
  const wrong = {
    eth: 'x',
    eth2: new Uint8Array(15),
    attnets: new Uint8Array(7),
    syncnets: new Uint8Array(2),
    cgc: Uint8Array.of(0, 1),
    nfd: new Uint8Array(5),
    quic: 70_000,
    snap: 'yes',
    opstack: Uint8Array.of(0x80),
    client: ['a\u0007', 'b'],
  };
  const read = entriesOf(wrong);
  assert.deepEqual(new Set(read.malformed), new Set(Object.keys(wrong)));
  assert.deepEqual([read.eth, read.eth2, read.snap, read.client], [null, null, false, null]);
});
