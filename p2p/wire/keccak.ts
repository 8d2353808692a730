import { createKeccak } from 'hash-wasm';

// One hasher per thread, made while the module loads, so that every importer can hash synchronously. Each use begins
// with init() or load(), so nothing carries over from one use to the next.
const hasher = await createKeccak(256);

/** Keccak-256 as used by Ethereum, with the padding from before SHA-3 was standardised. 32 bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest('binary');
}

/** Keccak-256 over the concatenation of `parts`, without concatenating them. */
export function keccak256Of(...parts: readonly Uint8Array[]): Uint8Array {
  hasher.init();
  for (const part of parts) hasher.update(part);
  return hasher.digest('binary');
}

/**
 * A running Keccak-256 that can be read without ending it, as the MACs of RLPx need (rlpx.md, "MAC"). It keeps saved
 * state of some 430 bytes; any number may exist at once.
 */
export class KeccakState {
  #saved: Uint8Array;

  constructor() {
    this.#saved = hasher.init().save();
  }

  update(bytes: Uint8Array): this {
    this.#saved = hasher.load(this.#saved).update(bytes).save();
    return this;
  }

  /** The digest of all bytes so far; `update` may follow. */
  digest(): Uint8Array {
    return hasher.load(this.#saved).digest('binary');
  }

  /** `update`, then `digest`, in one step. */
  updateAndDigest(bytes: Uint8Array): Uint8Array {
    this.#saved = hasher.load(this.#saved).update(bytes).save();
    return hasher.digest('binary');
  }
}
