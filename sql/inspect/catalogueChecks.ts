import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PendingQuery, Row } from 'postgres';
import { packageRoot } from '../../lib/packageRoot.ts';
import type { SqlRunner } from '../client.ts';
import { dumpSchema } from '../dumpSchema.ts';
import { readSchemaFiles } from '../migrate.ts';
import type { Breach, Invariant } from './invariant.ts';

/** What holds of any database with our schema, whatever its tables are: read from the catalogue. */
export const catalogueChecks: readonly Invariant[] = [
  {
    name: 'migrations',
    says: 'The migrations that were applied are those of this build.',
    find: findOtherMigrations,
  },
  { name: 'schema', says: 'Tables, views and functions are as this build makes them.', find: findOtherSchema },
  {
    name: 'validity',
    says: 'Every index is valid and every constraint was validated.',
    async find(sql) {
      const rows = await sql<{ name: string }[]>`
        select 'index ' || indexrelid::regclass as name from pg_index i join pg_class c on c.oid = i.indexrelid
        where not i.indisvalid and c.relnamespace = current_schema()::regnamespace
        union all select 'constraint ' || conname from pg_constraint
        where not convalidated and connamespace = current_schema()::regnamespace order by 1`;
      return rows.map(({ name }) => ({ what: `${name} is not valid` }));
    },
  },
  { name: 'references', says: 'Every reference to another table leads to a row.', find: findDangling },
  { name: 'counters', says: 'Every counter stands at or behind the numbers that were given.', find: findCounters },
  {
    name: 'partitions',
    says: 'Partitions of visits follow each other without a gap, and no row is beside its partition.',
    find: findGaps,
  },
  { name: 'futureTimes', says: 'Nothing happened in the future.', find: findFuture },
];

async function findOtherMigrations(sql: SqlRunner): Promise<readonly Breach[]> {
  const { migrations } = await readSchemaFiles();
  const applied = await sql<{ version: number; name: string; checksum: string }[]>`
    select version, name, checksum from schema_migrations order by version`;
  const byVersion = new Map(applied.map((one) => [one.version, one]));
  return [
    ...migrations.flatMap(({ version, name, checksum }) => {
      const there = byVersion.get(version);
      if (there === undefined) return [{ what: `${name} was not applied: run forkscope migrate` }];
      return there.checksum === checksum ? [] : [{ what: `${there.name} is not as it was applied` }];
    }),
    ...applied
      .filter(({ version }) => version > migrations.length)
      .map(({ name }) => ({ what: `${name} is of a newer Forkscope` })),
  ];
}

async function findOtherSchema(sql: SqlRunner): Promise<readonly Breach[]> {
  const { migrations } = await readSchemaFiles();
  const [version] = await sql<{ newest: number }[]>`select max(version)::int4 as newest from schema_migrations`;
  // The check of migrations tells; of another version this build has no picture.
  if (version?.newest !== migrations.length) return [];
  const wanted = inParts(await readFile(join(packageRoot, 'sql/schema.sql'), 'utf8'));
  const found = inParts(await dumpSchema(sql));
  return [
    ...[...wanted].flatMap(([name, text]) => {
      const there = found.get(name);
      if (there === undefined) return [{ what: `${name} is missing` }];
      return there === text ? [] : [{ what: `${name} is not as this build makes it` }];
    }),
    ...[...found.keys()].filter((name) => !wanted.has(name)).map((name) => ({ what: `${name} is none of Forkscope` })),
  ];
}

/** Each thing of a dumped schema by what it is and its name. */
function inParts(schema: string): ReadonlyMap<string, string> {
  const parts = schema.split(/\n(?=create (?:table|view|or replace function) )/i).slice(1);
  return new Map(
    parts.map((text) => {
      const [, kind = '', name = ''] = /^create (?:or replace )?(\w+) (?:public\.)?(\w+)/i.exec(text) ?? [];
      return [`${kind.toLowerCase()} ${name}`, text.trimEnd()];
    }),
  );
}

async function findDangling(sql: SqlRunner): Promise<readonly Breach[]> {
  const references = await sql<{ name: string; child: string; parent: string; from: string[]; to: string[] }[]>`
    select o.conname as name, c.relname as child, p.relname as parent,
      (select array_agg(a.attname::text order by k.n) from unnest(o.conkey) with ordinality k (num, n)
       join pg_attribute a on a.attrelid = o.conrelid and a.attnum = k.num) as from,
      (select array_agg(a.attname::text order by k.n) from unnest(o.confkey) with ordinality k (num, n)
       join pg_attribute a on a.attrelid = o.confrelid and a.attnum = k.num) as to
    from pg_constraint o join pg_class c on c.oid = o.conrelid join pg_class p on p.oid = o.confrelid
    where o.contype = 'f' and o.conparentid = 0 and o.connamespace = current_schema()::regnamespace order by 1`;
  const breaches: Breach[] = [];
  for (const { name, child, parent, from, to } of references) {
    const same = from.map((column, index) => sql`p.${sql(to[index] ?? '')} = c.${sql(column)}`);
    const given = from.map((column) => sql`c.${sql(column)} is not null`);
    const [row] = await sql<{ rows: number }[]>`
      select count(*)::int4 as rows from ${sql(child)} c
      where ${allOf(sql, given)} and not exists (select from ${sql(parent)} p where ${allOf(sql, same)})`;
    if (row !== undefined && row.rows > 0) {
      breaches.push({ what: `${child} names rows of ${parent} that are not there (${name})`, rows: row.rows });
    }
  }
  return breaches;
}

