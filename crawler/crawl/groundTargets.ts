/**
 * FINDNODE targets with a wanted keccak prefix. A target need not be a curve point: the asked node only hashes
 * it. So we count up, hash, and remember which counter gives which 16-bit prefix; the table grows as deeper
 * prefixes are asked for, and never beyond 65,536 entries.
 */

const tableBits = 16;
const tableSize = 1 << tableBits;
/** Expected counters to fill the whole table are about 65,536 x (ln 65,536 + 0.58) = 760,000; this bounds bad luck. */
const maxCounter = 4_000_000;

export class GroundTargets {
  /** BOUNDED: by 2^16 entries of 4 bytes; 0 = none yet, else counter + 1. */
  readonly #counters = new Uint32Array(tableSize);
  readonly #hash: (bytes: Uint8Array) => Uint8Array;
  #next = 0;

  /** `hash` is keccak-256. */
  constructor(hash: (bytes: Uint8Array) => Uint8Array) {
    this.#hash = hash;
  }

  /**
   * A 64-byte target whose hash begins with the first `bits` bits (1 to 16) of `prefix16`.
   * `chance` (in [0, 1)) picks among those that fit, so that two askers differ.
   */
  target(prefix16: number, bits: number, chance: number): Uint8Array {
    const depth = Math.min(Math.max(bits, 1), tableBits);
    const span = 1 << (tableBits - depth);
    const start = (prefix16 >>> (tableBits - depth)) * span;
    const offset = Math.floor(chance * span);
    for (;;) {
      for (let step = 0; step < span; step++) {
        const counter = this.#counters[start + ((offset + step) % span)];
        if (counter) return targetOf(counter - 1);
      }
      this.#grow(start, span);
    }
  }

  #grow(start: number, span: number): void {
    while (this.#next < maxCounter) {
      const counter = this.#next++;
      const digest = this.#hash(targetOf(counter));
      const prefix = ((digest[0] ?? 0) << 8) | (digest[1] ?? 0);
      if (this.#counters[prefix] === 0) this.#counters[prefix] = counter + 1;
      if (prefix >= start && prefix < start + span) return;
    }
    // Practically unreachable; any target then is better than none.
    this.#counters[start] = this.#next;
  }
}

function targetOf(counter: number): Uint8Array {
  const target = new Uint8Array(64);
  new DataView(target.buffer).setUint32(0, counter);
  return target;
}
