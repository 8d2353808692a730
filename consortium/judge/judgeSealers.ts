/**
 * Who seals blocks in IBFT, QBFT and Clique: compares the set that should seal with those that do. Pure: from what the
 * nodes said to a verdict. Addresses are 20 bytes in lower-case hex without 0x.
 */
import type { SealerConsensus, SealerReading } from '../ask/parseSealers.ts';
import type { BlockRule } from './blockRule.ts';

const sealerVerdicts = ['well', 'atRisk', 'short', 'halted', 'unknown'] as const;

export interface SealersVerdict {
  readonly consensus: SealerConsensus;
  /**
   * `well`; `atRisk`: one more silent sealer halts the chain; `short`: too few seal; `halted`: no block comes although
   * one is due;
   * `unknown`: nobody told.
   */
  readonly verdict: (typeof sealerVerdicts)[number];
  readonly blocks: number;
  /** No block comes, and none is due: there is nothing to put into one, and no rule to make it empty. */
  readonly idle: boolean;
  /** Number of sealers that must be at work. */
  readonly needed: number;
  readonly active: number;
  /** Number of distinct sets that nodes hold. */
  readonly sets: number;
  /** Newest block of any node. */
  readonly head: number | null;
  /** Round changes that the newest block needed; null if headers do not show it. */
  readonly round: number | null;
  readonly sealers: readonly {
    readonly address: string;
    /** False if it sealed without being in the set. */
    readonly expected: boolean;
    readonly sealed: number;
    readonly silent: boolean;
  }[];
}

/** For how long the newest block has been the same, ms; and the round in which it was agreed on. */
export interface SealerProgress {
  readonly stillMs: number;
  /** For how long transactions have been waiting since that block; 0 = none wait. */
  readonly waitingMs: number;
  readonly round: number | null;
  readonly rule: BlockRule;
}

const unknownRule: BlockRule = { emptyMs: null, periodMs: null };

/** After this long without a block, a chain has halted whose transactions wait, and one that makes empty blocks. */
const haltedMs = { waiting: 60_000, empty: 10 * 60_000 };
/** Blocks that a chain may miss by its own rule before it counts as halted. */
const missedBlocks = 3;

/** Rounds through the whole set after which a sealer without a block is silent. */
const silentRounds = 2;

/** IBFT and QBFT need two thirds, rounded up (2F + 1); Clique more than half, as each may seal one block in N/2 + 1. */
export function neededSealers(consensus: SealerConsensus, sealers: number): number {
  if (sealers === 0) return 0;
  return consensus === 'clique' ? Math.floor(sealers / 2) + 1 : Math.ceil((2 * sealers) / 3);
}

/**
 * Takes the set that most nodes hold, and the counts of the node with the newest head among those that gave any. Fewer
 * blocks than two rounds through the set say nothing about silence. Null without any report.
 * A halted chain shows no silence, because its last blocks are from when all was well; hence `progress`. An idle one is
 * not halted.
 */
export function judgeSealers(
  readings: readonly SealerReading[],
  progress: SealerProgress = { stillMs: 0, waitingMs: 0, round: null, rule: unknownRule },
): SealersVerdict | null {
  const [first] = readings;
  if (first === undefined) return null;
  const { consensus } = first;
  const held = new Map<string, { readonly set: readonly string[]; holders: number }>();
  for (const { expected } of readings) {
    if (expected === null) continue;
    const set = [...new Set(expected)].sort();
    const key = set.join();
    const known = held.get(key);
    if (known === undefined) held.set(key, { set, holders: 1 });
    else known.holders += 1;
  }
  const sets = [...held].sort((a, b) => b[1].holders - a[1].holders || (a[0] < b[0] ? -1 : 1));
  const expected = sets[0]?.[1].set ?? [];
  const counted = readings
    .filter(({ sealed }) => sealed !== null)
    .sort((a, b) => (b.head ?? -1) - (a.head ?? -1) || (a.node < b.node ? -1 : 1))[0];
  const sealed = counted?.sealed ?? new Map<string, number>();
  const blocks = counted?.blocks ?? 0;
  const telling = counted !== undefined && expected.length > 0 && blocks >= silentRounds * expected.length;
  const sealers = [...new Set([...expected, ...[...sealed].filter(([, count]) => count > 0).map(([who]) => who)])]
    .sort()
    .map((address) => {
      const count = sealed.get(address) ?? 0;
      const belongs = expected.includes(address);
      return { address, expected: belongs, sealed: count, silent: belongs && telling && count === 0 };
    });
  const needed = neededSealers(consensus, expected.length);
  const active = sealers.filter((sealer) => sealer.expected && !sealer.silent).length;
  const halted = isHalted(progress);
  const silent = sealers.some((sealer) => sealer.silent);
  const verdict = halted
    ? 'halted'
    : !telling
      ? 'unknown'
      : active < needed
        ? 'short'
        : active === needed && silent
          ? 'atRisk'
          : 'well';
  const head = newestHead(readings);
  const idle = !halted && isIdle(progress);
  return { consensus, verdict, blocks, idle, needed, active, sets: sets.length, head, round: progress.round, sealers };
}

/** A chain is halted if a block is due: for transactions that wait, or by its own rule of empty blocks. */
function isHalted({ stillMs, waitingMs, rule }: SealerProgress): boolean {
  if (waitingMs >= Math.max(haltedMs.waiting, missedBlocks * (rule.periodMs ?? 0))) return true;
  const { emptyMs } = rule;
  return typeof emptyMs === 'number' && stillMs >= Math.max(haltedMs.empty, missedBlocks * emptyMs);
}

/** Longer without a block than the shortest pause, and nothing waits for one. */
function isIdle({ stillMs, waitingMs, rule }: SealerProgress): boolean {
  return waitingMs === 0 && typeof rule.emptyMs !== 'number' && stillMs >= haltedMs.waiting;
}

export function newestHead(readings: readonly SealerReading[]): number | null {
  const heads = readings.flatMap(({ head }) => (head === null ? [] : [head]));
  return heads.length === 0 ? null : Math.max(...heads);
}