function allOf(sql: SqlRunner, parts: readonly PendingQuery<Row[]>[]): PendingQuery<Row[]> {
  return parts.reduce((all, part) => sql`${all} and ${part}`, sql`true`);
}

async function findCounters(sql: SqlRunner): Promise<readonly Breach[]> {
  const counters = await sql<{ table: string; column: string; sequence: string }[]>`
    select c.relname as table, a.attname as column, pg_get_serial_sequence(quote_ident(c.relname), a.attname) as sequence
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and a.attidentity <> '' order by 1`;
  const breaches: Breach[] = [];
  for (const { table, column, sequence } of counters) {
    const [row] = await sql<{ newest: bigint | null; last: bigint | null }[]>`
      select (select max(${sql(column)})::int8 from ${sql(table)}) as newest,
        pg_sequence_last_value(${sequence}::regclass)::int8 as last`;
    if (row === undefined || row.newest === null || row.newest <= (row.last ?? 0n)) continue;
    breaches.push({
      what: `the counter of ${table}.${column} stands at ${row.last ?? 0n}, and ${row.newest} is there`,
    });
  }
  return breaches;
}

async function findGaps(sql: SqlRunner): Promise<readonly Breach[]> {
  const parts = await sql<{ parent: string; name: string; bound: string }[]>`
    select p.relname as parent, c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') order by 1, 2`;
  const breaches: Breach[] = [];
  const ranges = new Map<string, { name: string; from: string; to: string }[]>();
  for (const { parent, name, bound } of parts) {
    if (bound === 'DEFAULT') {
      const [row] = await sql<{ rows: number }[]>`select count(*)::int4 as rows from ${sql(name)}`;
      if (row !== undefined && row.rows > 0) breaches.push({ what: `${name} holds what no partition is for`, ...row });
      continue;
    }
    const [, from, to] = /^FOR VALUES FROM \((.*)\) TO \((.*)\)$/.exec(bound) ?? [];
    // Those of counts are made by the first count that is for them.
    if (from === undefined || to === undefined || parent !== 'visit_log') continue;
    ranges.set(parent, [...(ranges.get(parent) ?? []), { name, from, to }]);
  }
  for (const list of ranges.values()) {
    // Bounds of one table are written alike, so that their text sorts as they do; only numbers may differ in length.
    const sorted = list.toSorted((a, b) => a.from.length - b.from.length || (a.from < b.from ? -1 : 1));
    for (const [index, { name, from }] of sorted.entries()) {
      const before = sorted[index - 1];
      if (before !== undefined && before.to !== from) {
        breaches.push({ what: `nothing is there between ${before.name}, which ends with ${before.to}, and ${name}` });
      }
    }
  }
  return breaches;
}

/** Columns that tell when something is due, what others said of time, or by which clock a visit was made: it keeps its time. */
const mayBeAhead: ReadonlySet<string> = new Set([
  ...['frontier.due_at', 'frontier.lease_until', 'reachability.look_at', 'visit_log.at', 'visits_before.at'],
  ...['block_facts.block_time', 'fork_activations.block_time'],
]);
/** Clocks of several machines, and a step of one. */
const slackMs = 10 * 60_000;

async function findFuture(sql: SqlRunner, now: Date): Promise<readonly Breach[]> {
  const columns = await sql<{ table: string; column: string }[]>`
    select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and a.attnum > 0 and not a.attisdropped and a.atttypid = 'timestamptz'::regtype order by 1, 2`;
  const limit = new Date(now.getTime() + slackMs);
  const breaches: Breach[] = [];
  for (const table of new Set(columns.map((one) => one.table))) {
    const own = columns.filter((one) => one.table === table && !mayBeAhead.has(`${table}.${one.column}`));
    if (own.length === 0) continue;
    // One pass over each table.
    const counts = own.map(({ column }) => sql`count(*) filter (where ${sql(column)} > ${limit})::int4`);
    const all = counts.reduce((list, count) => sql`${list}, ${count}`);
    const [row] = await sql<{ rows: number[] }[]>`select array[${all}] as rows from ${sql(table)}`;
    for (const [index, { column }] of own.entries()) {
      const rows = row?.rows[index] ?? 0;
      if (rows > 0) breaches.push({ what: `${table}.${column} is after ${now.toISOString()}`, rows });
    }
  }
  return breaches;
}
