import { createCipheriv } from 'node:crypto';
import { concatBytes } from '../p2p/wire/bytes.ts';
import { mutate } from './fuzz.ts';
import type { SeededRandom } from './seededRandom.ts';

/** IV 16, then the header: protocol 6, version 2, flag 1, nonce 12, authdata-size 2. */
const headerAt = 16;
const flagAt = 8;
const sizeAt = 21;
const authAt = 23;

/**
 * Mutants of discv5 packets to the node with this hash that get past its mask: the header is changed in plain text, with
 * sizes that fit or do not, and masked anew. A quarter of them as mere bytes.
 */
export function createDiscv5Mutator(toHash: Uint8Array): (sample: Uint8Array, random: SeededRandom) => Uint8Array {
  /** Its own inverse. */
  const mask = (iv: Uint8Array, header: Uint8Array): Uint8Array =>
    createCipheriv('aes-128-ctr', toHash.subarray(0, 16), iv).update(header);
  return (sample, random) => {
    if (sample.length < headerAt + authAt || random.below(4) === 0) return mutate(sample, random);
    const iv = sample.slice(0, headerAt);
    const plain = Uint8Array.from(mask(iv, sample.subarray(headerAt)));
    const authSize = ((plain[sizeAt] ?? 0) << 8) | (plain[sizeAt + 1] ?? 0);
    const head = plain.slice(0, authAt);
    let authdata = plain.slice(authAt, authAt + authSize);
    let message = sample.slice(headerAt + authAt + authSize);
    let size: number | null = null;
    for (let wounds = 1 + random.below(3); wounds > 0; wounds--) {
      switch (random.below(6)) {
        case 0:
          head[flagAt] = random.pick([0, 1, 2, 3, 255]);
          break;
        case 1:
          size = random.pick([0, 1, 23, 24, 25, 31, 32, 33, 130, 131, 132, 431, 1_241, 65_535, random.below(1_300)]);
          break;
        case 2:
          authdata = Uint8Array.from(mutate(authdata, random));
          break;
        case 3:
          message = Uint8Array.from(mutate(message, random));
          break;
        case 4:
          message = message.slice(0, random.below(20));
          break;
        default:
          head.set(random.bytes(12), 9);
      }
    }
    const written = size ?? authdata.length;
    head[sizeAt] = written >> 8;
    head[sizeAt + 1] = written & 255;
    const header = concatBytes(head, authdata);
    return concatBytes(iv, mask(iv, header), message).subarray(0, 2_048);
  };
}
