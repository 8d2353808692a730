import type { ExpectedChain, ForkIdFact } from './evidence.ts';

/**
 * How a fork ID (EIP-2124) fits a chain's own list. `stale`: a hash of the chain, but not the next fork that follows on
 * it, so its configuration lacks a fork or has it at another height. `ahead`: all forks of the chain and one more to come,
 * which is compatible until then. `unknown`: a hash that the chain never has: another genesis, or other forks.
 */
type ForkFit = 'right' | 'stale' | 'ahead' | 'unknown';

export function fitForkId({ forkIds }: ExpectedChain, { hash, next }: ForkIdFact): ForkFit {
  const index = forkIds.findIndex((one) => one.hash === hash);
  const own = forkIds[index];
  if (own === undefined) return 'unknown';
  if (own.next === next) return 'right';
  return index === forkIds.length - 1 ? 'ahead' : 'stale';
}

/** `1c8d398e, next 0`. */
export function forkIdText({ hash, next }: ForkIdFact): string {
  return `${hash}, next ${next}`;
}
