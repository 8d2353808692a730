import { extendForkHash, type ForkId, firstForkTime, forkHashToNumber } from '../../p2p/wire/forkId.ts';
import type { Network } from '../networks/networkFile.ts';

/** A fork that is in no file, known because nodes in many subnets announce it. Never shown as configured. */
export interface LearnedFork {
  /** The fork hash once it has passed. */
  readonly hash: Uint8Array;
  /** The hash that the announcing nodes have before it. */
  readonly base: Uint8Array;
  readonly kind: 'block' | 'time';
  readonly at: bigint;
  /** Distinct /24s (v6 /48) that announce it. */
  readonly subnets: number;
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

/**
 * Forks announced on one network that its file lacks. A fork announced after a learned one is learned too, so that a
 * schedule of several forks is complete. Each `next` is kept as announced, however absurd.
 */
export function learnForks(
  network: Network,
  announcements: Iterable<ForkAnnouncement>,
  rules: LearnRules = defaultLearnRules,
): LearnedFork[] {
  const subnetsOf = announcedForks(announcements);
  const known = new Set(network.forkHashes.map(forkHashToNumber));
  const learned: LearnedFork[] = [];
  let bases: Uint8Array[] = [...network.forkHashes];
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
  return learned.sort((a, b) => b.subnets - a.subnets).slice(0, rules.maxForks);
}

type Announced = Map<number, Map<bigint, Set<string>>>;

function announcedForks(announcements: Iterable<ForkAnnouncement>): Announced {
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
