import { toSeconds } from '../../lib/time.ts';
import {
  acceptEachOther,
  checkForkId,
  createForkSchedule,
  type ForkActivation,
  type ForkId,
  type ForkView,
  firstForkTime,
  forkHashToNumber,
  sameForkHash,
} from '../../p2p/wire/forkId.ts';
import type { Network, NetworkFork } from '../networks/networkFile.ts';
import type { ForkMoment } from './forkClass.ts';
import type { LearnedFork } from './learnedForks.ts';

/** How many nodes of one network announce this fork ID. */
export interface ForkIdCount {
  readonly forkId: ForkId;
  readonly nodes: number;
}

/** Nodes that accept each other and refuse the other sides. */
export interface ForkSide {
  /** The hash that its nodes at the head announce. */
  readonly hash: Uint8Array;
  /** `followed`: has every fork up to now. `missed`: stopped before a fork. `unlisted`: passed one that is in no file. */
  readonly kind: 'followed' | 'missed' | 'unlisted';
  /** The fork that sets it apart: the last one followed, the first one missed, or the unlisted one if it is learned. */
  readonly fork: { readonly name: string | null; readonly kind: 'block' | 'time'; readonly at: bigint } | null;
  /** Nodes at the head of this side. */
  readonly nodes: number;
  /** Nodes that are still syncing and that only this side accepts. */
  readonly syncing: number;
  readonly forkIds: readonly ForkId[];
  /** Large enough to count. */
  readonly counts: boolean;
}

export interface ForkSides {
  /** Most nodes first. */
  readonly sides: readonly ForkSide[];
  /** Nodes that are still syncing and that several sides accept, or none. */
  readonly undecided: number;
  /** Nodes whose fork ID is not among the `maxForkIds` most announced. */
  readonly unjudged: number;
  /** At least two sides count. */
  readonly split: boolean;
}

export interface ForkSideRules {
  readonly minNodes: number;
  readonly minShare: number;
  /** Most distinct fork IDs compared with each other: inventing a fork ID per node must not cost us more. */
  readonly maxForkIds: number;
}

export const defaultForkSideRules: ForkSideRules = { minNodes: 3, minShare: 0.01, maxForkIds: 200 };

/**
 * Divides the nodes of one network by what they announce. Each fork ID is treated as one node: the forks in its hash, its
 * `next`, and a head at the present time unless that `next` has passed without it. Two are on one side if each accepts
 * the other by EIP-2124. Nodes that are still syncing join the one side that accepts them.
 */
export function forkSides(
  network: Network,
  counts: readonly ForkIdCount[],
  moment: ForkMoment,
  learned: readonly LearnedFork[] = [],
  rules: ForkSideRules = defaultForkSideRules,
): ForkSides {
  const byNodes = [...counts].sort((a, b) => b.nodes - a.nodes);
  const announcers = byNodes.slice(0, rules.maxForkIds).map((count) => announcer(network, count, moment, learned));
  const groups: Announcer[][] = [];
  for (const one of announcers.filter(({ atHead }) => atHead)) {
    const group = groups.find((members) => members.every((member) => keepEachOther(one, member)));
    if (group === undefined) groups.push([one]);
    else group.push(one);
  }
  const syncing = groups.map(() => [] as Announcer[]);
  let undecided = 0;
  for (const one of announcers.filter(({ atHead }) => !atHead)) {
    const takers = groups.flatMap((group, index) =>
      group.every((member) => takes(member, one.forkId)) ? [index] : [],
    );
    const [taker] = takers;
    if (taker === undefined || takers.length > 1) undecided += one.nodes;
    else syncing[taker]?.push(one);
  }
  const atLeast = Math.max(rules.minNodes, sumNodes(counts) * rules.minShare);
  const sides = groups
    .map((group, index) => side(network, group, syncing[index] ?? [], moment, learned, atLeast))
    .sort((a, b) => b.nodes + b.syncing - (a.nodes + a.syncing));
  const unjudged = sumNodes(byNodes.slice(rules.maxForkIds));
  return { sides, undecided, unjudged, split: sides.filter((one) => one.counts).length > 1 };
}

interface Announcer extends ForkIdCount {
  /** null if nothing is known about the forks in the hash. */
  readonly view: ForkView | null;
  readonly atHead: boolean;
}

