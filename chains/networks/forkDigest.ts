import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, xorBytes } from '../../p2p/wire/bytes.ts';
import { type BlobLimit, type ConsensusNetwork, consensusNetworks } from './consensusNetworks.ts';

/** The furthest future: no fork is planned (consensus-specs, FAR_FUTURE_EPOCH). */
export const farFutureEpoch = (1n << 64n) - 1n;

/**
 * The four bytes that name a fork of a beacon chain (consensus-specs phase0, compute_fork_digest; `blobs` from Fulu on:
 * fulu/beacon-chain.md, EIP-7892).
 */
export function forkDigest(version: Uint8Array, validatorsRoot: Uint8Array, blobs: BlobLimit | null): Uint8Array {
  const root = sha256(concatBytes(version, new Uint8Array(28), validatorsRoot));
  if (blobs === null) return root.slice(0, 4);
  const limit = new Uint8Array(16);
  const view = new DataView(limit.buffer);
  view.setBigUint64(0, BigInt(blobs.epoch), true);
  view.setBigUint64(8, BigInt(blobs.maxBlobs), true);
  return xorBytes(root, sha256(limit)).slice(0, 4);
}

/** One step of a beacon chain: a fork, or a change of its blobs alone. */
export interface ConsensusStep {
  readonly name: string;
  readonly epoch: number;
  /** Seconds since the Unix epoch. */
  readonly time: number;
  readonly version: Uint8Array;
  readonly digest: Uint8Array;
}

/** All steps, in order; of those at one epoch the last is what its nodes say. */
export function consensusSteps(network: ConsensusNetwork): readonly ConsensusStep[] {
  const blobSteps = network.blobSchedule.map(({ epoch }, i) => ({ name: `BPO${i + 1}`, epoch, version: null }));
  const all = [...network.forks, ...blobSteps].sort((a, b) => a.epoch - b.epoch);
  const fulu = network.forks.find(({ name }) => name === 'Fulu')?.epoch ?? Number.POSITIVE_INFINITY;
  let version = new Uint8Array(4);
  return all.map(({ name, epoch, version: own }) => {
    if (own !== null) version = Uint8Array.from(own);
    const blobs = epoch >= fulu ? blobLimitAt(network, epoch) : null;
    const digest = forkDigest(version, network.validatorsRoot, blobs);
    return { name, epoch, time: timeOfEpoch(network, epoch), version, digest };
  });
}

function blobLimitAt({ blobSchedule, electraBlobs, forks }: ConsensusNetwork, epoch: number): BlobLimit {
  const latest = blobSchedule.findLast((limit) => limit.epoch <= epoch);
  const electra = forks.find(({ name }) => name === 'Electra')?.epoch ?? 0;
  return latest ?? { epoch: electra, maxBlobs: electraBlobs };
}

/** When an epoch begins; seconds since the Unix epoch. */
function timeOfEpoch({ genesisTime, secondsPerEpoch }: ConsensusNetwork, epoch: number): number {
  return genesisTime + epoch * secondsPerEpoch;
}

export interface FoundDigest {
  readonly network: ConsensusNetwork;
  readonly step: ConsensusStep;
}

const stepsOfKnown = new Map(consensusNetworks.map((network) => [network, consensusSteps(network)]));

const byDigest: ReadonlyMap<string, FoundDigest> = new Map(
  [...stepsOfKnown].flatMap(([network, steps]) =>
    steps.map((step) => [bytesToHex(step.digest), { network, step }] as const),
  ),
);

/** As `consensusSteps`, and of the networks that we know without work. */
export function stepsOf(network: ConsensusNetwork): readonly ConsensusStep[] {
  return stepsOfKnown.get(network) ?? consensusSteps(network);
}

/** Which network and step a digest names; null if no known one. */
export function findDigest(digest: Uint8Array): FoundDigest | null {
  return byDigest.get(bytesToHex(digest)) ?? null;
}
