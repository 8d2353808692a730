import type { CountedVote, SealerConsensus } from '../ask/readSealers.ts';
import { type BlockRule, type BlockTime, unknownRule } from './blockRule.ts';

/**
 * State of a chain of sealers. `well`: all seal. `degraded`: some do not, and blocks come. `halted`: a block is due and
 * does not come. `idle`: none comes and none is due. `unknown`: too little was told.
 */
export const sealerStates = ['well', 'degraded', 'halted', 'idle', 'unknown'] as const;
export type SealerState = (typeof sealerStates)[number];

/** A block of the window. */
export interface SealedBlock extends BlockTime {
  readonly sealer: string | null;
  readonly round: number | null;
}

/** The newest block, and since when it is. */
export interface HeadMark {
  readonly number: number;
  /** As near as can be told by our own clock, ms. */
  readonly since: number;
  /** False if it was there before we first looked: then only its own timestamp tells, by its sealer's clock. */
  readonly witnessed: boolean;
}

/**
 * What is known of a chain of sealers from all rounds before: plain data, kept in the database (without the blocks, which
 * the chain keeps) so that a restart changes no verdict. Addresses are 20 bytes in lower-case hex without 0x.
 */
export interface SealerBook {
  readonly consensus: SealerConsensus;
  readonly state: SealerState;
  readonly stateSince: number;
  /** A block is overdue. Lasts while no endpoint answers, when the state is unknown. */
  readonly halted: boolean;
  /** It was told that it halted: see isTold. */
  readonly haltTold: boolean;
  /** Sorted. Empty: not known. */
  readonly set: readonly string[];
  /** Number of distinct sets that nodes hold. */
  readonly sets: number;
  readonly head: HeadMark | null;
  /** The last round in which any endpoint gave a block. */
  readonly lookedAt: number;
  readonly waitingSince: number | null;
  readonly pending: number | null;
  readonly rule: BlockRule;
  /** The shortest pause in which a turn was seen to pass, ms; null: none ever was. */
  readonly roundMs: number | null;
  /** BOUNDED: by maxBlocks; ascending. */
  readonly blocks: readonly SealedBlock[];
  /** BOUNDED: by the set. */
  readonly lastSealed: Readonly<Record<string, { readonly number: number; readonly at: number }>>;
  /** The block from which each belongs to the set, where that was seen. BOUNDED: by the set. */
  readonly joined: Readonly<Record<string, number>>;
  /** Which address each endpoint seals with. BOUNDED: by the endpoints. */
  readonly selves: Readonly<Record<string, string>>;
  /** Endpoints behind which nothing listens or answers. BOUNDED: by the endpoints. */
  readonly down: Readonly<Record<string, { readonly since: number; readonly rounds: number; readonly block: number }>>;
  /** Since when each is missing. BOUNDED: by the set. */
  readonly silent: Readonly<Record<string, number>>;
  readonly storm: boolean;
  /** BOUNDED: by what readSealers takes. */
  readonly votes: readonly CountedVote[];
  /** Whom each endpoint votes on. BOUNDED: by the endpoints and what readSealers takes. */
  readonly proposals: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
  /** From the counts of nodes, for chains whose headers do not show who sealed. BOUNDED: by what readSealers takes. */
  readonly counts: { readonly sealed: Readonly<Record<string, number>>; readonly blocks: number } | null;
}

/** Blocks in the window: two rounds through the largest set that is at all likely. */
export const maxBlocks = 256;

export function openSealerBook(consensus: SealerConsensus, t: number): SealerBook {
  return {
    consensus,
    state: 'unknown',
    stateSince: t,
    halted: false,
    haltTold: false,
    set: [],
    sets: 0,
    head: null,
    lookedAt: t,
    waitingSince: null,
    pending: null,
    rule: unknownRule,
    roundMs: null,
    blocks: [],
    lastSealed: {},
    joined: {},
    selves: {},
    down: {},
    silent: {},
    storm: false,
    votes: [],
    proposals: {},
    counts: null,
  };
}

/** IBFT and QBFT need two thirds, rounded up (2F + 1); Clique more than half, as each may seal one block in N/2 + 1. */
export function neededSealers(consensus: SealerConsensus, sealers: number): number {
  if (sealers === 0) return 0;
  return consensus === 'clique' ? Math.floor(sealers / 2) + 1 : Math.ceil((2 * sealers) / 3);
}
