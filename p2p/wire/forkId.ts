import { crc32 } from 'node:zlib';
import { ForkscopeError } from '../../lib/errors.ts';
import { asBigUint, asBytes, asList } from './reader.ts';
import type { RlpItem } from './rlp.ts';

/** A fork identifier as in Status and in the ENR's `eth` entry (EIP-2124). */
export interface ForkId {
  /** CRC32 of the genesis hash and every passed fork, 4 bytes big-endian. */
  readonly hash: Uint8Array;
  /** Block number or time (seconds) of the next fork, 0 = none known. Can be any unsigned 64-bit value. */
  readonly next: bigint;
}

/** The forks of one chain as EIP-2124 and EIP-6122 count them; made by `createForkSchedule` only. */
export interface ForkSchedule {
  readonly genesisHash: Uint8Array;
  /** Ascending, distinct, without 0. */
  readonly blockForks: readonly bigint[];
  /** Seconds; ascending, distinct, after the genesis time. */
  readonly timeForks: readonly bigint[];
}

/** How far a chain has got: number and time (seconds) of its head. */
export interface ForkHead {
  readonly block: bigint;
  readonly time: bigint;
}

export type ForkActivation = { readonly block: bigint } | { readonly time: bigint };

/**
 * The verdict on a remote fork ID (EIP-2124, "Validation rules").
 * `same` = rule 1b, `remoteSyncing` = 2, `localSyncing` = 3; `forkPassed` = 1a, `remoteStale` = 2 without the
 * right next, `incompatible` = 4.
 */
export type ForkIdVerdict =
  | { readonly accept: true; readonly rule: 'same' | 'remoteSyncing' | 'localSyncing' }
  | { readonly accept: false; readonly rule: 'forkPassed' | 'remoteStale' | 'incompatible' };

export class ForkIdError extends ForkscopeError<
  | { code: 'genesisHashLength'; got: number }
  | { code: 'forkHashLength'; got: number }
  | { code: 'notUint64'; value: bigint }
> {}

/** From this value on (mainnet's genesis time), `next` is a time; below, it is a block number (EIP-6122). */
export const firstForkTime = 1_438_269_973n;

const maxUint64 = 0xffff_ffff_ffff_ffffn;

/**
 * Puts forks in the order of EIP-6122: blocks ascending, then times ascending, each once; forks at block 0 or at
 * or before the genesis time belong to the genesis rules and are left out.
 * @param genesisHash 32 bytes
 * @param genesisTime seconds
 */
export function createForkSchedule(
  genesisHash: Uint8Array,
  genesisTime: bigint,
  forks: readonly ForkActivation[],
): ForkSchedule {
  if (genesisHash.length !== 32) throw new ForkIdError({ code: 'genesisHashLength', got: genesisHash.length });
  const blocks = forks.flatMap((fork) => ('block' in fork ? [fork.block] : []));
  const times = forks.flatMap((fork) => ('time' in fork ? [fork.time] : []));
  return {
    genesisHash,
    blockForks: ascendingDistinct(blocks).filter((block) => block > 0n),
    timeForks: ascendingDistinct(times).filter((time) => time > genesisTime),
  };
}

/** Every fork hash the chain ever has, from genesis on: one more than it has forks. */
export function forkHashes(schedule: ForkSchedule): Uint8Array[] {
  const hashes = [forkHash(schedule.genesisHash, [])];
  for (const fork of forkSteps(schedule)) hashes.push(extendForkHash(last(hashes), fork));
  return hashes;
}

/** All forks in the order in which they pass: blocks, then times. */
export function forkSteps(schedule: ForkSchedule): bigint[] {
  return [...schedule.blockForks, ...schedule.timeForks];
}

/** CRC32 of the genesis hash and then of each passed fork as 8 bytes big-endian (EIP-2124, FORK_HASH). */
export function forkHash(genesisHash: Uint8Array, passedForks: readonly bigint[]): Uint8Array {
  if (genesisHash.length !== 32) throw new ForkIdError({ code: 'genesisHashLength', got: genesisHash.length });
  return forkHashFromNumber(passedForks.reduce(updateCrc, crc32(genesisHash)));
}

/** The fork hash after one more fork has passed. */
export function extendForkHash(hash: Uint8Array, fork: bigint): Uint8Array {
  return forkHashFromNumber(updateCrc(forkHashToNumber(hash), fork));
}

/** The fork ID that a node of this chain with that head announces. */
export function forkIdAt(schedule: ForkSchedule, head: ForkHead): ForkId {
  const passed = passedForks(schedule, head);
  const steps = forkSteps(schedule);
  return { hash: forkHash(schedule.genesisHash, steps.slice(0, passed)), next: steps[passed] ?? 0n };
}

