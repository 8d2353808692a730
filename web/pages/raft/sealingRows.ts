import type { Sealers } from '../../../api/contract/raft.ts';
import { shortenHex } from '../../lib/format.ts';

type Block = Sealers['timeline'][number];

/** A block of the time line, with what can only be told beside the block before it. */
export interface SealingRow {
  /** Its place in the picture, from 0; where blocks are missing before it, a place stays empty. */
  readonly column: number;
  readonly number: string;
  /** ms since the epoch, by its sealer's clock. */
  readonly at: number;
  readonly sealer: string | null;
  readonly round: number;
  readonly missed: readonly string[];
  /** Not by whose turn it was, or not in the first round. */
  readonly late: boolean;
  readonly empty: boolean;
  /** Seconds after the block before; null if that one is not among these. */
  readonly after: number | null;
}

/** The blocks of a time line in the order of their numbers, but for the first of the chain, which nobody sealed. */
export function toSealingRows(timeline: readonly Block[]): readonly SealingRow[] {
  const rows: SealingRow[] = [];
  for (const { number, at, sealer, round, missed, empty } of timeline) {
    if (number === '0') continue;
    const before = rows.at(-1);
    const ms = Date.parse(at);
    const follows = before !== undefined && BigInt(before.number) + 1n === BigInt(number);
    rows.push({
      column: before === undefined ? 0 : before.column + (follows ? 1 : 2),
      ...{ number, at: ms, sealer, round: round ?? 0, missed, empty },
      late: (round ?? 0) > 0 || missed.length > 0,
      after: follows ? Math.max(0, (ms - before.at) / 1_000) : null,
    });
  }
  return rows;
}

/** How each sealer is called: by its endpoint if it has one, else by its address. */
export function sealerNames({ sealers }: Pick<Sealers, 'sealers'>): ReadonlyMap<string, string> {
  return new Map(sealers.map(({ address, node }) => [address, node ?? shortenHex(address, 4, 4)]));
}

/** What the picture shows, in numbers: whose turns passed how often, most first, and the longest pause. */
export function countSealing(rows: readonly SealingRow[]): {
  readonly missed: readonly (readonly [sealer: string, turns: number])[];
  readonly turns: number;
  readonly rounds: number;
  readonly longest: SealingRow | null;
} {
  const missed = new Map<string, number>();
  for (const sealer of rows.flatMap((row) => row.missed)) missed.set(sealer, (missed.get(sealer) ?? 0) + 1);
  return {
    missed: [...missed].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
    turns: [...missed.values()].reduce((sum, turns) => sum + turns, 0),
    rounds: rows.reduce((sum, { round }) => sum + round, 0),
    longest: rows.reduce<SealingRow | null>(
      (found, row) => ((row.after ?? -1) > (found?.after ?? -1) ? row : found),
      null,
    ),
  };
}
