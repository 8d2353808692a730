import { BoundedMap } from '../../lib/boundedMap.ts';
import { bytesToKey } from '../wire/bytes.ts';
import { WireError } from '../wire/errors.ts';
import type { Curve } from '../wire/secp256k1.ts';

/** Keys remembered as good. */
const maxCheckedKeys = 65_536;

/** Whether bytes are a public key on the curve; cached, because the same few thousand nodes are named again and again. */
export class KeyCheck {
  readonly #curve: Curve;
  // BOUNDED: by `limit`.
  readonly #good: BoundedMap<string, true>;

  constructor(curve: Curve, limit = maxCheckedKeys) {
    this.#curve = curve;
    this.#good = new BoundedMap(limit);
  }

  get size(): number {
    return this.#good.size;
  }

  /** `id`: 64 bytes; `name`: the same as Latin-1, if it is already known. */
  isKey(id: Uint8Array, name = bytesToKey(id)): boolean {
    if (this.#good.has(name)) return true;
    try {
      this.#curve.compress(id);
    } catch (error) {
      if (error instanceof WireError) return false;
      throw error;
    }
    this.#good.set(name, true);
    return true;
  }
}
