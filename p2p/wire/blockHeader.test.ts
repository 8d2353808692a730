import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzDecoder } from '../../testkit/fuzz.ts';
import { readTestdata } from '../../testkit/readTestdata.ts';
import { decodeHeader, headerHash, maxHeaderBytes } from './blockHeader.ts';
import { bytesToHex, hexToBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import { decodeRlp, encodeRlp, type RlpItem } from './rlp.ts';

const vectors = readTestdata('p2p/wire/testdata/headers.json');
const genesis = hexToBytes(vectors.mainnetGenesis.rlp);
const block1 = hexToBytes(vectors.mainnetBlock1.rlp);

/** RLP of the Prague header from its published fields, in the order of the specs. */
function pragueHeader(): Uint8Array {
  const f = vectors.pragueFields;
  const bytes = (hex: string) => hexToBytes(hex);
  return encodeRlp([
    bytes(f.parentHash),
    bytes(f.sha3Uncles),
    bytes(f.miner),
    bytes(f.stateRoot),
    bytes(f.transactionsRoot),
    bytes(f.receiptsRoot),
    bytes(f.logsBloom),
    BigInt(f.difficulty),
    BigInt(f.number),
    BigInt(f.gasLimit),
    BigInt(f.gasUsed),
    BigInt(f.timestamp),
    bytes(f.extraData),
    bytes(f.mixHash),
    bytes(f.nonce),
    BigInt(f.baseFeePerGas),
    bytes(f.withdrawalsRoot),
    BigInt(f.blobGasUsed),
    BigInt(f.excessBlobGas),
    bytes(f.parentBeaconBlockRoot),
    bytes(f.requestsHash),
  ]);
}

function refuses(work: () => unknown, code: string, message?: string): void {
  assert.throws(work, (error) => error instanceof WireError && error.code === code, message);
}

function withField(raw: Uint8Array, index: number, value: RlpItem): Uint8Array {
  const fields = [...(decodeRlp(raw) as readonly RlpItem[])];
  fields[index] = value;
  return encodeRlp(fields);
}

test('mainnet blocks 0 and 1 have their well-known hashes, and block 1 names block 0', () => {
  assert.equal(bytesToHex(headerHash(genesis)), vectors.mainnetGenesis.hash);
  assert.equal(bytesToHex(headerHash(block1)), vectors.mainnetBlock1.hash);
  assert.equal(bytesToHex(decodeHeader(block1).parentHash), vectors.mainnetGenesis.hash);
});

test('the fields of mainnet block 1', () => {
  const header = decodeHeader(block1);
  assert.equal(header.number, 1n);
  assert.equal(header.timestamp, 1_438_269_988n);
  assert.equal(header.difficulty, 17_171_480_576n);
  assert.equal(bytesToHex(header.miner), '05a56e2d52c817161883f50c441c3228cfe54d9f');
  assert.equal(Buffer.from(header.extraData).toString(), 'Geth/v1.0.0/linux/go1.4.2');
  assert.equal(bytesToHex(header.nonce ?? new Uint8Array(0)), '539bd4979fef1ec4');
  assert.equal(header.baseFeePerGas, null);
  assert.equal(header.requestsHash, null);
});

test('a Prague header with all its fields', () => {
  const raw = pragueHeader();
  assert.equal(`0x${bytesToHex(headerHash(raw))}`, vectors.pragueFields.hash);
  const header = decodeHeader(raw);
  assert.equal(header.number, 600n);
  assert.equal(header.baseFeePerGas, 7n);
  assert.equal(header.blobGasUsed, 0n);
  assert.equal(`0x${bytesToHex(header.requestsHash ?? new Uint8Array(0))}`, vectors.pragueFields.requestsHash);
});

test('fields of future forks are accepted up to a bound', () => {
  const fields = decodeRlp(pragueHeader()) as readonly RlpItem[];
  const later = (extra: number) => encodeRlp([...fields, ...Array.from({ length: extra }, () => [Uint8Array.of(1)])]);
  assert.equal(decodeHeader(later(43)).number, 600n);
  refuses(() => decodeHeader(later(44)), 'rlpCount', '65 fields');
});

test('the seals of other consensus engines', () => {
  const aura = withField(withField(block1, 13, Uint8Array.of(0x14, 0xee)), 14, new Uint8Array(65).fill(7));
  assert.equal(decodeHeader(aura).mixHash, null);
  assert.equal(decodeHeader(aura).nonce, null);
  const qbft = withField(block1, 12, new Uint8Array(9000).fill(9));
  assert.equal(decodeHeader(qbft).extraData.length, 9000);
  const raft = withField(block1, 11, hexToBytes('16a1b2c3d4e5f607'));
  assert.equal(decodeHeader(raft).timestamp, 0x16a1b2c3d4e5f607n);
});

test('what is no header is refused', () => {
  refuses(() => decodeHeader(encodeRlp([1, 2, 3])), 'rlpCount');
  refuses(() => decodeHeader(withField(block1, 0, new Uint8Array(31))), 'rlpSize');
  refuses(() => decodeHeader(withField(block1, 6, new Uint8Array(255))), 'rlpSize');
  refuses(() => decodeHeader(withField(block1, 8, new Uint8Array(9).fill(1))), 'rlpInteger');
  refuses(() => decodeHeader(withField(block1, 8, Uint8Array.of(0, 1))), 'rlpInteger');
  refuses(() => decodeHeader(withField(block1, 3, [])), 'rlpKind');
  refuses(() => decodeHeader(new Uint8Array(maxHeaderBytes + 1)), 'messageSize');
});

test('mutants of headers give a value or a WireError', () => {
  fuzzDecoder([block1, pragueHeader()], decodeHeader, 1000);
});
