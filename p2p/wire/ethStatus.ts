import { WireError } from './errors.ts';
import { type ForkId, readForkId } from './forkId.ts';
import type { Capability } from './hello.ts';
import { asBigUint, asBytes, asList } from './reader.ts';
import { decodeRlp, encodeRlp, type RlpItem } from './rlp.ts';

/** The versions whose Status we read and write. */
export const ethVersions = [62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72] as const;
export type EthVersion = (typeof ethVersions)[number];

/** What our Hello offers: GoQuorum speaks 63 to 66. */
export const offeredEthVersions: readonly EthVersion[] = ethVersions.filter((version) => version >= 63);

/** Status (0x00) of any version; a field that the negotiated version does not have is null. */
export interface EthStatus {
  /** As the message says, which is not always the negotiated version. */
  readonly protocolVersion: number;
  readonly networkId: bigint;
  /** Up to eth/68. */
  readonly totalDifficulty: bigint | null;
  readonly genesisHash: Uint8Array;
  /** Best block (up to eth/68) or latest available block (from eth/69). */
  readonly headHash: Uint8Array;
  /** From eth/64 (EIP-2124): hash of 4 bytes; `next` 0 = none scheduled. */
  readonly forkId: ForkId | null;
  /** From eth/69. */
  readonly blockRange: { readonly earliest: bigint; readonly latest: bigint } | null;
}

/** A Status is at most about 130 bytes; the rest is room for additional elements. */
export const maxStatusBytes = 1024;

/**
 * Decodes a Status by the negotiated version. Additional elements are ignored, and so are leading zeros: what we
 * send back is encoded anew. Spec: caps/eth.md, "Status"; EIP-2364 (64), EIP-7642 (69).
 * @throws WireError messageSize and those of RLP
 */
export function decodeStatus(payload: Uint8Array, version: EthVersion): EthStatus {
  if (payload.length > maxStatusBytes) {
    throw new WireError({ code: 'messageSize', limit: maxStatusBytes, got: payload.length });
  }
  const item = decodeRlp(payload);
  return version >= 69 ? readRangeStatus(item) : readDifficultyStatus(item, version);
}

function readRangeStatus(item: RlpItem): EthStatus {
  const [protocolVersion, networkId, genesis, forkId, earliest, latest, latestHash] = asList(item, {
    min: 7,
    extra: 'ignore',
  });
  return {
    protocolVersion: Number(asU64(protocolVersion)),
    networkId: asU64(networkId),
    totalDifficulty: null,
    genesisHash: asHash(genesis),
    headHash: asHash(latestHash),
    forkId: readForkId(forkId, { leadingZeros: true }),
    blockRange: { earliest: asU64(earliest), latest: asU64(latest) },
  };
}

function readDifficultyStatus(item: RlpItem, version: EthVersion): EthStatus {
  const withForkId = version >= 64;
  const [protocolVersion, networkId, totalDifficulty, head, genesis, forkId] = asList(item, {
    min: withForkId ? 6 : 5,
    extra: 'ignore',
  });
  return {
    protocolVersion: Number(asU64(protocolVersion)),
    networkId: asU64(networkId),
    totalDifficulty: asBigUint(totalDifficulty, { maxBytes: 32, leadingZeros: true }),
    genesisHash: asHash(genesis),
    headHash: asHash(head),
    forkId: withForkId ? readForkId(forkId, { leadingZeros: true }) : null,
    blockRange: null,
  };
}

function asU64(item: RlpItem | undefined): bigint {
  return asBigUint(item, { maxBytes: 8, leadingZeros: true });
}

function asHash(item: RlpItem | undefined): Uint8Array {
  return asBytes(item, { length: 32 });
}

/** The payload of a Status in the layout of `version`, which it also names; a field that is null becomes 0. */
export function encodeStatus(status: EthStatus, version: EthVersion): Uint8Array {
  const forkId = status.forkId === null ? [new Uint8Array(4), 0] : [status.forkId.hash, status.forkId.next];
  if (version >= 69) {
    const { earliest, latest } = status.blockRange ?? { earliest: 0, latest: 0 };
    return encodeRlp([version, status.networkId, status.genesisHash, forkId, earliest, latest, status.headHash]);
  }
  const common = [version, status.networkId, status.totalDifficulty ?? 0, status.headHash, status.genesisHash];
  return encodeRlp(version >= 64 ? [...common, forkId] : common);
}

/** How many message codes a version occupies: capabilities are stacked by these. Spec: caps/eth.md; rlpx.md, "Message ID-based Multiplexing". */
export function ethMessageCount(version: EthVersion): number {
  if (version === 62) return 8;
  if (version <= 68) return 17;
  if (version <= 70) return 18;
  return version === 71 ? 20 : 22;
}

/** The highest eth version that both offer; null = none, so the two are useless to each other. */
export function negotiateEth(ours: readonly EthVersion[], theirs: readonly Capability[]): EthVersion | null {
  const shared = ours.filter((version) => theirs.some((cap) => cap.name === 'eth' && cap.version === version));
  return shared.reduce<EthVersion | null>((best, version) => (best === null || version > best ? version : best), null);
}
