import type { SealerBook } from './sealerBook.ts';
import { isSticky, readTurns } from './sealerTurns.ts';

/** Rounds through the whole set after which a sealer without a block is silent. */
const silentRounds = 2;
/** Looks in a row in which nothing listens or answers at an endpoint before its sealer may count as down. */
const downLooks = 2;
const downIdleMs = 60_000;

/** Who does not seal although it should. */
export interface Missing {
  /** Sorted. */
  readonly addresses: readonly string[];
  /** Enough blocks were seen to say of each whether it seals. */
  readonly known: boolean;
  /** Far more blocks than these explain needed a round change. */
  readonly storm: boolean;
}

/**
 * A sealer is missing if two rounds through the set passed without a block of its own; or, sooner, if nothing answers at
 * its endpoint and it has sealed nothing since, while the others had their turn or no block came at all. A sealer whose
 * endpoint alone is away goes on sealing and is not missing. Pure.
 */
export function listMissing(book: SealerBook, t: number, stuck: boolean): Missing {
  const { set, head, blocks, consensus } = book;
  if (head === null || set.length === 0) return { addresses: [], known: false, storm: false };
  const window = silentRounds * set.length;
  const shown = blocks.filter(({ sealer }) => sealer !== null);
  const sticky = isSticky(consensus, set, blocks);
  const oldest = oldestOfRun(book);
  // What was not read yet says nothing.
  const newest = blocks.at(-1)?.number ?? 0;
  const telling = shown.length * 2 > blocks.length && newest - oldest + 1 >= window;
  const addresses = set.filter((address) => {
    if (isDown(book, address, t, stuck)) return true;
    if (sticky) return false;
    if (!telling) return isUncounted(book, address, window);
    const last = Math.max(book.lastSealed[address]?.number ?? 0, book.joined[address] ?? 0, oldest - 1);
    return newest - last >= window;
  });
  const sealed = set.every((address) => (book.lastSealed[address]?.number ?? 0) > 0);
  return {
    addresses,
    known: telling || sealed || sticky || (book.counts?.blocks ?? 0) >= window,
    storm: isStorm(book, addresses.length),
  };
}

/** Headers do not show who sealed, but the node counted. */
function isUncounted({ counts, blocks }: SealerBook, address: string, window: number): boolean {
  const shows = blocks.some(({ sealer }) => sealer !== null);
  return !shows && counts !== null && counts.blocks >= window && (counts.sealed[address] ?? 0) === 0;
}

function isDown(
  { selves, down, head, lastSealed, set, silent }: SealerBook,
  address: string,
  t: number,
  stuck: boolean,
): boolean {
  const endpoints = Object.keys(selves).filter((node) => selves[node] === address);
  const marks = endpoints.map((node) => down[node]);
  if (head === null || marks.length === 0) return false;
  return marks.every((mark) => {
    if (mark === undefined || mark.rounds < downLooks || (lastSealed[address]?.number ?? 0) > mark.block) return false;
    // An idle chain shows no turns: there, an endpoint that stays away is all there is to see.
    const idle = head.number === mark.block && t - mark.since >= downIdleMs;
    // Once it is missing, the next block of the others does not bring it back.
    return stuck || idle || silent[address] !== undefined || head.number - mark.block > set.length;
  });
}

/** The first of the blocks that follow each other without a hole up to the newest. */
function oldestOfRun({ blocks, head }: SealerBook): number {
  let oldest = (blocks.at(-1)?.number ?? head?.number ?? 0) + 1;
  for (let index = blocks.length - 1; index >= 0 && blocks[index]?.number === oldest - 1; index--) oldest -= 1;
  return Math.max(1, oldest);
}

/** The least blocks that are looked at for a storm, and of these the least that make one. */
const stormBlocks = 16;
const leastLate = 4;
/** Shares of late blocks above what missing sealers explain at which a storm begins and ends. */
const stormShare = { begins: 0.25, ends: 0.1 };

function isStorm({ consensus, set, blocks, storm }: SealerBook, missing: number): boolean {
  if (consensus === 'clique') return false;
  const recent = blocks.slice(-Math.max(stormBlocks, 4 * set.length));
  if (recent.length < stormBlocks) return false;
  const { late } = readTurns(consensus, set, recent);
  const unexplained = late.size / recent.length - missing / set.length;
  if (storm) return unexplained > stormShare.ends;
  return late.size >= leastLate && unexplained >= stormShare.begins;
}
