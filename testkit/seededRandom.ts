import type { Random } from '../p2p/ports.ts';

export interface SeededRandom extends Random {
  /** Print it with every failure: `FUZZ_SEED=<seed> npm test` repeats the run. */
  readonly seed: number;
  /** Uniform in 0 … below-1. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Repeatable chance for tests, simulations and fakes; never for keys that guard anything. */
export function seededRandom(seed: number = freshSeed()): SeededRandom {
  // SplitMix32.
  let state = seed >>> 0;
  function word(): number {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }
  const next = () => word() / 2 ** 32;
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    seed,
    next,
    below,
    bytes(length) {
      const out = new Uint8Array(length);
      for (let i = 0; i < length; i++) out[i] = word() & 0xff;
      return out;
    },
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
  };
}

function freshSeed(): number {
  const wanted = process.env.FUZZ_SEED;
  return wanted === undefined ? Date.now() >>> 0 : Number(wanted);
}
