import { toSeconds } from '../../lib/time.ts';
import {
  extendForkHash,
  type ForkId,
  firstForkTime,
  forkHashFromNumber,
  forkHashToNumber,
  solveFork,
} from '../../p2p/wire/forkId.ts';
import type { Network } from '../networks/networkFile.ts';

/** A fork that is in no file, known because nodes in many subnets announce it. Never shown as configured. */
export interface LearnedFork {
  /** The fork hash once it has passed. */
  readonly hash: Uint8Array;
  /** The hash that the announcing nodes have before it. */
  readonly base: Uint8Array;
  readonly kind: 'block' | 'time';
  readonly at: bigint;
  /** Distinct /24s (v6 /48) that announce it, or have passed it. */
  readonly subnets: number;
}

/** A share of the network that announces a fork or has passed it, below which its file need not be older than it. */
const olderShare = 0.05;

/**
 * Whether the file of a network is older than the network: so many of its subnets announce the fork, or have passed it.
 * @param ofSubnets the subnets that announce any fork ID
 */
export function outdatesFile({
  subnets,
  ofSubnets,
}: {
  readonly subnets: number;
  readonly ofSubnets: number;
}): boolean {
  return ofSubnets > 0 && subnets >= ofSubnets * olderShare;
}

export interface ForkAnnouncement {
  readonly forkId: ForkId;
  /** The announcer's /24 or /48. */
  readonly subnet: string;
}

export interface LearnRules {
  readonly minSubnets: number;
  /** Most learned forks kept, those with the most subnets first. */
  readonly maxForks: number;
}

const defaultLearnRules: LearnRules = { minSubnets: 5, maxForks: 32 };

/** A private chain of four has no five that could announce anything, and nobody on it is a stranger. */
export const privateLearnRules: LearnRules = { minSubnets: 2, maxForks: 32 };

/**
 * Forks on one network that its file lacks: those announced, and those passed already, whose time or block is solved
 * from the hash. A fork announced after a learned one is learned too, so that a schedule of several forks is complete.
 * Each `next` is kept as announced, however absurd.
 * @param announcements of nodes that are on the network
 * @param now ms since the epoch
 */
export function learnForks(
  network: Network,
  announcements: readonly ForkAnnouncement[],
  now: number,
  rules: LearnRules = defaultLearnRules,
): LearnedFork[] {
  const announced = learnAnnounced(network, announcements, rules, []);
  const passed = learnPassed(network, announcements, announced, toSeconds(now), rules);
  const later = passed.length === 0 ? [] : learnAnnounced(network, announcements, rules, passed);
  return [...announced, ...passed, ...later].sort((a, b) => b.subnets - a.subnets).slice(0, rules.maxForks);
}

function learnAnnounced(
  network: Network,
  announcements: readonly ForkAnnouncement[],
  rules: LearnRules,
  after: readonly LearnedFork[],
): LearnedFork[] {
  const subnetsOf = announcedForks(announcements);
  const known = new Set([...network.forkHashes, ...after.map(({ hash }) => hash)].map(forkHashToNumber));
  const learned: LearnedFork[] = [];
  let bases: Uint8Array[] = after.length === 0 ? [...network.forkHashes] : after.map(({ hash }) => hash);
  while (bases.length > 0 && learned.length < rules.maxForks) {
    const found = bases.flatMap((base) =>
      [...(subnetsOf.get(forkHashToNumber(base)) ?? [])].flatMap(([at, subnets]): LearnedFork[] => {
        const hash = extendForkHash(base, at);
        if (subnets.size < rules.minSubnets || known.has(forkHashToNumber(hash))) return [];
        known.add(forkHashToNumber(hash));
        return [{ hash, base, kind: at < firstForkTime ? 'block' : 'time', at, subnets: subnets.size }];
      }),
    );
    learned.push(...found);
    bases = found.map((fork) => fork.hash);
  }
  return learned;
}

/**
 * Forks that nodes of the network have passed and nobody announces any more: a crawler that starts after an activation
 * hears of it no other way. Only a time between the last known fork and now, or a block within reach, is believed.
 */
function learnPassed(
  network: Network,
  announcements: readonly ForkAnnouncement[],
  learned: readonly LearnedFork[],
  seconds: bigint,
  rules: LearnRules,
): LearnedFork[] {
  const known = new Set([...network.forkHashes, ...learned.map(({ hash }) => hash)].map(forkHashToNumber));
  const subnetsOf = new Map<number, Set<string>>();
  for (const { forkId, subnet } of announcements) {
    const hash = forkHashToNumber(forkId.hash);
    if (!known.has(hash)) subnetsOf.set(hash, (subnetsOf.get(hash) ?? new Set()).add(subnet));
  }
  const found: LearnedFork[] = [];
  const open = [...subnetsOf]
    .filter(([, { size }]) => size >= rules.minSubnets)
    .sort(([, a], [, b]) => b.size - a.size)
    .slice(0, maxHashes);
  // The step before a fork may itself have to be found first. BOUNDED: by the forks that may be learned.
  for (let at = 0; at < open.length && found.length < rules.maxForks; ) {
    const [number, subnets] = open[at] ?? [0, new Set()];
    const hash = forkHashFromNumber(number);
    const steps = [
      ...knownSteps(network, seconds),
      ...[...learned, ...found].map((fork) => ({ ...fork, base: fork.hash })),
    ];
    const step = steps.map((one) => solvePassed(one, hash, seconds)).find((one) => one !== null) ?? null;
    if (step === null) at += 1;
    else {
      found.push({ ...step, hash, subnets: subnets.size });
      open.splice(at, 1);
      at = 0;
    }
  }
  return found;
}

/** Unknown hashes that are looked into, those with the most subnets first. */
const maxHashes = 200;

interface Step {
  /** Fork hash from then on. */
  readonly base: Uint8Array;
  readonly kind: 'block' | 'time';
  readonly at: bigint;
}

/** The fork that is active by now, and the last one of the file. */
function knownSteps({ forks, forkHashes, consensus }: Network, seconds: bigint): Step[] {
  const kind = consensus === 'pos' || forks.some((fork) => fork.kind === 'time') ? 'time' : 'block';
  const steps = forkHashes.map((base, index): Step => {
    const fork = forks[index - 1];
    const isTime = fork?.kind === 'time';
    if (kind === 'time') return { base, kind, at: isTime ? fork.at : firstForkTime };
    return { base, kind, at: fork?.at ?? 0n };
  });
  const active = steps.findLast(({ at }) => kind === 'block' || at <= seconds);
  return [active, steps.at(-1)].filter((step) => step !== undefined);
}

function solvePassed(
  { base, kind, at: since }: Step,
  hash: Uint8Array,
  seconds: bigint,
): Pick<LearnedFork, 'base' | 'kind' | 'at'> | null {
  const at = solveFork(base, hash);
  const last = kind === 'time' ? seconds : since + blocksWithinReach;
  return at > since && at <= last ? { base, kind, at } : null;
}

/** Nine years of 14-second blocks. */
const blocksWithinReach = 20_000_000n;

type Announced = Map<number, Map<bigint, Set<string>>>;

function announcedForks(announcements: readonly ForkAnnouncement[]): Announced {
  const announced: Announced = new Map();
  for (const { forkId, subnet } of announcements) {
    if (forkId.next === 0n) continue;
    const hash = forkHashToNumber(forkId.hash);
    const nexts = announced.get(hash) ?? new Map<bigint, Set<string>>();
    const subnets = nexts.get(forkId.next) ?? new Set<string>();
    announced.set(hash, nexts.set(forkId.next, subnets.add(subnet)));
  }
  return announced;
}
