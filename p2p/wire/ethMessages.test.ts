import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzDecoder } from '../../testkit/fuzz.ts';
import { readTestdata } from '../../testkit/readTestdata.ts';
import { bytesToHex, hexToBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import {
  decodeBlockHeaders,
  decodeBlockRangeUpdate,
  decodeGetBlockHeaders,
  emptyAnswer,
  encodeBlockHeaders,
  encodeBlockRangeUpdate,
  encodeGetBlockHeaders,
  ethCodes,
} from './ethMessages.ts';
import { encodeRlp } from './rlp.ts';

const headers = readTestdata('p2p/wire/testdata/headers.json');
const genesis = hexToBytes(headers.mainnetGenesis.rlp);
const block1 = hexToBytes(headers.mainnetBlock1.rlp);
const deadc0de = hexToBytes('deadc0de'.padStart(64, '0'));

// EIP-2481, Test Cases (CC0): request id 1111.
const getByHash = 'e8820457e4a000000000000000000000000000000000000000000000000000000000deadc0de050580';
const getByNumber = 'ca820457c682270f050580';

function refuses(work: () => unknown, code: string): void {
  assert.throws(work, (error) => error instanceof WireError && error.code === code);
}

test('GetBlockHeaders of EIP-2481, both ways', () => {
  const byHash = { start: deadc0de, amount: 5, skip: 5, reverse: false };
  const byNumber = { start: 9999n, amount: 5, skip: 5, reverse: false };
  assert.equal(bytesToHex(encodeGetBlockHeaders(byHash, 1111n, 66)), getByHash);
  assert.equal(bytesToHex(encodeGetBlockHeaders(byNumber, 1111n, 68)), getByNumber);
  assert.deepEqual(decodeGetBlockHeaders(hexToBytes(getByHash), 66), { ...byHash, requestId: 1111n });
  assert.deepEqual(decodeGetBlockHeaders(hexToBytes(getByNumber), 72), { ...byNumber, requestId: 1111n });
});

test('before eth/66 there is no request id', () => {
  assert.equal(
    bytesToHex(encodeGetBlockHeaders({ start: 9999n, amount: 5, skip: 5, reverse: true }, 7n, 65)),
    'c682270f050501',
  );
  assert.equal(decodeGetBlockHeaders(hexToBytes('c682270f050501'), 63).requestId, null);
  const answer = encodeBlockHeaders([genesis], null, 63);
  assert.deepEqual(decodeBlockHeaders(answer, 63), { requestId: null, headers: [genesis] });
  refuses(() => decodeBlockHeaders(answer, 66), 'rlpCount');
});

test('absurd requests are read without being believed', () => {
  const huge = encodeRlp([1, [new Uint8Array(32), 2n ** 64n - 1n, 2n ** 64n - 1n, 1]]);
  assert.equal(decodeGetBlockHeaders(huge, 66).amount, Number.MAX_SAFE_INTEGER);
  refuses(() => decodeGetBlockHeaders(encodeRlp([1, [new Uint8Array(20).fill(1), 1, 0, 0]]), 66), 'messageField');
  refuses(() => decodeGetBlockHeaders(encodeRlp([2n ** 64n, [0, 1, 0, 0]]), 66), 'rlpInteger');
});

test('BlockHeaders keeps each header byte for byte', () => {
  const answer = encodeRlp([1111, [[]]]);
  assert.throws(() => decodeBlockHeaders(answer, 66), WireError, 'a header is a list with something in it');
  const message = encodeBlockHeaders([genesis, block1], 1111n, 68);
  assert.deepEqual(decodeBlockHeaders(message, 68), { requestId: 1111n, headers: [genesis, block1] });
  // EIP-2481: the empty answer.
  assert.deepEqual(decodeBlockHeaders(hexToBytes('c4820457c0'), 66), { requestId: 1111n, headers: [] });
});

test('BlockRangeUpdate, by hand from caps/eth.md', () => {
  const payload = hexToBytes(`e7820100820200a0${'ab'.repeat(32)}`);
  const range = decodeBlockRangeUpdate(payload);
  assert.deepEqual(range, { earliest: 256n, latest: 512n, latestHash: new Uint8Array(32).fill(0xab) });
  assert.deepEqual(encodeBlockRangeUpdate(range), payload);
});

test('the empty answer to each request, by version', () => {
  const asked = encodeRlp([1111, [deadc0de]]);
  const table: [number, 63 | 66 | 68 | 70 | 71 | 72, number | null, string][] = [
    [ethCodes.getBlockHeaders, 66, ethCodes.blockHeaders, 'c4820457c0'],
    [ethCodes.getBlockBodies, 68, ethCodes.blockBodies, 'c4820457c0'],
    [ethCodes.getPooledTransactions, 68, ethCodes.pooledTransactions, 'c4820457c0'],
    [ethCodes.getReceipts, 68, ethCodes.receipts, 'c4820457c0'],
    [ethCodes.getReceipts, 70, ethCodes.receipts, 'c582045780c0'],
    [ethCodes.getBlockAccessLists, 70, null, ''],
    [ethCodes.getBlockAccessLists, 71, ethCodes.blockAccessLists, 'c4820457c0'],
    [ethCodes.getCells, 72, ethCodes.cells, `d6820457c0c090${'00'.repeat(16)}`],
    [ethCodes.getBlockHeaders, 63, ethCodes.blockHeaders, 'c0'],
    [ethCodes.transactions, 68, null, ''],
    [ethCodes.blockHeaders, 68, null, ''],
  ];
  for (const [code, version, answerCode, payload] of table) {
    const answer = emptyAnswer(code, asked, version);
    assert.equal(answer?.code ?? null, answerCode, `code ${code} in eth/${version}`);
    if (answer !== null) assert.equal(bytesToHex(answer.payload), payload, `code ${code} in eth/${version}`);
  }
  refuses(() => emptyAnswer(ethCodes.getBlockBodies, hexToBytes('01'), 66), 'rlpKind');
});

test('mutants of the messages give a value or a WireError', () => {
  fuzzDecoder([hexToBytes(getByHash), hexToBytes(getByNumber)], (bytes) => decodeGetBlockHeaders(bytes, 66), 500);
  fuzzDecoder([encodeBlockHeaders([genesis, block1], 1n, 66)], (bytes) => decodeBlockHeaders(bytes, 66), 1000);
  fuzzDecoder(
    [encodeBlockRangeUpdate({ earliest: 1n, latest: 2n, latestHash: deadc0de })],
    decodeBlockRangeUpdate,
    500,
  );
  fuzzDecoder([hexToBytes(getByHash)], (bytes) => emptyAnswer(ethCodes.getCells, bytes, 72), 500);
});