/** Hash and next; more elements are ignored. @throws WireError rlpKind, rlpCount, rlpSize, rlpInteger */
export function readForkId(item: RlpItem | undefined, { leadingZeros = false } = {}): ForkId {
  const [hash, next] = asList(item, { min: 2, extra: 'ignore' });
  return { hash: asBytes(hash, { length: 4 }), next: asBigUint(next, { maxBytes: 8, leadingZeros }) };
}

/** The value of a record's `eth` entry, and of others of its form. @throws WireError as `readForkId` */
export function readEthEntry(item: RlpItem): ForkId {
  const [forkId] = asList(item, { min: 1, extra: 'ignore' });
  return readForkId(forkId);
}

/** How many forks a head has passed. A time fork counts only when every block fork has passed. */
export function passedForks(schedule: ForkSchedule, head: ForkHead): number {
  const block = schedule.blockForks.findIndex((fork) => fork > head.block);
  if (block !== -1) return block;
  const time = schedule.timeForks.findIndex((fork) => fork > head.time);
  return schedule.blockForks.length + (time === -1 ? schedule.timeForks.length : time);
}

/** How a node of this chain with that head judges a remote fork ID (EIP-2124, EIP-6122). */
export function checkForkId(schedule: ForkSchedule, head: ForkHead, remote: ForkId): ForkIdVerdict {
  const steps = forkSteps(schedule);
  const passed = passedForks(schedule, head);
  const index = forkHashes(schedule).findIndex((hash) => sameForkHash(hash, remote.hash));
  if (index === -1) return { accept: false, rule: 'incompatible' };
  if (index > passed) return { accept: true, rule: 'localSyncing' };
  if (index < passed) {
    return steps[index] === remote.next
      ? { accept: true, rule: 'remoteSyncing' }
      : { accept: false, rule: 'remoteStale' };
  }
  const awaitsTime = passed >= schedule.blockForks.length && schedule.timeForks.length > 0;
  const here = awaitsTime ? head.time : head.block;
  const remotePassed = here >= remote.next || (remote.next > firstForkTime && head.time >= remote.next);
  return remote.next > 0n && remotePassed ? { accept: false, rule: 'forkPassed' } : { accept: true, rule: 'same' };
}

/** A chain, and how far a node of it has got. */
export interface ForkView {
  readonly schedule: ForkSchedule;
  readonly head: ForkHead;
}

/** Whether two nodes would both keep the other: each applies EIP-2124 to what the other announces. */
export function acceptEachOther(one: ForkView, other: ForkView): boolean {
  return (
    checkForkId(one.schedule, one.head, forkIdAt(other.schedule, other.head)).accept &&
    checkForkId(other.schedule, other.head, forkIdAt(one.schedule, one.head)).accept
  );
}

/**
 * The one fork below 2^32 that leads from one fork hash to another: CRC32 over eight bytes whose upper four are
 * zero can be run backwards. Every pair of hashes has such a number, so it means something only when it is
 * plausible as the chain's next block or time.
 */
export function solveFork(before: Uint8Array, after: Uint8Array): bigint {
  let state = ~forkHashToNumber(after);
  for (let bit = 0; bit < 32; bit++) state = state < 0 ? ((state ^ crcPolynomial) << 1) | 1 : state << 1;
  const withZeros = ~crc32(new Uint8Array(4), forkHashToNumber(before));
  const word = forkHashFromNumber(state ^ withZeros);
  return BigInt(forkHashToNumber(word.reverse()));
}

/** As an unsigned 32-bit number, for keys of maps. */
export function forkHashToNumber(hash: Uint8Array): number {
  if (hash.length !== 4) throw new ForkIdError({ code: 'forkHashLength', got: hash.length });
  return new DataView(hash.buffer, hash.byteOffset, 4).getUint32(0);
}

export function forkHashFromNumber(value: number): Uint8Array {
  const hash = new Uint8Array(4);
  new DataView(hash.buffer).setUint32(0, value >>> 0);
  return hash;
}

export function sameForkHash(one: Uint8Array, other: Uint8Array): boolean {
  return forkHashToNumber(one) === forkHashToNumber(other);
}

/** CRC-32 (IEEE 802.3), reflected. */
const crcPolynomial = 0xedb88320;

function updateCrc(crc: number, fork: bigint): number {
  if (fork < 0n || fork > maxUint64) throw new ForkIdError({ code: 'notUint64', value: fork });
  const blob = new Uint8Array(8);
  new DataView(blob.buffer).setBigUint64(0, fork);
  return crc32(blob, crc);
}

function ascendingDistinct(values: readonly bigint[]): bigint[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function last(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes[hashes.length - 1] ?? new Uint8Array(4);
}
