import { bytesToHex, equalBytes } from '../../p2p/wire/bytes.ts';
import type { EnrEntries, Eth2Entry } from '../../p2p/wire/enrEntries.ts';
import type { ForkId } from '../../p2p/wire/forkId.ts';
import { type ConsensusNetwork, consensusNetworks } from './consensusNetworks.ts';
import { type ConsensusStep, type FoundDigest, farFutureEpoch, findDigest, stepsOf } from './forkDigest.ts';

/**
 * What a record says its node is. `relatives`: chains that share the discovery network and are none of Ethereum's; a
 * record may be of several kinds. Records are claims: only what a node that answers says of itself counts.
 */
export interface RecordKind {
  readonly execution: { readonly forkId: ForkId; readonly slugs: readonly string[] } | null;
  readonly consensus: ConsensusClaim | null;
  readonly relatives: readonly Relative[];
}

type Relative =
  | { readonly family: 'optimism'; readonly chainId: bigint | null }
  | { readonly family: 'bnb' | 'fantom' }
  /** An `eth` entry of no network that we know. */
  | { readonly family: 'unknown'; readonly forkHashHex: string };

interface ConsensusClaim {
  readonly digestHex: string;
  /** null: a digest of no network that we know, or one that bootnodes made up. */
  readonly slug: string | null;
  readonly step: string | null;
  readonly readiness: Readiness;
}

/**
 * Whether a node knows the next step of its chain. `none`: there is no next one. `behind`: it is on a step that is over;
 * `ahead`: on one that is yet to begin. `otherPlan`: it knows another one, or another digest after it.
 */
type Readiness = 'ready' | 'notReady' | 'otherPlan' | 'behind' | 'ahead' | 'none' | 'unknown';

/** `executionSlugs`: the networks that an execution fork id may be of. `now` in ms since the epoch. */
export function judgeRecord(
  entries: EnrEntries,
  executionSlugs: (forkId: ForkId) => readonly string[],
  now: number,
): RecordKind {
  const { eth, eth2, opel, opstack, opera, bsc } = entries;
  const relatives: Relative[] = [];
  if (opstack !== null || opel !== null) relatives.push({ family: 'optimism', chainId: opstack?.chainId ?? null });
  if (bsc) relatives.push({ family: 'bnb' });
  if (opera !== null) relatives.push({ family: 'fantom' });
  const slugs = eth === null || relatives.length > 0 ? [] : executionSlugs(eth);
  if (eth !== null && relatives.length === 0 && slugs.length === 0) {
    relatives.push({ family: 'unknown', forkHashHex: bytesToHex(eth.hash) });
  }
  return {
    execution: eth === null || slugs.length === 0 ? null : { forkId: eth, slugs },
    consensus: eth2 === null ? null : judgeEth2(eth2, entries.nfd, now),
    relatives,
  };
}

function judgeEth2(eth2: Eth2Entry, nfd: Uint8Array | null, now: number): ConsensusClaim {
  const found = findDigest(eth2.digest);
  const digestHex = bytesToHex(eth2.digest);
  if (found === null) return { digestHex, slug: null, step: null, readiness: 'unknown' };
  const { network, step } = found;
  return { digestHex, slug: network.slug, step: step.name, readiness: readinessOf(found, eth2, nfd, now) };
}

function readinessOf({ network, step }: FoundDigest, eth2: Eth2Entry, nfd: Uint8Array | null, now: number): Readiness {
  const { current, next } = stepsAt(network, now);
  if (step.time * 1000 > now) return 'ahead';
  if (current === null || !equalBytes(eth2.digest, current.digest)) return 'behind';
  if (next === null) return eth2.nextEpoch === farFutureEpoch ? 'none' : 'otherPlan';
  if (eth2.nextEpoch === farFutureEpoch) return 'notReady';
  if (eth2.nextEpoch !== BigInt(next.epoch)) return 'otherPlan';
  // Before Fulu nobody told the digest, and the version was told instead.
  const agrees = nfd === null ? equalBytes(eth2.nextVersion, next.version) : equalBytes(nfd, next.digest);
  return agrees ? 'ready' : 'otherPlan';
}

/** The step that a network is on, and the one after it. `now` in ms since the epoch. */
export function stepsAt(
  network: ConsensusNetwork,
  now: number,
): { readonly current: ConsensusStep | null; readonly next: ConsensusStep | null } {
  const steps = stepsOf(network);
  const next = steps.findIndex(({ time }) => time * 1000 > now);
  const current = next === -1 ? steps.at(-1) : steps[next - 1];
  return { current: current ?? null, next: steps[next] ?? null };
}

/** The beacon chain beside an execution network; null if it has none that we know. */
export function consensusOf(slug: string): ConsensusNetwork | null {
  return consensusNetworks.find((network) => network.slug === slug) ?? null;
}
