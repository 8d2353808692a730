/** Headers that real GoQuorum nodes sealed (testdata/README.md), and those of Besu's own tests. */
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
/** Besu's IbftExtraDataRLPEncoderTest: with a vote, and without one (and without validators). */
const besuIbft = `0xf8f1a00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20ea94${'0'.repeat(39)}194${'0'.repeat(39)}2d794${'0'.repeat(39)}181ff8400fedcbaf886b841${'0'.repeat(63)}1${'0'.repeat(63)}a00b841${'0'.repeat(63)}a${'0'.repeat(63)}100`;
const besuIbftNoVote = `0xe9a0${'00'.repeat(32)}c0808400fedcbac0`;
/** Besu's CliqueBlockHashingTest: block 30,000 of Rinkeby, and its genesis. */
const rinkebySigners = [
  '42eb768f2244c8811c63729a21a3569731535f06',
  '7ffc57839b00206d1ad20c69a1981b489f772031',
  'b279182d99e65703f0076e4812653aab85fca0f0',
];
const rinkeby = {
  ...{ number: '0x7530', timestamp: '0x58f5239c', difficulty: '0x2', gasLimit: '0x47e7c4', gasUsed: '0x0' },
  ...{ miner: `0x${'00'.repeat(20)}`, mixHash: `0x${'00'.repeat(32)}`, nonce: `0x${'00'.repeat(8)}`, transactions: [] },
  hash: '0x8b27a29300811af926039b90288d3d384dcb55931049c17c4f762e45c116776e',
  parentHash: '0xff570bb9893cb9bac64e346419fb9ad51e203c1cf6da5cfcc0c0dff3351b454b',
  sha3Uncles: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
  stateRoot: '0x829b58faacea7b0aa625617ba90c93e08150bed160364a7a96505e8205043d34',
  transactionsRoot: '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
  receiptsRoot: '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
  logsBloom: `0x${'00'.repeat(256)}`,
  extraData: `0xd783010600846765746887676f312e372e33856c696e75780000000000000000${rinkebySigners.join('')}c5bc40d0535af16266714ccb26fc49448c10bdf2969411514707d7442956b3397b09a980f4bea9347f70eea52183326247a0239b6d01fa0b07afc44e8a05463301`,
};
/** The genesis of IBFT 1 that Besu's tests migrate from (ibft-genesis-2.json). */
const besuOldIbft = `0x${'00'.repeat(32)}f86df86994a18182ee8ca476f2f0fb8170a1d4620edb39c5e194065541903bf3bb8c088a18046b441f5d286288c994d1e106d68cac92668b100f6f43791ddcb2c7588094d156777a1e1539fe654fc82266f41fd5d4aa548494efbbd8900222d7b2f75d081c3e7446a1f4fe10ce80c0`;

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
    ['ibft2', 0xfedcba, [1, 2].map((n) => `${'0'.repeat(39)}${n}`), { candidate: `${'0'.repeat(39)}1`, add: true }],
  );
  const noVote = readSealedHeader({ ...base, extraData: besuIbftNoVote }, curve);
  assert.deepEqual([noVote?.kind, noVote?.round, noVote?.set, noVote?.vote], ['ibft2', 0xfedcba, null, null]);
});

test('Besu: Clique and the first IBFT, as its own tests have them', () => {
  const read = readSealedHeader(rinkeby, curve);
  assert.deepEqual([read?.kind, read?.set, read?.round, read?.vote], ['clique', rinkebySigners, null, null]);
  assert.ok(rinkebySigners.includes(read?.sealer ?? ''), 'its seal is that of one of them');
  const genesis = readSealedHeader(
    {
      ...rinkeby,
      ...{ number: '0x0', difficulty: '0x1' },
      extraData: `0x52657370656374206d7920617574686f7269746168207e452e436172746d616e${rinkebySigners.join('')}${'00'.repeat(65)}`,
    },
    curve,
  );
  assert.deepEqual([genesis?.kind, genesis?.set, genesis?.sealer], ['clique', rinkebySigners, null]);
  const mixHash = '0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365';
  const old = readSealedHeader({ ...rinkeby, number: '0x0', mixHash, extraData: besuOldIbft }, curve);
  assert.deepEqual(
    [old?.kind, old?.sealer, old?.set?.length, old?.set?.[0]],
    [...['ibft', null], 5, 'a18182ee8ca476f2f0fb8170a1d4620edb39c5e1'],
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
