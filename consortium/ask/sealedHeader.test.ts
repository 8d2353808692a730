/** Headers that real GoQuorum nodes sealed (testdata/README.md), and extraData from Besu's own tests and documentation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { readSealerChain } from '../../testkit/sealerChains.ts';
import { parseCounts } from './readSealers.ts';
import { readSealedHeader } from './sealedHeader.ts';

const curve = await chooseCurve();

for (const consensus of ['qbft', 'ibft', 'clique'] as const) {
  test(`${consensus}: headers name who sealed, as the node itself counts it, and who votes on whom`, () => {
    const { headers, answers, addresses } = readSealerChain(consensus);
    const read = headers.map((header) => readSealedHeader(header, curve));
    assert.ok(read.every((header) => header?.kind === consensus));
    const status = answers[consensus === 'clique' ? 'clique_status' : 'istanbul_status'];
    const counted = parseCounts(status && 'result' in status ? status.result : null, null);
    const found = new Map<string, number>();
    for (const header of read.slice(1, 10)) {
      const sealer = header?.sealer ?? '';
      found.set(sealer, (found.get(sealer) ?? 0) + 1);
    }
    assert.deepEqual([...found].sort(), [...(counted?.sealed ?? [])].sort());
    const votes = read.flatMap((header) => (header?.vote ? [{ by: header.sealer, ...header.vote }] : []));
    assert.ok(votes.length > 5);
    assert.ok(votes.every((vote) => vote.by === addresses[0] && vote.add && vote.candidate === '11'.repeat(20)));
    if (consensus !== 'clique') assert.deepEqual([...(read[9]?.set ?? [])].sort(), [...addresses].sort());
    assert.deepEqual(read[0]?.set?.length, addresses.length, 'the genesis of each lists them');
    assert.equal(read[0]?.sealer, null);
  });
}

test('QBFT writes down its rounds; a dead proposer’s turn is a round change', () => {
  const rounds = readSealerChain('qbft')
    .headers.slice(2, 40)
    .map((header) => readSealedHeader(header, curve)?.round);
  assert.deepEqual(rounds.slice(0, 18), Array(18).fill(0));
  assert.deepEqual(rounds.slice(19, 25), [1, 0, 0, 1, 0, 0]);
});

/** Besu's QbftExtraDataCodecTest. */
const besuQbft = `0xf8f0a00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20ea94${'0'.repeat(39)}194${'0'.repeat(39)}2d794${'0'.repeat(39)}181ff83fedcbaf886b841${'0'.repeat(63)}1${'0'.repeat(63)}a00b841${'0'.repeat(63)}a${'0'.repeat(63)}100`;
/** The genesis in Besu's documentation of IBFT 2.0. */
const besuIbft = `0xf83ea0${'00'.repeat(32)}d594c2ab482b506de561668e07f04547232a72897daf808400000000c0`;

test('Besu: the miner is the proposer; its IBFT 2.0 differs from QBFT in how it writes the round and the absence of a vote', () => {
  const base = {
    number: '0x9',
    timestamp: '0x6b0a70f0',
    transactions: [],
    miner: `0x${'0'.repeat(39)}2`,
    hash: `0x${'ab'.repeat(32)}`,
  };
  assert.deepEqual(readSealedHeader({ ...base, extraData: besuQbft }, curve), {
    number: 9,
    hash: 'ab'.repeat(32),
    at: 0x6b0a70f0 * 1_000,
    transactions: 0,
    kind: 'qbft',
    sealer: `${'0'.repeat(39)}2`,
    round: 0xfedcba,
    set: [`${'0'.repeat(39)}1`, `${'0'.repeat(39)}2`],
    vote: { candidate: `${'0'.repeat(39)}1`, add: true },
  });
  const ibft2 = readSealedHeader({ ...base, extraData: besuIbft }, curve);
  assert.deepEqual(
    [ibft2?.kind, ibft2?.round, ibft2?.set, ibft2?.vote],
    ['ibft2', 0, ['c2ab482b506de561668e07f04547232a72897daf'], null],
  );
});

test('what is not such a header says nothing about sealers, and a forged seal names nobody in the set', () => {
  for (const bad of [null, 7, [], {}, { number: '0x1', timestamp: '0x1' }])
    assert.equal(readSealedHeader(bad, curve), null);
  const [, header] = readSealerChain('clique').headers;
  const of = (more: object) => readSealedHeader({ ...header, ...more }, curve);
  const geth = `0xd883010a03846765746888676f312e3230856c696e7578${'00'.repeat(10)}`;
  for (const extraData of ['0x', '0x0', null, 7, geth, `0x${'c0'.repeat(70_000)}`]) {
    const read = of({ extraData, difficulty: '0x2' });
    assert.deepEqual([read?.number, read?.kind, read?.sealer], [1, null, null], String(extraData).slice(0, 20));
  }
  assert.notEqual(of({ gasUsed: '0x1' })?.sealer, of({})?.sealer);
  assert.equal(of({ stateRoot: undefined })?.sealer, null);
  assert.equal(of({ extraData: `${String(header?.extraData).slice(0, -130)}${'ff'.repeat(65)}` })?.sealer, null);
});
