/** All rows of a database as text, one per line, so that what an older Forkscope wrote can be kept as a file. */
import type { Sql } from '../../sql/client.ts';

export interface TableRow {
  readonly table: string;
  /** As `to_jsonb` gives it. */
  readonly row: Readonly<Record<string, unknown>>;
}

/** What describes the schema itself is not data. */
const ofSchema = ['schema_migrations', 'applied_functions'];

export async function listTables(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
      and relname <> all (${ofSchema}::text[])
    order by relname collate "C"`;
  return rows.map(({ name }) => name);
}

export async function readTables(sql: Sql): Promise<TableRow[]> {
  const all: TableRow[] = [];
  for (const table of await listTables(sql)) {
    // As text: 64-bit numbers would lose digits on the way through JSON numbers.
    const rows = await sql<{ line: string }[]>`
      select line from (
        select (
          select jsonb_object_agg(key, case jsonb_typeof(value) when 'number' then to_jsonb(value::text) else value end)
          from jsonb_each(to_jsonb(t))
        )::text as line from ${sql(table)} t
      ) lines order by line collate "C"`;
    for (const { line } of rows) all.push({ table, row: JSON.parse(line) });
  }
  return all;
}

export function formatRows(rows: readonly TableRow[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

export function parseRows(text: string): TableRow[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line): TableRow => JSON.parse(line));
}

/** The rows of each table. */
export function groupRows(rows: readonly TableRow[]): ReadonlyMap<string, readonly TableRow['row'][]> {
  const byTable = new Map<string, TableRow['row'][]>();
  for (const { table, row } of rows) byTable.set(table, [...(byTable.get(table) ?? []), row]);
  return byTable;
}

/** Puts the rows into the tables of an empty database, and its counters of numbers behind them. */
export async function writeTables(sql: Sql, rows: readonly TableRow[]): Promise<void> {
  const byTable = groupRows(rows);
  await sql.begin(async (transaction) => {
    // The rows refer to each other; they come from a database in which they did.
    await transaction`set local session_replication_role = replica`;
    await transaction`delete from cuts`;
    const days = new Set(
      (byTable.get('visit_log') ?? byTable.get('visits') ?? []).map(({ at }) => String(at).slice(0, 10)),
    );
    for (const day of days) await transaction`select create_visit_partition(${day}::text::date)`;
    for (const table of ['census_counts', 'hour_counts', 'day_counts']) {
      const times = new Set((byTable.get(table) ?? []).map((row) => String(row.at ?? row.from_at)));
      for (const at of times) await transaction`select create_count_partition(${table}, ${at}::text::timestamptz)`;
    }
    for (const [table, lines] of byTable) {
      const columns = await transaction<{ name: string }[]>`
        select attname as name from pg_attribute
        where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = ''`;
      const names = transaction(columns.map(({ name }) => name));
      await transaction`
        insert into ${transaction(table)} (${names}) overriding system value
        select ${names} from jsonb_populate_recordset(null::${transaction(table)}, ${JSON.stringify(lines)}::text::jsonb)`;
    }
    const counters = await transaction<{ table: string; column: string }[]>`
      select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'public'::regnamespace and a.attidentity <> ''`;
    for (const { table, column } of counters) {
      await transaction`
        select setval(pg_get_serial_sequence(${table}, ${column}), coalesce(max(${transaction(column)}), 1))
        from ${transaction(table)}`;
    }
  });
}
