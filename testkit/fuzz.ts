import assert from 'node:assert/strict';
import { WireError } from '../p2p/wire/errors.ts';
import { type SeededRandom, seededRandom } from './seededRandom.ts';

/** A copy of `bytes` with one to four defects: flipped, cut, doubled, inserted or overwritten bytes. */
export function mutate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let out = new Uint8Array(bytes);
  for (let wounds = 1 + random.below(4); wounds > 0; wounds--) out = wound(out, random);
  return out;
}

function wound(bytes: Uint8Array<ArrayBuffer>, random: SeededRandom): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  switch (random.below(6)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return Uint8Array.from([...bytes.slice(0, at), ...random.bytes(1 + random.below(8)), ...bytes.slice(at)]);
    case 2:
      return Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(random.below(at + 1))]);
    case 3:
      return bytes.map((byte, i) =>
        i === at ? random.pick([0x00, 0x7f, 0x80, 0xb7, 0xb8, 0xc0, 0xf7, 0xf8, 0xff]) : byte,
      );
    case 4:
      return Uint8Array.from([...bytes.slice(at), ...bytes.slice(0, at)]);
    default:
      return bytes.map((byte, i) => (i === at ? byte ^ (1 << random.below(8)) : byte));
  }
}

/**
 * Feeds `rounds` mutants of each sample to a decoder: each gives a value or a WireError, nothing else.
 * Fails also when a sample itself is refused or no mutant is, which would mean that nothing was tested.
 */
export function fuzzDecoder(
  samples: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => unknown,
  rounds: number,
  random: SeededRandom = seededRandom(),
): void {
  let refused = 0;
  for (const sample of samples) {
    decode(sample);
    for (let round = 0; round < rounds; round++) {
      const mutant = mutate(sample, random);
      try {
        decode(mutant);
      } catch (error) {
        const hex = Buffer.from(mutant).toString('hex');
        assert.ok(error instanceof WireError, `FUZZ_SEED=${random.seed}: ${String(error)} for ${hex}`);
        refused += 1;
      }
    }
  }
  assert.ok(refused > 0, `FUZZ_SEED=${random.seed}: no mutant was refused`);
}
