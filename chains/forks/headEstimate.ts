import { type ForkId, sameForkHash } from '../../p2p/wire/forkId.ts';
import type { Network } from '../networks/networkFile.ts';

/** A node of the network, and the number of its newest block. */
export interface HeadTeller {
  readonly number: bigint;
  /** Who counts once: the /24 (v6 /48) or, on private networks, the ID. */
  readonly voter: string;
  /** What it announced with that head; null if it was not asked. */
  readonly forkId: ForkId | null;
}

/**
 * The head of a network from every node that told its own: the highest block that more than a third of the voters have
 * reached. Nodes that still sync, up to two thirds, do not lower it; liars, up to a third, do not raise it; and a head that
 * contradicts the fork ID beside it counts for nothing. null of fewer than `minVoters`.
 */
export function estimateHead(
  network: Network,
  tellers: readonly HeadTeller[],
  minVoters: number,
): { readonly number: bigint; readonly voters: number } | null {
  const byVoter = new Map<string, bigint[]>();
  for (const teller of tellers) {
    if (contradictsItself(network, teller)) continue;
    const own = byVoter.get(teller.voter);
    if (own === undefined) byVoter.set(teller.voter, [teller.number]);
    else own.push(teller.number);
  }
  const heads = [...byVoter.values()].map(median).sort(descending);
  const number = heads[Math.floor(heads.length / 3)];
  return number === undefined || heads.length < minVoters ? null : { number, voters: heads.length };
}

/** A fork hash says which blocks its node has passed, and the next fork which one it has not. */
function contradictsItself({ forkHashes, schedule }: Network, { number, forkId }: HeadTeller): boolean {
  if (forkId === null) return false;
  const passed = forkHashes.findIndex((hash) => sameForkHash(hash, forkId.hash));
  if (passed === -1) return false;
  const { blockForks } = schedule;
  const last = blockForks[Math.min(passed, blockForks.length) - 1] ?? 0n;
  const upcoming = blockForks[passed];
  return number < last || (upcoming !== undefined && forkId.next === upcoming && number >= upcoming);
}

/** Of an even number, the lower one. */
function median(numbers: readonly bigint[]): bigint {
  return numbers.toSorted(descending)[Math.floor(numbers.length / 2)] ?? 0n;
}

function descending(a: bigint, b: bigint): number {
  return a > b ? -1 : a < b ? 1 : 0;
}
