import { toSeconds } from '../../lib/time.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { type ForkId, firstForkTime, forkHashToNumber, sameForkHash, solveFork } from '../../p2p/wire/forkId.ts';
import type { Network } from './networkFile.ts';

/** What a node said about its chain. Its Status decides; its ENR is only a hint. */
export interface ChainFacts {
  readonly status: { readonly genesisHash: Uint8Array; readonly forkId: ForkId | null } | null;
  /** The ENR's `eth` entry. */
  readonly enr: ForkId | null;
}

/** What identified the network: its genesis, a fork hash in its file, its next fork, or a learned or solved fork. */
type IdentityProof = 'genesis' | 'forkHash' | 'next' | 'learned' | 'solved';

export type ChainIdentity =
  | {
      readonly at: 'on';
      readonly network: Network;
      readonly source: 'status' | 'enr';
      readonly by: IdentityProof;
    }
  /** Several known networks fit. */
  | { readonly at: 'ambiguous'; readonly networks: readonly Network[]; readonly source: 'status' | 'enr' }
  /** Its genesis belongs to no known network. */
  | { readonly at: 'foreign'; readonly genesisHash: Uint8Array }
  | { readonly at: 'unknown' };

export interface IdentityContext {
  /** ms since the epoch. */
  readonly now: number;
  /** Forks of it that no file names, by the fork hash once they have passed. */
  readonly learned?: (network: Network) => readonly { readonly hash: Uint8Array }[];
}

/** The known networks, indexed for look-up. */
export interface NetworkIndex {
  readonly byGenesis: ReadonlyMap<string, readonly Network[]>;
  readonly byForkHash: ReadonlyMap<number, readonly Network[]>;
  readonly networks: readonly Network[];
}

// BOUNDED: by the number of configured networks and their forks (200 a file).
export function createNetworkIndex(networks: readonly Network[]): NetworkIndex {
  const byGenesis = new Map<string, Network[]>();
  const byForkHash = new Map<number, Network[]>();
  for (const network of networks) {
    push(byGenesis, bytesToHex(network.genesisHash), network);
    for (const hash of network.forkHashes) push(byForkHash, forkHashToNumber(hash), network);
  }
  return { byGenesis, byForkHash, networks };
}

/**
 * Which network a node is on. A Status decides by genesis, then by fork hash among the networks that share that
 * genesis; the network id plays no part. An ENR decides by fork hash alone and only when no Status came.
 */
export function identifyChain(index: NetworkIndex, facts: ChainFacts, context: IdentityContext): ChainIdentity {
  if (facts.status !== null) return byStatus(index, facts.status, context);
  if (facts.enr !== null) return byEnr(index, facts.enr, context);
  return { at: 'unknown' };
}

function byStatus(
  index: NetworkIndex,
  status: NonNullable<ChainFacts['status']>,
  context: IdentityContext,
): ChainIdentity {
  const candidates = index.byGenesis.get(bytesToHex(status.genesisHash)) ?? [];
  const [only, ...others] = candidates;
  if (only === undefined) return { at: 'foreign', genesisHash: status.genesisHash };
  if (others.length === 0) return { at: 'on', network: only, source: 'status', by: 'genesis' };
  if (status.forkId === null) return { at: 'ambiguous', networks: candidates, source: 'status' };
  return narrow(candidates, status.forkId, context) ?? { at: 'ambiguous', networks: candidates, source: 'status' };
}

function byEnr(index: NetworkIndex, enr: ForkId, context: IdentityContext): ChainIdentity {
  const candidates = index.byForkHash.get(forkHashToNumber(enr.hash));
  if (candidates === undefined) {
    const learned = index.networks.filter((network) => hasLearned(network, enr, context));
    return settle(learned, 'learned', 'enr') ?? { at: 'unknown' };
  }
  return byForkHashAndNext(candidates, enr, 'enr') ?? { at: 'unknown' };
}

/** Among networks with one genesis: the one the fork hash belongs to; null if it can belong to none of them. */
function narrow(candidates: readonly Network[], forkId: ForkId, context: IdentityContext): ChainIdentity | null {
  const owners = candidates.filter((network) => passedIndex(network, forkId) !== -1);
  if (owners.length > 0) return byForkHashAndNext(owners, forkId, 'status');
  return (
    settle(
      candidates.filter((network) => hasLearned(network, forkId, context)),
      'learned',
      'status',
    ) ??
    settle(
      candidates.filter((network) => plausiblyPassed(network, forkId, context.now)),
      'solved',
      'status',
    )
  );
}

function byForkHashAndNext(owners: readonly Network[], forkId: ForkId, source: 'status' | 'enr'): ChainIdentity | null {
  const [only, ...others] = owners;
  if (only !== undefined && others.length === 0) return { at: 'on', network: only, source, by: 'forkHash' };
  const sameNext = owners.filter((network) => network.forks[passedIndex(network, forkId)]?.at === forkId.next);
  return settle(sameNext, 'next', source) ?? settle(owners, 'forkHash', source);
}

function settle(networks: readonly Network[], by: IdentityProof, source: 'status' | 'enr'): ChainIdentity | null {
  const [only, ...others] = networks;
  if (only === undefined) return null;
  return others.length === 0 ? { at: 'on', network: only, source, by } : { at: 'ambiguous', networks, source };
}

function passedIndex(network: Network, forkId: ForkId): number {
  return network.forkHashes.findIndex((hash) => sameForkHash(hash, forkId.hash));
}

function hasLearned(network: Network, forkId: ForkId, context: IdentityContext): boolean {
  return (context.learned?.(network) ?? []).some((fork) => sameForkHash(fork.hash, forkId.hash));
}

/**
 * Whether an unlisted fork of this network could have led to the hash: the only number that would is a time between the
 * last listed fork and now, or a block within reach. A random hash fits by chance about one time in a hundred.
 */
function plausiblyPassed(network: Network, forkId: ForkId, now: number): boolean {
  const seconds = toSeconds(now);
  const { blockForks, timeForks } = network.schedule;
  const passedTimes = timeForks.filter((time) => time <= seconds);
  const present = network.forkHashes[blockForks.length + passedTimes.length];
  const bases = [network.forkHashes.at(-1), present].filter((base) => base !== undefined);
  const lastBlock = blockForks.at(-1) ?? 0n;
  const lastTime = passedTimes.at(-1) ?? firstForkTime;
  return bases.some((base) => {
    const fork = solveFork(base, forkId.hash);
    if (timeForks.length > 0 || network.consensus === 'pos') return fork > lastTime && fork <= seconds;
    return fork > lastBlock && fork <= lastBlock + blocksWithinReach;
  });
}

/** Nine years of 14-second blocks. */
const blocksWithinReach = 20_000_000n;

function push<Key>(map: Map<Key, Network[]>, key: Key, network: Network): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [network]);
  else list.push(network);
}
