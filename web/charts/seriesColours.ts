import { seriesSlots } from './theme.ts';

/** Which slot of the palette a key took. Kept across charts and reloads, so that geth is one colour everywhere. */
export type ColourBook = Map<string, number>;

/** What a series shows: keys of one kind share the palette, keys of two kinds never meet in one chart. */
export type SeriesKind =
  | 'population'
  | 'client'
  | 'fork'
  | 'forkClass'
  | 'network'
  | 'sync'
  | 'history'
  | 'version'
  | 'capability';

/** The rest besides the largest keys, drawn in grey. */
export const otherSlot = -1;
/** Nodes without a value: a paler grey. */
export const untoldSlot = -2;

const known: Readonly<Record<SeriesKind, Readonly<Record<string, number>>>> = {
  population: { alive: 0, reachable: 1, identified: 2, inboundOnly: 3, seen: 4 },
  client: {
    geth: 0,
    nethermind: 1,
    besu: 2,
    reth: 3,
    erigon: 4,
    ethrex: 5,
    'nimbus-eth1': 6,
    nimbus: 6,
    ethereumjs: 7,
  },
  fork: {},
  forkClass: {
    current: 0,
    ready: 1,
    conflicting: 2,
    outdated: 3,
    behind: 4,
    ahead: 5,
    atGenesis: 6,
    notYetKnown: 7,
    unknown: otherSlot,
  },
  sync: { synced: 0, lagging: 3 },
  history: { genesis: 0, '1000000': 1, '90000': 2, '0': 3 },
  version: {},
  capability: {},
  network: { mainnet: 0, sepolia: 1, hoodi: 2, holesky: 3 },
};

const maxKept = 500;

/**
 * A slot for each key of one chart, in the order given (largest first, as answers have them). A key keeps the
 * slot it has in `book`, unless a larger one of this chart has the same: they may have got it in two charts. It and new
 * ones take the one they are known by or hash to, or the next that is free in this chart. `preferred` gives kinds without fixed names theirs: a fork's place in the schedule.
 */
export function assignSlots(
  kind: SeriesKind,
  keys: readonly string[],
  book: ColourBook,
  preferred: (key: string) => number | null = () => null,
): Map<string, number> {
  const slots = new Map<string, number>();
  const taken = new Set<number>();
  for (const key of keys) {
    const kept = book.get(`${kind}:${key}`);
    if (kept !== undefined && !taken.has(kept)) {
      slots.set(key, kept);
      taken.add(kept);
    }
  }
  for (const key of keys) {
    if (slots.has(key)) continue;
    if (key === 'other' || key === '') {
      slots.set(key, key === '' ? untoldSlot : otherSlot);
      continue;
    }
    const wish = knownSlot(kind, key) ?? preferred(key) ?? hashText(key);
    const slot = wish === otherSlot ? otherSlot : nextFree(wish % seriesSlots, taken);
    slots.set(key, slot);
    taken.add(slot);
    keep(book, `${kind}:${key}`, slot);
  }
  return slots;
}

/** Keys come from strangers: `constructor` must not find Object's. */
function knownSlot(kind: SeriesKind, key: string): number | null {
  return Object.hasOwn(known[kind], key) ? (known[kind][key] ?? null) : null;
}

function nextFree(wish: number, taken: ReadonlySet<number>): number {
  for (let step = 0; step < seriesSlots; step++) {
    const slot = (wish + step) % seriesSlots;
    if (!taken.has(slot)) return slot;
  }
  return wish;
}

/** BOUNDED: by maxKept, the oldest leaves first. */
function keep(book: ColourBook, key: string, slot: number): void {
  if (book.size >= maxKept) {
    const oldest = book.keys().next();
    if (!oldest.done) book.delete(oldest.value);
  }
  book.set(key, slot);
}

/** FNV-1a, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

export function encodeColourBook(book: ColourBook): string {
  return JSON.stringify([...book]);
}

/** A browser's storage may hold anything: what is not ours gives an empty book. */
export function decodeColourBook(text: string | null): ColourBook {
  const book: ColourBook = new Map();
  if (text === null) return book;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return book;
  }
  if (!Array.isArray(value)) return book;
  for (const entry of value.slice(0, maxKept)) {
    if (!Array.isArray(entry)) continue;
    const [key, slot]: unknown[] = entry;
    if (typeof key !== 'string' || typeof slot !== 'number') continue;
    if (Number.isInteger(slot) && slot >= 0 && slot < seriesSlots) book.set(key.slice(0, 200), slot);
  }
  return book;
}
