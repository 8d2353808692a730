import { bytesOf, type DatabaseSize, type TableSize } from '../../sql/inspect/measureTables.ts';
import { bytesText } from './progressLines.ts';

/** A table of the tables, and sentences about the largest. */
export function sizeLines({ tables, bytes }: DatabaseSize): string {
  const cells = [
    ['table', 'rows', 'in rows', 'indexes', 'apart', 'together', 'a row'],
    ...tables.filter((table) => bytesOf(table) > 0).map(cellsOf),
    ['whole database', '', '', '', '', bytesText(bytes), ''],
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const ours = tables.reduce((sum, table) => sum + bytesOf(table), 0);
  const told = tables.filter((table) => bytesOf(table) > 0).slice(0, 3);
  return `${lines.join('\n')}\n\n${told.map((table) => sentence(table, ours)).join('\n')}\n`;
}

function cellsOf(table: TableSize): string[] {
  const all = bytesOf(table);
  const parts = table.partitions === 0 ? '' : ` (${table.partitions} partitions)`;
  return [
    `${table.name}${parts}`,
    table.rows.toLocaleString('en'),
    ...[table.rowBytes, table.indexBytes, table.toastBytes, all].map(bytesText),
    table.rows === 0 ? '' : `${Math.round(all / table.rows)} B`,
  ];
}

function sentence(table: TableSize, ours: number): string {
  const { name, comment, newest, rows } = table;
  const share = `${name} has ${Math.round((100 * bytesOf(table)) / ours)} % of it. ${comment}`;
  if (newest === null)
    return rows === 0 ? share : `${share} It grows by ${Math.round(bytesOf(table) / rows)} bytes a row.`;
  return `${share} It grows by partitions: ${newest.name} takes ${bytesText(newest.bytes)} for ${newest.rows.toLocaleString('en')} rows.`;
}
