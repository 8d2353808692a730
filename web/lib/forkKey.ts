import type { Network } from '../../api/contract/networks.ts';

/** A fork ID as in the cut `fork_id`, with what the network's schedule knows about it. */
export interface ForkKey {
  /** 8 hex digits, no 0x. */
  readonly hash: string;
  /** Decimal text; `0` = no next fork known to that node. */
  readonly next: string;
  /** Fork last passed by a node with this hash; null = not in the schedule. */
  readonly name: string | null;
  /** Place in the schedule, genesis 0; null = not in it. */
  readonly position: number | null;
  /** The fork at `next`; null = none, or one that is not in the schedule. */
  readonly nextName: string | null;
}

/** null if the key is not a fork ID (`other`, `unknown`). */
export function parseForkKey(key: string, network: Network | null): ForkKey | null {
  const match = /^(?:0x)?([0-9a-f]{8})\/(\d{1,20})$/.exec(key);
  const [, hash, next] = match ?? [];
  if (hash === undefined || next === undefined) return null;
  const position = network === null ? null : schedulePosition(network, hash);
  return {
    hash,
    next,
    name: network === null || position === null ? null : forkNameAt(network, position),
    position,
    nextName: network?.forks.find((fork) => fork.at === next)?.name ?? null,
  };
}

function schedulePosition(network: Network, hash: string): number | null {
  if (network.genesisForkHash.slice(2) === hash) return 0;
  const index = network.forks.findLastIndex((fork) => fork.hash.slice(2) === hash);
  return index === -1 ? null : index + 1;
}

/** Position 0 has no fork's name: the caller says "genesis" in its own language. */
function forkNameAt(network: Network, position: number): string {
  return position === 0 ? '' : (network.forks[position - 1]?.name ?? '');
}

/**
 * The fork that a node must have passed by now, and the first one still to come. While no head is known, a fork by block
 * is assumed to have passed, as the crawler does when it judges nodes.
 */
export function scheduleState(network: Network): {
  readonly current: Network['forks'][number] | null;
  readonly upcoming: Network['forks'][number] | null;
} {
  return {
    current: network.forks.findLast((fork) => fork.activated !== false) ?? null,
    upcoming: network.forks.find((fork) => fork.activated === false) ?? null,
  };
}