function announcer(
  network: Network,
  count: ForkIdCount,
  moment: ForkMoment,
  learned: readonly LearnedFork[],
): Announcer {
  const { next } = count.forkId;
  const present = { block: moment.headNumber ?? maxUint64, time: toSeconds(moment.now) };
  const nextPassed = next !== 0n && (next < firstForkTime ? next <= present.block : next <= present.time);
  const behind = forksBehind(network, count.forkId.hash, learned);
  if (behind === null) return { ...count, view: null, atHead: !nextPassed };
  const upcoming = next === 0n ? [] : [activation(next, next < firstForkTime ? 'block' : 'time')];
  const schedule = createForkSchedule(network.genesisHash, network.genesisTime, [
    ...behind.map(({ at, kind }) => activation(at, kind)),
    ...upcoming,
  ]);
  if (!nextPassed) return { ...count, view: { schedule, head: present }, atHead: true };
  const head = next < firstForkTime ? { block: next - 1n, time: 0n } : { block: maxUint64, time: next - 1n };
  return { ...count, view: { schedule, head }, atHead: false };
}

/** The forks that lead to a hash, from the file and learned ones; null if the hash is unknown. */
function forksBehind(
  network: Network,
  hash: Uint8Array,
  learned: readonly LearnedFork[],
): Pick<NetworkFork, 'at' | 'kind'>[] | null {
  const seen = new Set<number>();
  const behind: Pick<NetworkFork, 'at' | 'kind'>[] = [];
  for (let current = hash; ; ) {
    const passed = network.forkHashes.findIndex((known) => sameForkHash(known, current));
    if (passed !== -1) return [...network.forks.slice(0, passed), ...behind];
    const fork = learned.find((one) => sameForkHash(one.hash, current));
    if (fork === undefined || seen.has(forkHashToNumber(current))) return null;
    seen.add(forkHashToNumber(current));
    behind.unshift(fork);
    current = fork.base;
  }
}

/** What a syncing node itself would accept is unknown: its software may know forks that it cannot announce yet. */
function takes(member: Announcer, forkId: ForkId): boolean {
  if (member.view === null) return sameForkHash(member.forkId.hash, forkId.hash);
  return checkForkId(member.view.schedule, member.view.head, forkId).accept;
}

function keepEachOther(one: Announcer, other: Announcer): boolean {
  if (one.view === null || other.view === null) return sameForkHash(one.forkId.hash, other.forkId.hash);
  return acceptEachOther(one.view, other.view);
}

function side(
  network: Network,
  atHead: readonly Announcer[],
  syncing: readonly Announcer[],
  moment: ForkMoment,
  learned: readonly LearnedFork[],
  atLeast: number,
): ForkSide {
  const hash = atHead[0]?.forkId.hash ?? network.genesisHash.subarray(0, 4);
  const nodes = sumNodes(atHead);
  const behind = sumNodes(syncing);
  return {
    hash,
    ...nameSide(network, hash, moment, learned),
    nodes,
    syncing: behind,
    forkIds: [...atHead, ...syncing].map(({ forkId }) => forkId),
    counts: nodes >= atLeast,
  };
}

function nameSide(
  network: Network,
  hash: Uint8Array,
  moment: ForkMoment,
  learned: readonly LearnedFork[],
): Pick<ForkSide, 'kind' | 'fork'> {
  const passed = network.forkHashes.findIndex((known) => sameForkHash(known, hash));
  if (passed === -1) {
    const fork = learned.find((one) => sameForkHash(one.hash, hash));
    return { kind: 'unlisted', fork: fork === undefined ? null : { name: null, kind: fork.kind, at: fork.at } };
  }
  const missed = network.forks[passed];
  const due =
    missed !== undefined &&
    (missed.kind === 'time' ? missed.at <= toSeconds(moment.now) : missed.at <= (moment.headNumber ?? maxUint64));
  if (due) return { kind: 'missed', fork: missed };
  return { kind: 'followed', fork: network.forks[passed - 1] ?? null };
}

function activation(at: bigint, kind: 'block' | 'time'): ForkActivation {
  return kind === 'block' ? { block: at } : { time: at };
}

function sumNodes(counts: readonly ForkIdCount[]): number {
  return counts.reduce((sum, { nodes }) => sum + nodes, 0);
}

const maxUint64 = 0xffff_ffff_ffff_ffffn;
