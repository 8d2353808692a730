import { toSeconds } from '../../lib/time.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { type ForkId, firstForkTime, forkHashToNumber, sameForkHash, solveFork } from '../../p2p/wire/forkId.ts';
import type { Network } from './networkFile.ts';

/** What a node said about its chain. Its Status decides; its ENR is only a hint. */
export interface ChainFacts {
  readonly status: {
    readonly networkId: bigint;
    readonly genesisHash: Uint8Array;
    readonly forkId: ForkId | null;
  } | null;
  /** The ENR's `eth` entry. */
  readonly enr: ForkId | null;
}

/**
 * What identified the network: its genesis, a fork hash in its file, its next fork, its network id among those that
 * nothing else tells apart, or a learned or solved fork. `base`: of a network and its shadow forks, the network.
 */
type IdentityProof = 'genesis' | 'forkHash' | 'next' | 'networkId' | 'base' | 'learned' | 'solved';

export type ChainIdentity =
  | {
      readonly at: 'on';
      readonly network: Network;
      readonly source: 'status' | 'enr';
      readonly by: IdentityProof;
      /** Its Status names another network id than the network has. */
      readonly otherNetworkId: boolean;
    }
  /** Several known networks fit. `atGenesis`: no fork of theirs is in its hash. */
  | {
      readonly at: 'ambiguous';
      readonly networks: readonly Network[];
      readonly source: 'status' | 'enr';
      readonly atGenesis: boolean;
    }
  /** A chain of its own that began as these networks did: neither its network id nor its fork hash is any of theirs. */
  | { readonly at: 'relative'; readonly networks: readonly Network[] }
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

type Source = 'status' | 'enr';

/**
 * Which network a node is on. A Status decides by genesis, then by fork hash, next fork and network id among the networks
 * that share that genesis; the network id alone never decides. An ENR decides by fork hash and next fork, and only when no
 * Status came.
 */
export function identifyChain(index: NetworkIndex, facts: ChainFacts, context: IdentityContext): ChainIdentity {
  if (facts.status !== null) return byStatus(index, facts.status, context);
  if (facts.enr !== null) return byEnr(index, facts.enr, context);
  return { at: 'unknown' };
}

function byStatus(
  index: NetworkIndex,
  { networkId, genesisHash, forkId }: NonNullable<ChainFacts['status']>,
  context: IdentityContext,
): ChainIdentity {
  const candidates = index.byGenesis.get(bytesToHex(genesisHash)) ?? [];
  const [only, ...others] = candidates;
  if (only === undefined) return { at: 'foreign', genesisHash };
  const evidence: Evidence = { source: 'status', networkId, context };
  const sameId = candidates.filter((network) => network.networkId === networkId);
  if (forkId === null) {
    return others.length === 0
      ? on(only, 'genesis', evidence)
      : tellApart(orAll(sameId, candidates), evidence, 'networkId');
  }
  const owners = candidates.filter((network) => passedIndex(network, forkId) !== -1);
  const learned = owners.length > 0 ? [] : candidates.filter((network) => hasLearned(network, forkId, context));
  if (owners.length === 0 && learned.length === 0 && sameId.length === 0)
    return { at: 'relative', networks: candidates };
  if (others.length === 0) return on(only, 'genesis', evidence);
  if (owners.length > 0) return byForkHashAndNext(owners, forkId, evidence);
  if (learned.length > 0) return tellApart(learned, evidence, 'learned');
  const solved = sameId.filter((network) => plausiblyPassed(network, forkId, context.now));
  return solved.length > 0 ? tellApart(solved, evidence, 'solved') : tellApart(sameId, evidence, 'networkId');
}

function byEnr(index: NetworkIndex, enr: ForkId, context: IdentityContext): ChainIdentity {
  const evidence: Evidence = { source: 'enr', networkId: null, context };
  const owners = index.byForkHash.get(forkHashToNumber(enr.hash));
  if (owners !== undefined) return byForkHashAndNext(owners, enr, evidence);
  const learned = index.networks.filter((network) => hasLearned(network, enr, context));
  return learned.length === 0 ? { at: 'unknown' } : tellApart(learned, evidence, 'learned');
}

