import type { SealerReading } from '../ask/readSealers.ts';
import type { AnswerKind } from '../ask/round.ts';
import type { SealedHeader } from '../ask/sealedHeader.ts';
import { learnBlockRule } from './blockRule.ts';
import { maxBlocks, type SealedBlock, type SealerBook } from './sealerBook.ts';
import { readTurns } from './sealerTurns.ts';

/** Blocks from which the rule is learned: a pause of long ago says nothing of today. */
const ruleBlocks = 64;

/** What endpoints said in their slow answers: the set, votes, who they are. Pure. */
export function readSlowAnswers(book: SealerBook, look: { readonly readings: readonly SealerReading[] }): SealerBook {
  const slow = look.readings.flatMap((reading) => (reading.slow === null ? [] : [{ ...reading, slow: reading.slow }]));
  if (slow.length === 0) return book;
  const chosen = chooseSet(look.readings);
  const set = chosen?.set ?? book.set;
  const head = chosen?.head ?? book.head?.number ?? 0;
  const newcomers = book.set.length === 0 ? [] : set.filter((address) => !book.set.includes(address));
  const selves = { ...book.selves };
  const proposals = { ...book.proposals };
  for (const { node, slow: said } of slow) {
    const self = said.selves.find((address) => set.includes(address) || book.lastSealed[address] !== undefined);
    const any = self ?? said.selves[0];
    if (any !== undefined) selves[node] = any;
    proposals[node] = Object.fromEntries(said.proposals);
  }
  const votes = slow.find((each) => each.slow.votes !== null)?.slow.votes;
  const counted = slow.find((each) => each.slow.counts !== null)?.slow.counts;
  return {
    ...book,
    set,
    sets: chosen?.sets ?? book.sets,
    joined: keepSet({ ...book.joined, ...Object.fromEntries(newcomers.map((address) => [address, head])) }, set),
    lastSealed: keepSet(book.lastSealed, set),
    selves,
    proposals,
    votes: votes ?? book.votes,
    counts: counted == null ? book.counts : { sealed: Object.fromEntries(counted.sealed), blocks: counted.blocks },
  };
}

/** The set that most nodes hold, among equals that of the newest head; where none says, the one in a header. */
function chooseSet(readings: readonly SealerReading[]): {
  readonly set: readonly string[];
  readonly head: number;
  readonly sets: number;
} | null {
  const held = new Map<string, { readonly set: readonly string[]; holders: number; head: number }>();
  const said = readings.flatMap(({ slow, head }) => (slow?.set == null ? [] : [{ set: slow.set, head }]));
  const shown = readings.flatMap(({ head }) => (head?.set == null ? [] : [{ set: [...head.set].sort(), head }]));
  for (const { set, head } of said.length > 0 ? said : shown) {
    const key = set.join();
    const known = held.get(key) ?? { set, holders: 0, head: 0 };
    known.holders += 1;
    known.head = Math.max(known.head, head?.number ?? 0);
    held.set(key, known);
  }
  const [first] = [...held.values()].sort((a, b) => b.holders - a.holders || b.head - a.head);
  return first === undefined ? null : { set: first.set, head: first.head, sets: held.size };
}

function keepSet<T>(record: Readonly<Record<string, T>>, set: readonly string[]): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([address]) => set.includes(address)));
}

/**
 * New blocks: who sealed them, the rule they show, the votes in them. Rounds are counted in blocks
 * above `known`; null = none: the first look shows where the chain is, not what has happened since. Pure.
 */
export function addHeaders(
  book: SealerBook,
  headers: readonly SealedHeader[],
  known: number | null,
): { readonly book: SealerBook; readonly roundChanges: number } {
  const last = book.blocks.at(-1)?.number ?? -1;
  const fresh = headers.filter(({ number }) => number > last).map(toBlock);
  const blocks = [...book.blocks, ...fresh].slice(-maxBlocks);
  const lastSealed = { ...book.lastSealed };
  // Of all of them: the set may have become known after its blocks.
  for (const { sealer, number, at } of blocks) {
    if (sealer !== null && number > 0 && book.set.includes(sealer)) lastSealed[sealer] = { number, at };
  }
  if (fresh.length === 0) return { book: { ...book, lastSealed }, roundChanges: 0 };
  const learned = learnBlockRule(blocks.slice(-ruleBlocks));
  // A busy chain does not show its rule; what was learned before holds.
  const rule = { ...learned, emptyMs: learned.emptyMs ?? book.rule.emptyMs };
  const roundMs = learnRoundMs(book, blocks);
  const run = known === null ? [] : blocks.filter(({ number }) => number >= known);
  const before = run[0]?.number === known ? (run[0]?.round ?? 0) : 0;
  const votes = book.votes.filter(
    ({ voter, candidate }) => !headers.some((each) => each.sealer === voter && each.vote?.candidate === candidate),
  );
  const cast = headers.flatMap(({ sealer, vote }) =>
    sealer === null || vote === null ? [] : [{ voter: sealer, ...vote }],
  );
  const newest = new Map(cast.map((vote) => [`${vote.voter} ${vote.candidate}`, vote]));
  return {
    book: { ...book, blocks, lastSealed, rule, roundMs, votes: [...votes, ...newest.values()].slice(-maxVotes) },
    roundChanges: book.consensus === 'clique' ? 0 : readTurns(book.consensus, book.set, run).rounds - before,
  };
}

const maxVotes = 512;

/** A longer pause before a block that came late was a halt. */
const longestRoundMs = 60_000;

/** How long it takes when a turn passes. It is remembered longer than its blocks: the next time may be months away. */
function learnRoundMs({ consensus, set, roundMs }: SealerBook, blocks: readonly SealedBlock[]): number | null {
  if (consensus === 'clique') return null;
  const { late } = readTurns(consensus, set, blocks);
  const pauses = blocks.flatMap((block, index) => {
    const before = blocks[index - 1];
    if (before?.number !== block.number - 1 || !late.has(block.number)) return [];
    return block.at - before.at > longestRoundMs ? [] : [block.at - before.at];
  });
  const shortest = Math.min(roundMs ?? Number.POSITIVE_INFINITY, ...pauses);
  return Number.isFinite(shortest) ? shortest : null;
}

function toBlock({ number, at, transactions, sealer, round }: SealedHeader): SealedBlock {
  return { number, at, empty: transactions === 0, sealer, round };
}

/** Since when nothing listens or answers at an endpoint. One that is merely not askable is alive. Pure. */
export function readDown(
  { down, head }: Pick<SealerBook, 'down' | 'head'>,
  look: { readonly t: number; readonly nodes: readonly { readonly node: string; readonly kind: AnswerKind }[] },
): SealerBook['down'] {
  return Object.fromEntries(
    look.nodes.flatMap(({ node, kind }) => {
      if (kind !== 'refused' && kind !== 'silent') return [];
      const mark = down[node] ?? { since: look.t, rounds: 0, block: head?.number ?? 0 };
      return [[node, { ...mark, rounds: mark.rounds + 1 }] as const];
    }),
  );
}
