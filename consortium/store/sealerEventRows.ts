import { toIso } from '../../lib/time.ts';
import type { SealerBook } from '../judge/sealerBook.ts';
import type { SealerEvent, SealerEventKind } from '../judge/sealerEvent.ts';
import type { RaftRecord } from '../watch/raftRecords.ts';

/** How the watcher's kinds appear in the table of events: most are the beginning or the end of a row. */
const kinds: Readonly<Record<SealerEventKind, { readonly kind: string; readonly part: 'moment' | 'start' | 'end' }>> = {
  halted: { kind: 'halted', part: 'start' },
  resumed: { kind: 'halted', part: 'end' },
  sealerSilent: { kind: 'sealerSilent', part: 'start' },
  sealerBack: { kind: 'sealerSilent', part: 'end' },
  validatorsChanged: { kind: 'validatorsChanged', part: 'moment' },
  roundChangeStormStarted: { kind: 'roundChangeStorm', part: 'start' },
  roundChangeStormEnded: { kind: 'roundChangeStorm', part: 'end' },
};

/** What lasts while the watcher is away: its book, which is kept too, goes on from there. */
export const lastingKinds = ['halted', 'sealerSilent', 'roundChangeStorm'] as const;

export interface SealerEventRow {
  readonly kind: string;
  readonly opened_at: string;
  closed_at: string | null;
  readonly confirmed: boolean;
  readonly data: SealerEventData;
}

/** The end of a row that an earlier save opened. */
export interface SealerEventEnd {
  readonly kind: string;
  readonly node: null;
  /** The one concerned; null: whichever row is open. */
  readonly sealer: string | null;
  readonly closed_at: string;
  readonly data: Readonly<Record<string, never>>;
}

interface SealerEventData {
  readonly from: null;
  readonly to: null;
  readonly votes: number;
  readonly voters: number;
  readonly observers: readonly [];
  readonly source: 'chain';
  readonly gap: boolean;
  readonly detectedAt: string;
  readonly node?: string;
  readonly block?: number;
  readonly sealer?: string;
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
}

/** What a batch of records writes into events. A beginning and its end within the batch become one closed row. */
export function toSealerEventRows(records: readonly RaftRecord[]): {
  readonly rows: readonly SealerEventRow[];
  readonly ends: readonly SealerEventEnd[];
} {
  const rows: SealerEventRow[] = [];
  const ends: SealerEventEnd[] = [];
  for (const { sealerEvents } of records) {
    for (const [index, event] of sealerEvents.entries()) {
      const { kind, part } = kinds[event.kind];
      const at = exactTime(event, index);
      const sealer = event.sealer === null ? null : `0x${event.sealer}`;
      if (part === 'end') {
        const open = rows.findLast(
          (row) => row.kind === kind && row.closed_at === null && (row.data.sealer ?? null) === sealer,
        );
        if (open === undefined) ends.push({ kind, node: null, sealer, closed_at: at, data: {} });
        else open.closed_at = at < open.opened_at ? open.opened_at : at;
        continue;
      }
      const closed = part === 'moment' ? at : null;
      rows.push({ kind, opened_at: at, closed_at: closed, confirmed: true, data: toData(event, sealer) });
    }
  }
  return { rows, ends };
}

function toData(event: SealerEvent, sealer: string | null): SealerEventData {
  const { active, validators, detectedAt, node, block, added, removed } = event;
  return {
    from: null,
    to: null,
    votes: active,
    voters: validators,
    observers: [],
    source: 'chain',
    gap: false,
    detectedAt: toIso(detectedAt),
    ...(node === null ? {} : { node }),
    ...(block === null ? {} : { block }),
    ...(sealer === null ? {} : { sealer }),
    ...(event.kind !== 'validatorsChanged'
      ? {}
      : { added: added.map((each) => `0x${each}`), removed: removed.map((each) => `0x${each}`) }),
  };
}

/** Rows of one kind need distinct times, and several sealers may fall silent in one round: microseconds tell them apart. */
function exactTime({ at, detectedAt }: SealerEvent, index: number): string {
  return `${toIso(Math.min(Math.max(0, at), detectedAt)).slice(0, -1)}${String(index % 1_000).padStart(3, '0')}Z`;
}

/** A book as it is kept: without its blocks, which the chain keeps. */
export interface StoredBook {
  readonly version: number;
  /** Of an earlier release it may lack some. */
  readonly book: Omit<SealerBook, 'blocks' | 'haltTold' | 'roundMs'> &
    Partial<Pick<SealerBook, 'haltTold' | 'roundMs'>>;
}

const bookVersion = 1;

export function storeSealerBook(book: SealerBook | null): StoredBook | null {
  if (book === null) return null;
  const { blocks: _, ...kept } = book;
  return { version: bookVersion, book: kept };
}

/** Null for one that another version has written. */
export function readSealerBook(stored: StoredBook | null): SealerBook | null {
  if (stored?.version !== bookVersion) return null;
  const { haltTold = stored.book.halted, roundMs = null } = stored.book;
  return { ...stored.book, haltTold, roundMs, blocks: [] };
}
