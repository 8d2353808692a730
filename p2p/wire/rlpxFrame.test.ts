import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzDecoder } from '../../testkit/fuzz.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex, concatBytes, hexToBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import { KeccakState, keccak256 } from './keccak.ts';
import { FrameReader, FrameWriter, maxFrameSize } from './rlpxFrame.ts';
import type { SessionSecrets } from './rlpxHandshake.ts';

/** Secrets of two ends: what one sends the other receives. */
function pair(maxBytes = 65_536): { writer: FrameWriter; reader: FrameReader } {
  const secrets = (): SessionSecrets => ({
    aes: keccak256(Uint8Array.of(1)),
    mac: keccak256(Uint8Array.of(2)),
    egressMac: new KeccakState().update(Uint8Array.of(3)),
    ingressMac: new KeccakState().update(Uint8Array.of(3)),
  });
  return { writer: new FrameWriter(secrets()), reader: new FrameReader(secrets(), maxBytes) };
}

function refuses(work: () => unknown, code: string): void {
  assert.throws(work, (error) => error instanceof WireError && error.code === code);
}

/** MACs of the golden vector: a hash that always says 01. */
class OneState extends KeccakState {
  override update(): this {
    return this;
  }
  override digest(): Uint8Array {
    return new Uint8Array(32).fill(1);
  }
  override updateAndDigest(): Uint8Array {
    return new Uint8Array(32).fill(1);
  }
}

// go-ethereum p2p/rlpx, TestFrameReadWrite: both secrets keccak256(""), message 8 with [1, 2, 3, 4].
const golden =
  '00828ddae471818bb0bfa6b551d1cb4201010101010101010101010101010101' +
  'ba628a4ba590cb43f7848f41c438288501010101010101010101010101010101';

test('the golden frame, written and read', () => {
  const empty = keccak256(new Uint8Array(0));
  const secrets = { aes: empty, mac: empty, egressMac: new OneState(), ingressMac: new OneState() };
  assert.equal(bytesToHex(new FrameWriter(secrets).write(hexToBytes('08c401020304'))), golden);
  const reader = new FrameReader(secrets, 100);
  reader.push(hexToBytes(golden));
  assert.equal(bytesToHex(reader.next() ?? new Uint8Array(0)), '08c401020304');
});

test('frames of every awkward size come through, byte by byte and all at once', () => {
  const random = seededRandom();
  const sizes = [0, 1, 15, 16, 17, 31, 32, 33, 255, 256, 1000, 65_536];
  const bodies = sizes.map((size) => random.bytes(size));
  const { writer, reader } = pair();
  const stream = concatBytes(...bodies.map((body) => writer.write(body)));
  reader.push(stream);
  for (const body of bodies) assert.deepEqual(reader.next(), body);
  assert.equal(reader.next(), null);

  const slow = pair();
  const got: Uint8Array[] = [];
  for (const body of bodies.slice(0, 11)) {
    for (const byte of slow.writer.write(body)) {
      slow.reader.push(Uint8Array.of(byte));
      for (let frame = slow.reader.next(); frame !== null; frame = slow.reader.next()) got.push(frame);
    }
  }
  assert.deepEqual(got, bodies.slice(0, 11));
  assert.equal(slow.reader.pendingBytes, 0);
});

test('header and body MACs are checked, each with its own code', () => {
  for (const [at, code] of [
    [0, 'frameHeaderMac'],
    [20, 'frameHeaderMac'],
    [40, 'frameBodyMac'],
    [60, 'frameBodyMac'],
  ] as const) {
    const { writer, reader } = pair();
    const frame = writer.write(new Uint8Array(16));
    frame[at] = (frame[at] ?? 0) ^ 0x10;
    reader.push(frame);
    refuses(() => reader.next(), code);
  }
});

test('a frame replayed or out of order is refused', () => {
  const { writer, reader } = pair();
  const first = writer.write(Uint8Array.of(1));
  reader.push(concatBytes(first, first));
  assert.deepEqual(reader.next(), Uint8Array.of(1));
  refuses(() => reader.next(), 'frameHeaderMac');
});

test('a size over the limit is refused on the header alone', () => {
  const { writer, reader } = pair(100);
  const small = writer.write(new Uint8Array(100));
  const large = writer.write(new Uint8Array(101));
  reader.push(small);
  assert.equal(reader.next()?.length, 100);
  reader.push(large.subarray(0, 32));
  refuses(() => reader.next(), 'frameSize');
});

test('the limit may be raised between frames', () => {
  const { writer, reader } = pair(10);
  reader.push(writer.write(new Uint8Array(10)));
  assert.equal(reader.next()?.length, 10);
  reader.maxBytes = 50;
  reader.push(writer.write(new Uint8Array(50)));
  assert.equal(reader.next()?.length, 50);
});

test('what does not fit in 24 bits is our own mistake', () => {
  assert.throws(() => pair().writer.write(new Uint8Array(maxFrameSize + 1)), RangeError);
});

test('mutants of a stream of frames give frames or a WireError', () => {
  const random = seededRandom();
  const { writer } = pair();
  const stream = concatBytes(...[1, 40, 300].map((size) => writer.write(random.bytes(size))));
  fuzzDecoder(
    [stream],
    (bytes) => {
      const { reader } = pair();
      reader.push(bytes);
      while (reader.next() !== null);
    },
    500,
    random,
  );
});
