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
  'notYetKnown',
  'unknown',
] as const;
type ForkClass = (typeof forkClasses)[number];

/** When a class is judged. */
export interface ForkMoment {
  /** ms since the epoch. */
  readonly now: number;
  /** Head number of the network, for chains with block forks still to come. */
  readonly headNumber?: bigint;
  /** When the network's head was first seen past a fork by block, ms; without an entry, before anybody looked. */
  readonly passedAt?: ReadonlyMap<bigint, number>;
}

/** Who announced the fork ID, as far as it is known. */
export interface ForkTeller {
  /** Number of its own newest block. */
  readonly headNumber?: bigint | null;
  /** When it announced the fork ID, ms since the epoch; without it, now. */
  readonly toldAt?: number | null;
}

/** After a fork it takes a block, and a node a moment, until its new hash can be read. */
export const forkSettleMs = 60_000;

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
 * `atGenesis`: no fork passed although at least one should be, and no block of its own. `behind`: past hash with its right
 * next. `outdated`: past hash, next 0 or wrong. `ahead`: hash of a fork that is not active yet. `notYetKnown`: it announced
 * this before the fork that would tell, or no head of the network is known to tell by. `unknown`: the rest.
 */
export function classifyFork(
  network: Network,
  forkId: ForkId,
  moment: ForkMoment,
  learned: readonly LearnedFork[] = [],
  teller: ForkTeller = {},
): ForkClassification {
  const passed = network.forkHashes.findIndex((hash) => sameForkHash(hash, forkId.hash));
  if (passed === -1) {
    return {
      class: 'unknown',
      passed: null,
      learned: learned.find((fork) => sameForkHash(fork.hash, forkId.hash)) ?? null,
    };
  }
  return { class: knownClass(network, passed, forkId.next, moment, teller), passed, learned: null };
}

/** How many forks of the file have passed by now: the index of the active hash. Without a head, all by block have. */
export function presentForks(network: Network, moment: ForkMoment): number {
  return passedForks(network.schedule, {
    block: hasPassedBlocks(network, moment.now) ? maxUint64 : (moment.headNumber ?? maxUint64),
    time: toSeconds(moment.now),
  });
}

/**
 * Times (ms, ascending) before which an announcement says nothing of a fork that has passed since: by them, announcements
 * are told apart whose class may differ.
 */
export function forkEras(network: Network, moment: ForkMoment): number[] {
  return network.forks
    .slice(0, presentForks(network, moment))
    .map((fork) => settledAt(fork, moment))
    .filter((at) => at > 0)
    .sort((a, b) => a - b);
}

/** When everybody who passed it announces it, ms; 0 = before anybody looked. */
function settledAt({ kind, at }: Network['forks'][number], { passedAt }: ForkMoment): number {
  const passed = kind === 'time' ? Number(at) * 1_000 : (passedAt?.get(at) ?? null);
  return passed === null ? 0 : passed + forkSettleMs;
}

function knownClass(
  network: Network,
  passed: number,
  next: bigint,
  moment: ForkMoment,
  { headNumber = null, toldAt = null }: ForkTeller,
): ForkClass {
  const { blockForks } = network.schedule;
  if (passed < blockForks.length && moment.headNumber === undefined && !hasPassedBlocks(network, moment.now)) {
    return 'notYetKnown';
  }
  const active = presentForks(network, moment);
  // The network's head is minutes old: who has made the block of the fork has passed it.
  const last = network.forks[passed - 1];
  const ownPassed = last?.kind === 'block' && headNumber !== null && headNumber >= last.at;
  const present = ownPassed ? Math.max(active, passed) : active;
  const fork = network.forks[passed];
  const scheduled = fork?.at ?? 0n;
  if (passed > present) return 'ahead';
  if (passed === present) {
    if (next === 0n) return 'current';
    if (scheduled !== 0n) return next === scheduled ? 'ready' : 'conflicting';
    return hasPassed(network, next, moment) ? 'conflicting' : 'current';
  }
  const knew = toldAt ?? moment.now;
  if (fork !== undefined && knew < settledAt(fork, moment)) return 'notYetKnown';
  if (passed === 0 && (headNumber ?? 0n) === 0n) return 'atGenesis';
  const missed = fork?.kind === 'block' && headNumber !== null && headNumber >= fork.at;
  return next === scheduled && !missed ? 'behind' : 'outdated';
}

/** Whether a block or time announced as next lies in the past. Unknown = no. */
function hasPassed(network: Network, next: bigint, moment: ForkMoment): boolean {
  if (next >= firstForkTime) return next <= toSeconds(moment.now);
  return next <= (moment.headNumber ?? network.schedule.blockForks.at(-1) ?? 0n);
}

/** Forks by time come after all forks by block: a merged chain that should have passed one has passed its blocks. */
export function hasPassedBlocks({ consensus, schedule }: Network, now: number): boolean {
  const [first] = schedule.timeForks;
  return consensus === 'pos' && first !== undefined && first <= toSeconds(now);
}

const maxUint64 = 0xffff_ffff_ffff_ffffn;
