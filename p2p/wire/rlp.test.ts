import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzDecoder } from '../../testkit/fuzz.ts';
import { readTestdata } from '../../testkit/readTestdata.ts';
import { type SeededRandom, seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex, hexToBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import { decodeRlp, decodeRlpPrefix, encodeRlp, type RlpInput, type RlpItem, uintToBytes } from './rlp.ts';

const vectors = readTestdata('p2p/wire/testdata/rlp.json');

function fromVector(value: unknown): RlpInput {
  if (Array.isArray(value)) return value.map(fromVector);
  if (typeof value === 'string' && value.startsWith('#')) return BigInt(value.slice(1));
  return value as string | number;
}

function asItem(value: RlpInput): RlpItem {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'object') return value.map(asItem);
  return typeof value === 'string' ? Uint8Array.from(Buffer.from(value, 'utf8')) : uintToBytes(value);
}

function refused(bytes: Uint8Array, code: string, message: string, limits?: object): void {
  assert.throws(
    () => decodeRlp(bytes, limits),
    (error) => error instanceof WireError && error.code === code,
    message,
  );
}

test('the published valid encodings, both ways', () => {
  for (const { name, in: value, out } of vectors.valid) {
    const input = fromVector(value);
    assert.equal(bytesToHex(encodeRlp(input)), out, name);
    assert.deepEqual(decodeRlp(hexToBytes(out)), asItem(input), name);
  }
  assert.equal(vectors.valid.length, 27);
});

test('the published invalid encodings are refused, each for its reason', () => {
  const reasons: Record<string, string> = {
    int32Overflow: 'rlpTruncated',
    int32Overflow2: 'rlpTruncated',
    wrongSizeList: 'rlpNonCanonical',
    wrongSizeList2: 'rlpNonCanonical',
    incorrectLengthInArray: 'rlpNonCanonical',
    randomRLP: 'rlpNonCanonical',
    bytesShouldBeSingleByte00: 'rlpNonCanonical',
    bytesShouldBeSingleByte01: 'rlpNonCanonical',
    bytesShouldBeSingleByte7F: 'rlpNonCanonical',
    leadingZerosInLongLengthArray1: 'rlpNonCanonical',
    leadingZerosInLongLengthArray2: 'rlpNonCanonical',
    leadingZerosInLongLengthList1: 'rlpNonCanonical',
    leadingZerosInLongLengthList2: 'rlpNonCanonical',
    nonOptimalLongLengthArray1: 'rlpNonCanonical',
    nonOptimalLongLengthArray2: 'rlpNonCanonical',
    nonOptimalLongLengthList1: 'rlpNonCanonical',
    nonOptimalLongLengthList2: 'rlpNonCanonical',
  };
  assert.deepEqual(Object.keys(vectors.invalid).sort(), Object.keys(reasons).sort());
  for (const [name, hex] of Object.entries(vectors.invalid)) {
    refused(hexToBytes(hex as string), reasons[name] ?? '', name);
  }
});

test('empty, short, overrunning and trailing input', () => {
  refused(new Uint8Array(0), 'rlpEmpty', 'nothing');
  refused(hexToBytes('83646f'), 'rlpTruncated', 'short string');
  refused(hexToBytes('c2'), 'rlpTruncated', 'short list');
  refused(hexToBytes('b9'), 'rlpTruncated', 'no length');
  refused(hexToBytes('c3c2646f67'), 'rlpTrailing', 'a byte after the list');
  refused(hexToBytes('c483646f6767'), 'rlpTrailing', 'a byte after a full list');
  refused(hexToBytes('c1c264'), 'rlpTruncated', 'inner list overruns its outer list');
  refused(hexToBytes('c28264646464'), 'rlpTruncated', 'string overruns its list, though bytes are there');
  refused(hexToBytes('c1b864'), 'rlpTruncated', 'the length itself overruns its list');
});

test('60 kB of nested lists end at the depth limit', () => {
  const deep = new Uint8Array(60_000);
  for (let i = 0; i < 20_000; i++) deep.set([0xf9, (59_997 - i * 3) >> 8, (59_997 - i * 3) & 0xff], i * 3);
  refused(deep, 'rlpDepth', 'twenty thousand lists, each inside the one before');
});

test('the limits hold exactly', () => {
  const nest = (depth: number) =>
    hexToBytes(Array.from({ length: depth }, (_, i) => (0xc0 + depth - 1 - i).toString(16)).join(''));
  assert.doesNotThrow(() => decodeRlp(nest(16)));
  refused(nest(17), 'rlpDepth', 'one deeper');
  const flat = encodeRlp(Array.from({ length: 99 }, () => 1));
  assert.doesNotThrow(() => decodeRlp(flat, { maxItems: 100 }));
  refused(flat, 'rlpItems', 'one item more', { maxItems: 99 });
  refused(encodeRlp(Array.from({ length: 20_000 }, () => [])), 'rlpItems', 'the default');
});

test('a prefix gives back what follows it', () => {
  const { item, rest } = decodeRlpPrefix(hexToBytes('c20102ffee'));
  assert.deepEqual(item, [Uint8Array.of(1), Uint8Array.of(2)]);
  assert.deepEqual(rest, Uint8Array.of(0xff, 0xee));
});

test('a Buffer is read as plain bytes', () => {
  const item = decodeRlp(Buffer.from('83646f67', 'hex'));
  assert.equal(item.constructor, Uint8Array);
});

function randomValue(random: SeededRandom, depth: number): RlpItem {
  if (depth > 0 && random.below(3) === 0) {
    return Array.from({ length: random.below(6) }, () => randomValue(random, depth - 1));
  }
  return random.bytes(random.pick([0, 1, 1, 2, 8, 32, 55, 56, 57, 255, 256, 300]));
}

test('random values come back as they were', () => {
  const random = seededRandom();
  for (let i = 0; i < 1000; i++) {
    const value = randomValue(random, 5);
    assert.deepEqual(decodeRlp(encodeRlp(value)), value, `FUZZ_SEED=${random.seed} round ${i}`);
  }
});

test('what decodes encodes to the same bytes, and mutants give a value or a WireError', () => {
  const samples = vectors.valid.map(({ out }: { out: string }) => hexToBytes(out));
  fuzzDecoder(
    samples,
    (bytes) => {
      const { item, rest } = decodeRlpPrefix(bytes);
      assert.deepEqual(encodeRlp(item), bytes.slice(0, bytes.length - rest.length), 'canonical');
    },
    200,
  );
});

test('integers that are none are our own mistake', () => {
  assert.throws(() => encodeRlp(-1), RangeError);
  assert.throws(() => encodeRlp(1.5), RangeError);
  assert.throws(() => encodeRlp(-1n), RangeError);
});
