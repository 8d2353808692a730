import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../lib/packageRoot.ts';
import type { TableRow } from './tableRows.ts';

const folder = join(packageRoot, 'e2e/upgrade/testdata');

/** Versions of the schema of which rows are kept. Those of 16 were written by the Forkscope that had 16 migrations. */
export function keptVersions(): number[] {
  return readdirSync(folder)
    .flatMap((name) => /^(\d{4})\.jsonl$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

export function versionPath(version: number): string {
  return join(folder, `${String(version).padStart(4, '0')}.jsonl`);
}

/**
 * What migrations change on purpose in rows that are there, by the number of the migration: the row as it is afterwards,
 * null for one that is removed. All else must still be there, as it was, after an upgrade; new columns may stand beside.
 */
export const changes: Readonly<Record<number, (row: TableRow) => TableRow | null>> = {
  // Codes are spelt in camelCase.
  21: ({ table, row }) => ({
    table,
    row: row.population === 'inbound_only' ? { ...row, population: 'inboundOnly' } : row,
  }),
  // A network is known or watched: the column says the former.
  26: ({ table, row }) => {
    if (table !== 'networks') return { table, row };
    const { watched: known, ...rest } = row;
    return { table, row: { ...rest, known } };
  },
  // Points stay where they are until the crawler carries them over.
  49: ({ table, row }) => ({ table: table === 'count_points' ? 'count_points_before' : table, row }),
  // Visits too, until their day is old.
  51: ({ table, row }) => ({ table: table === 'visits' ? 'visits_before' : table, row }),
};
