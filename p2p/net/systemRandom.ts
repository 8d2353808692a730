import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from '../ports.ts';

/** Randomness that need not be secret comes from a pool, because asking the system each time is slow. */
const pool = new Uint32Array(1_024);
let left = 0;
export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  next: () => {
    if (left === 0) {
      randomFillSync(pool);
      left = pool.length;
    }
    left -= 1;
    return (pool[left] ?? 0) / 2 ** 32;
  },
};