interface Evidence {
  readonly source: Source;
  /** null: an ENR names none. */
  readonly networkId: bigint | null;
  readonly context: IdentityContext;
}

/** Among networks that have the hash. */
function byForkHashAndNext(owners: readonly Network[], forkId: ForkId, evidence: Evidence): ChainIdentity {
  const [only, ...others] = owners;
  if (only !== undefined && others.length === 0) return on(only, 'forkHash', evidence);
  const sameNext = owners.filter((network) => (network.forks[passedIndex(network, forkId)]?.at ?? 0n) === forkId.next);
  const atGenesis = owners.every((network) => passedIndex(network, forkId) === 0);
  // At genesis the hash says nothing beyond the genesis: only both of the others name a network.
  const named = atGenesis ? sameNext.filter((network) => namesId(network, evidence)) : sameNext;
  if (named.length > 0) return tellApart(named, evidence, 'next', atGenesis);
  if (!atGenesis) return tellApart(owners, evidence, 'forkHash');
  return ambiguous(orAll(sameNext, owners), evidence, true);
}

function namesId(network: Network, { networkId }: Evidence): boolean {
  return networkId === null || network.networkId === networkId;
}

/** Networks that fit alike: the one whose network id was named, else the one that the others are shadow forks of. */
function tellApart(
  networks: readonly Network[],
  evidence: Evidence,
  by: IdentityProof,
  atGenesis = false,
): ChainIdentity {
  const [first, ...others] = networks;
  if (first !== undefined && others.length === 0) return on(first, by, evidence);
  const named = evidence.networkId === null ? [] : networks.filter((network) => namesId(network, evidence));
  const [only, ...more] = named;
  if (only !== undefined && more.length === 0) return on(only, 'networkId', evidence);
  const left = orAll(named, networks);
  const [base, ...otherBases] = withoutShadows(left, evidence.context.now);
  if (base !== undefined && otherBases.length === 0) return on(base, 'base', evidence);
  return ambiguous(left, evidence, atGenesis);
}

function on(network: Network, by: IdentityProof, evidence: Evidence): ChainIdentity {
  return { at: 'on', network, source: evidence.source, by, otherNetworkId: !namesId(network, evidence) };
}

function ambiguous(networks: readonly Network[], { source, context }: Evidence, atGenesis: boolean): ChainIdentity {
  return { at: 'ambiguous', networks: withoutShadows(networks, context.now), source, atGenesis };
}

function orAll(some: readonly Network[], all: readonly Network[]): readonly Network[] {
  return some.length > 0 ? some : all;
}

/** Of networks that may each be a shadow fork of the other, the first is none. */
function withoutShadows(networks: readonly Network[], now: number): readonly Network[] {
  return networks.filter(
    (network, place) =>
      !networks.some((base, first) => isShadow(network, base, now) && (first < place || !isShadow(base, network, now))),
  );
}

/**
 * Whether a network left another one after everything that this one has passed by now: a copy of its present for the
 * rehearsal of a fork. Its past is the other one's, so that nodes which are still in that past are the other one's.
 */
function isShadow(network: Network, base: Network, now: number): boolean {
  if (network === base || bytesToHex(network.genesisHash) !== bytesToHex(base.genesisHash)) return false;
  const shared = sharedForks(network, base);
  return shared < network.forks.length && shared >= presentIndex(base, now);
}

function sharedForks(one: Network, other: Network): number {
  const differs = one.forks.findIndex(({ kind, at }, i) => other.forks[i]?.kind !== kind || other.forks[i]?.at !== at);
  return differs === -1 ? one.forks.length : differs;
}

/** How many forks have passed by now, if all forks by block have. */
function presentIndex({ schedule }: Network, now: number): number {
  return schedule.blockForks.length + schedule.timeForks.filter((time) => time <= toSeconds(now)).length;
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
  const present = network.forkHashes[presentIndex(network, now)];
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
