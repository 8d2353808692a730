/** A chain of sealers (IBFT, QBFT, Clique) from round to round: what endpoints and headers said in, verdicts and events out. Pure. */
import type { SealerConsensus, SealerReading } from '../ask/readSealers.ts';
import type { AnswerKind } from '../ask/round.ts';
import type { SealedHeader } from '../ask/sealedHeader.ts';
import type { BlockRule } from './blockRule.ts';
import { nameEvents } from './nameSealerEvents.ts';
import { openSealerBook, type SealerBook } from './sealerBook.ts';
import type { SealerEvent } from './sealerEvent.ts';
import { addHeaders, readDown, readSlowAnswers } from './sealerFacts.ts';
import { isDue, isTold, isWaiting, readHead, readWaiting } from './sealerProgress.ts';
import { listMissing, type Missing } from './sealerSilence.ts';
import { type SealersVerdict, showSealers } from './sealersVerdict.ts';

export interface SealersConfig {
  readonly cluster: string;
  readonly intervalMs: number;
  /** Set by the operator; null = learned from headers. */
  readonly emptyBlockMs: BlockRule['emptyMs'];
}

/** One round over the endpoints of a cluster. */
export interface SealersLook {
  /** ms since the epoch. */
  readonly t: number;
  readonly nodes: readonly { readonly node: string; readonly kind: AnswerKind }[];
  readonly readings: readonly SealerReading[];
  /** Headers of blocks that the book does not know yet, ascending. */
  readonly headers: readonly SealedHeader[];
}

export interface SealersJudgement {
  readonly book: SealerBook;
  readonly verdict: SealersVerdict;
  readonly events: readonly SealerEvent[];
  /** Rounds beyond the first in blocks that are new since the look before. */
  readonly roundChanges: number;
}

/** A head this far below an earlier one means a restarted chain; a smaller step back is a node that lags. */
const restartBlocks = 64;
/** The least time without a block after which a chain that owes none is idle. */
const idleMs = 60_000;
/** Rounds in a row without a block from any endpoint, after which nothing is known any more. */
const blindRounds = 3;

/** Judges one look. Null while no endpoint has shown that it keeps such a chain. */
export function judgeSealers(
  before: SealerBook | null,
  look: SealersLook,
  config: SealersConfig,
): SealersJudgement | null {
  const consensus = look.readings.find((reading) => reading.consensus !== null)?.consensus ?? before?.consensus ?? null;
  if (consensus === null) return null;
  const opened = reopen(before, consensus, look);
  const told = readSlowAnswers(opened, look);
  const { book: grown, roundChanges } = addHeaders(told, look.headers, opened.head?.number ?? null);
  const down = readDown(grown, look);
  const { head, moved } = readHead(opened.head, opened.lookedAt, look, config.intervalMs);
  const sees = look.readings.length > 0;
  const waiting = readWaiting(grown, look, moved);
  const rule = {
    ...grown.rule,
    emptyMs: config.emptyBlockMs ?? grown.rule.emptyMs,
    longestMs: Math.max(grown.rule.longestMs, grown.roundMs ?? 0),
  };
  const book: SealerBook = { ...grown, ...waiting, down, head, lookedAt: sees ? look.t : grown.lookedAt };
  const due = isDue(book, rule, look.t);
  const stuck = sees && !moved && due;
  const missing = listMissing(book, look.t, stuck);
  const halted = sees ? stuck || (grown.halted && staysHalted(book, rule, moved)) : grown.halted;
  const isBlind = !sees && look.t - book.lookedAt >= blindRounds * config.intervalMs;
  const state = sees || isBlind ? stateOf({ ...book, halted }, rule, look.t, sees, missing) : book.state;
  const after: SealerBook = {
    ...book,
    state,
    halted,
    haltTold: halted && (grown.haltTold || isTold(book, rule, look.t, missing.addresses.length)),
    stateSince: state === before?.state ? before.stateSince : since(state, book, look.t),
    silent: Object.fromEntries(missing.addresses.map((address) => [address, before?.silent[address] ?? look.t])),
    storm: missing.storm,
  };
  const events = before === null ? firstEvents(after, look, config) : nameEvents(before, after, look, config.cluster);
  return { book: after, verdict: showSealers(after, look, rule), events, roundChanges };
}

/** A chain begun anew, or another consensus, begins a new book; endpoints stay who they are. */
function reopen(before: SealerBook | null, consensus: SealerConsensus, look: SealersLook): SealerBook {
  if (before === null) return openSealerBook(consensus, look.t);
  const heads = look.readings.flatMap(({ head }) => (head === null ? [] : [head.number]));
  const restarted = before.head !== null && heads.length > 0 && Math.max(...heads) < before.head.number - restartBlocks;
  if (consensus === before.consensus && !restarted) return before;
  return { ...openSealerBook(consensus, look.t), selves: before.selves };
}

/** Once halted, only a block ends it, or that nothing waits any more where nothing else is due. */
function staysHalted(book: SealerBook, rule: BlockRule, moved: boolean): boolean {
  return !moved && (typeof rule.emptyMs === 'number' || book.pending !== 0);
}

function stateOf(book: SealerBook, rule: BlockRule, t: number, sees: boolean, missing: Missing): SealerBook['state'] {
  if (!sees || book.head === null) return 'unknown';
  if (book.halted) return 'halted';
  const still = t - book.head.since >= Math.max(idleMs, 3 * (rule.periodMs ?? 0));
  if (still && typeof rule.emptyMs !== 'number' && !isWaiting(book)) return book.pending === null ? 'unknown' : 'idle';
  if (book.set.length === 0) return 'unknown';
  if (missing.addresses.length > 0) return 'degraded';
  return missing.known ? 'well' : 'unknown';
}

/** A halt began with the block after which nothing came. */
function since(state: SealerBook['state'], { head }: SealerBook, t: number): number {
  return state === 'halted' && head !== null ? Math.min(head.since, t) : t;
}

/** What already is when the watcher comes is told too: there is nothing yet to compare it with. */
function firstEvents(after: SealerBook, look: SealersLook, { cluster }: SealersConfig): readonly SealerEvent[] {
  return nameEvents({ ...after, haltTold: false, silent: {}, storm: false }, after, look, cluster);
}
