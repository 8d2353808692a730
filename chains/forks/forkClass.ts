import { toSeconds } from '../../lib/time.ts';
import { type ForkId, firstForkTime, passedForks, sameForkHash } from '../../p2p/wire/forkId.ts';
import type { Network } from '../networks/networkFile.ts';
import type { LearnedFork } from './learnedForks.ts';

/** In the order in which they are tried: the first that fits is the class. */
export const forkClasses = [
  'current',
  'ready',
  'conflicting',
  'atGenesis',
  'behind',
  'outdated',
  'ahead',
  'unknown',
] as const;
type ForkClass = (typeof forkClasses)[number];

/** When a class is judged. */
export interface ForkMoment {
  /** ms since the epoch. */
  readonly now: number;
  /** Head number of the network, for chains with block forks still to come. Without it, all are assumed to have passed. */
  readonly headNumber?: bigint;
}

export interface ForkClassification {
  readonly class: ForkClass;
  /** How many forks of the file the announced hash includes; null if the file lacks the hash. */
  readonly passed: number | null;
  /** The learned fork with this hash, if the file lacks it. */
  readonly learned: LearnedFork | null;
}

/**
 * A node's class from the fork ID it announces on that network.
 * `current`: active hash; next 0, or a future fork while the file has none to compare it with.
 * `ready`: active hash, next = the scheduled fork. `conflicting`: active hash, any other next.
 * `atGenesis`: no fork passed although at least one should be. `behind`: past hash with its right next.
 * `outdated`: past hash, next 0 or wrong. `ahead`: hash of a fork that is not active yet. `unknown`: the rest.
 */
export function classifyFork(
  network: Network,
  forkId: ForkId,
  moment: ForkMoment,
  learned: readonly LearnedFork[] = [],
): ForkClassification {
  const passed = network.forkHashes.findIndex((hash) => sameForkHash(hash, forkId.hash));
  if (passed === -1) {
    return {
      class: 'unknown',
      passed: null,
      learned: learned.find((fork) => sameForkHash(fork.hash, forkId.hash)) ?? null,
    };
  }
  return { class: knownClass(network, passed, forkId.next, moment), passed, learned: null };
}

/** How many forks of the file have passed by now: the index of the active hash. */
export function presentForks(network: Network, moment: ForkMoment): number {
  return passedForks(network.schedule, {
    block: blocksAllPassed(network) ? maxUint64 : (moment.headNumber ?? maxUint64),
    time: toSeconds(moment.now),
  });
}

function knownClass(network: Network, passed: number, next: bigint, moment: ForkMoment): ForkClass {
  const present = presentForks(network, moment);
  const scheduled = network.forks[passed]?.at ?? 0n;
  if (passed > present) return 'ahead';
  if (passed === present) {
    if (next === 0n) return 'current';
    if (scheduled !== 0n) return next === scheduled ? 'ready' : 'conflicting';
    return hasPassed(network, next, moment) ? 'conflicting' : 'current';
  }
  if (passed === 0) return 'atGenesis';
  return next === scheduled ? 'behind' : 'outdated';
}

/** Whether a block or time announced as next lies in the past. Unknown = no. */
function hasPassed(network: Network, next: bigint, moment: ForkMoment): boolean {
  if (next >= firstForkTime) return next <= toSeconds(moment.now);
  return next <= (moment.headNumber ?? network.schedule.blockForks.at(-1) ?? 0n);
}

/** A chain that has passed the merge, or has time forks, has passed its block forks. */
function blocksAllPassed(network: Network): boolean {
  return network.consensus === 'pos' || network.schedule.timeForks.length > 0;
}

const maxUint64 = 0xffff_ffff_ffff_ffffn;
