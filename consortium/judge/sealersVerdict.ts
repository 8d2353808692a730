import type { SealerConsensus, SealerReading } from '../ask/readSealers.ts';
import type { BlockRule } from './blockRule.ts';
import { neededSealers, type SealerBook, type SealerState } from './sealerBook.ts';
import { readTurns } from './sealerTurns.ts';
import { listVotes, type SealerVote } from './sealerVotes.ts';

/** The present picture of a chain of sealers, as pages show it. Addresses are 40 lower-case hex digits. */
export interface SealersVerdict {
  readonly consensus: SealerConsensus;
  readonly state: SealerState;
  /** ms since the epoch, as all times here. */
  readonly stateSince: number;
  /** Size of the set that most nodes hold. */
  readonly validators: number;
  /** Number of sealers that must be at work. */
  readonly needed: number;
  readonly active: number;
  /** So many more failures halt the chain; 0 if it has halted. */
  readonly failuresToHalt: number;
  /** Number of distinct sets that nodes hold. */
  readonly sets: number;
  /** Newest block of any node. */
  readonly head: number | null;
  /** When it was made, as near as can be told. */
  readonly headAt: number | null;
  readonly pending: number | null;
  /** By so much is the newest block's own time ahead of our clock, ms. */
  readonly clockAheadMs: number;
  /** Round changes that the newest block needed; null if headers do not show it. */
  readonly round: number | null;
  readonly rule: Pick<BlockRule, 'emptyMs' | 'periodMs'>;
  /** Blocks looked at, and the round changes in them. */
  readonly window: number;
  readonly roundChanges: number;
  readonly storm: boolean;
  readonly sealers: readonly ShownSealer[];
  readonly nodes: readonly {
    readonly node: string;
    readonly address: string | null;
    readonly head: number | null;
    readonly headHash: string | null;
    /** Blocks behind the newest of any node. */
    readonly behind: number | null;
  }[];
  readonly votes: readonly SealerVote[];
  /** The newest blocks, ascending. */
  readonly timeline: readonly {
    readonly number: number;
    readonly at: number;
    readonly sealer: string | null;
    readonly round: number | null;
    readonly empty: boolean;
    /** Whose turns passed before it. */
    readonly missed: readonly string[];
  }[];
}

interface ShownSealer {
  readonly address: string;
  /** False if it sealed without being in the set. */
  readonly expected: boolean;
  /** The endpoint that seals with it. */
  readonly node: string | null;
  /** Blocks of the window. */
  readonly sealed: number;
  readonly share: number;
  readonly expectedShare: number;
  /** Turns of the window that passed without it. */
  readonly missed: number;
  readonly lastSealed: number | null;
  readonly lastSealedAt: number | null;
  readonly silent: boolean;
  /** Nothing listens or answers at its endpoint. */
  readonly down: boolean;
}

const timelineBlocks = 64;

/** Pure. */
export function showSealers(
  book: SealerBook,
  look: {
    readonly t: number;
    readonly nodes: readonly { readonly node: string }[];
    readonly readings: readonly SealerReading[];
  },
  rule: BlockRule,
): SealersVerdict {
  const { consensus, set, blocks, head } = book;
  // Long enough for shares, short enough to be of today.
  const window = blocks.slice(-Math.max(timelineBlocks, 4 * set.length));
  const turns = readTurns(consensus, set, window);
  const needed = neededSealers(consensus, set.length);
  const active = set.length - Object.keys(book.silent).length;
  const heads = new Map(look.readings.map((reading) => [reading.node, reading.head]));
  return {
    consensus,
    state: book.state,
    stateSince: book.stateSince,
    validators: set.length,
    needed,
    active,
    failuresToHalt: book.halted ? 0 : Math.max(set.length === 0 ? 0 : 1, active - needed + 1),
    sets: book.sets,
    head: head?.number ?? null,
    headAt: head?.since ?? null,
    pending: book.pending,
    clockAheadMs: Math.max(0, ...look.readings.map((reading) => (reading.head?.at ?? look.t) - look.t)),
    round: blocks.at(-1)?.round ?? null,
    rule: { emptyMs: rule.emptyMs, periodMs: rule.periodMs },
    window: window.length,
    roundChanges: consensus === 'clique' ? 0 : turns.rounds,
    storm: book.storm,
    sealers: showEach(book, window, turns.bySealer),
    nodes: look.nodes.map(({ node }) => {
      const own = heads.get(node) ?? null;
      return {
        node,
        address: book.selves[node] ?? null,
        head: own?.number ?? null,
        headHash: own?.hash ?? null,
        behind: own === null || head === null ? null : Math.max(0, head.number - own.number),
      };
    }),
    votes: listVotes(book),
    timeline: window
      .slice(-timelineBlocks)
      .map((block) => ({ ...block, missed: turns.byBlock.get(block.number) ?? [] })),
  };
}

function showEach(
  book: SealerBook,
  window: SealerBook['blocks'],
  missed: ReadonlyMap<string, number>,
): readonly ShownSealer[] {
  const { set, counts, lastSealed, silent, selves, down } = book;
  const sealed = new Map<string, number>();
  for (const { sealer, number } of window) {
    if (sealer !== null && number > 0) sealed.set(sealer, (sealed.get(sealer) ?? 0) + 1);
  }
  const shows = sealed.size > 0;
  const countOf = (address: string): number => (shows ? sealed.get(address) : counts?.sealed[address]) ?? 0;
  const blocks = shows ? [...sealed.values()].reduce((sum, count) => sum + count, 0) : (counts?.blocks ?? 0);
  const strangers = set.length === 0 ? [] : [...sealed.keys()].filter((address) => !set.includes(address));
  return [...set, ...strangers].sort().map((address) => {
    const last = window.findLast(({ sealer }) => sealer === address) ?? lastSealed[address];
    const node = Object.keys(selves).find((name) => selves[name] === address) ?? null;
    const expected = set.includes(address);
    return {
      address,
      expected,
      node,
      sealed: countOf(address),
      share: blocks === 0 ? 0 : countOf(address) / blocks,
      expectedShare: expected ? 1 / set.length : 0,
      missed: missed.get(address) ?? 0,
      lastSealed: last?.number ?? null,
      lastSealedAt: last?.at ?? null,
      silent: silent[address] !== undefined,
      down: node !== null && down[node] !== undefined,
    };
  });
}
