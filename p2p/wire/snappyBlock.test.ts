import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzDecoder } from '../../testkit/fuzz.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { hexToBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import { joinMessage, splitMessage } from './rlpxMessage.ts';
import { compressBlock, uncompressBlock } from './snappyBlock.ts';

function refuses(work: () => unknown, code: string, message: string): void {
  assert.throws(work, (error) => error instanceof WireError && error.code === code, message);
}

test('a block written by hand from the format description', () => {
  // Length 10; literal "ab"; copy of 8 from 2 back (1-byte offset): "ababababab".
  assert.deepEqual(uncompressBlock(hexToBytes('0a0461621102'), 10), Uint8Array.from(Buffer.from('ababababab')));
  // Length 0.
  assert.deepEqual(uncompressBlock(hexToBytes('00'), 10), new Uint8Array(0));
});

test('a Ping as EthereumJS sends it', () => {
  assert.deepEqual(uncompressBlock(hexToBytes('0100c0'), 1), Uint8Array.of(0xc0));
});

test('a declared length over the limit is refused before anything is inflated', () => {
  refuses(() => uncompressBlock(hexToBytes('ffffffff0f00'), 1 << 24), 'snappySize', '4 GiB declared');
  const bomb = compressBlock(new Uint8Array(16 << 20));
  assert.ok(bomb.length < 1 << 20);
  refuses(() => uncompressBlock(bomb, (16 << 20) - 1), 'snappySize', '16 MiB of zeros');
  assert.equal(uncompressBlock(bomb, 16 << 20).length, 16 << 20);
});

test('lies about the length are refused', () => {
  refuses(() => uncompressBlock(hexToBytes('ffffffffff7f'), 100), 'snappyCorrupt', 'length over 32 bits');
  refuses(() => uncompressBlock(hexToBytes('80'), 100), 'snappyCorrupt', 'unfinished length');
  refuses(() => uncompressBlock(new Uint8Array(0), 100), 'snappyCorrupt', 'nothing');
  refuses(() => uncompressBlock(hexToBytes('0200c0'), 100), 'snappyCorrupt', 'less than declared');
  refuses(() => uncompressBlock(hexToBytes('0104c1c2'), 100), 'snappyCorrupt', 'more than declared');
  refuses(() => uncompressBlock(hexToBytes('0a0461621109'), 100), 'snappyCorrupt', 'copy from before the start');
});

test('a message is parted into code and body', () => {
  assert.deepEqual(splitMessage(hexToBytes('8001')), { code: 0, body: Uint8Array.of(1) });
  assert.deepEqual(splitMessage(hexToBytes('0001')), { code: 0, body: Uint8Array.of(1) });
  assert.deepEqual(splitMessage(hexToBytes('10')), { code: 16, body: new Uint8Array(0) });
  assert.deepEqual(splitMessage(joinMessage(0x21, Uint8Array.of(0xc0), true)), {
    code: 0x21,
    body: hexToBytes('0100c0'),
  });
  refuses(() => splitMessage(new Uint8Array(0)), 'rlpEmpty', 'an empty frame');
  refuses(() => splitMessage(hexToBytes('c10000')), 'rlpKind', 'a list as code');
  refuses(() => splitMessage(hexToBytes('850102030405')), 'rlpInteger', 'a code of 5 bytes');
});

test('mutants of a block give bytes or a WireError, and never more bytes than allowed', () => {
  const random = seededRandom();
  const text = new Uint8Array(2000).map((_, i) => (i * i) % 17);
  fuzzDecoder(
    [compressBlock(text), compressBlock(random.bytes(300))],
    (bytes) => assert.ok(uncompressBlock(bytes, 4096).length <= 4096),
    1000,
    random,
  );
});
