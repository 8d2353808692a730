import type { Sql } from '../client.ts';

/** Where the bytes of one table are, with all its partitions. */
export interface TableSize {
  readonly name: string;
  /** Of the rows themselves. */
  readonly rowBytes: number;
  readonly indexBytes: number;
  /** Of long values that are kept apart from their rows. */
  readonly toastBytes: number;
  /** By the planner's estimate. */
  readonly rows: number;
  readonly partitions: number;
  /** The partition of the newest whole day, month, …: what is added in one; null where there are none. */
  readonly newest: { readonly name: string; readonly bytes: number; readonly rows: number } | null;
  /** What it holds. */
  readonly comment: string;
}

export interface DatabaseSize {
  /** Largest first. */
  readonly tables: readonly TableSize[];
  /** Of the whole database, with the server's own catalogue. */
  readonly bytes: number;
}

export async function measureTables(sql: Sql): Promise<DatabaseSize> {
  const [database] = await sql<{ bytes: number }[]>`select pg_database_size(current_database())::float8 as bytes`;
  const tables = await sql<TableSize[]>`
    with recursive ours as (
      select c.oid, c.oid as root from pg_class c
      where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      union all
      select i.inhrelid, o.root from ours o join pg_inherits i on i.inhparent = o.oid
    ), stored as (
      select o.root, c.oid, c.relname, c.relispartition,
        pg_table_size(c.oid) - coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0) as row_bytes,
        pg_indexes_size(c.oid) as index_bytes, coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0) as toast_bytes,
        -- Until the first ANALYZE there is no estimate.
        greatest(case when c.reltuples >= 0 then c.reltuples else coalesce(s.n_live_tup, 0) end, 0) as rows
      from ours o join pg_class c on c.oid = o.oid and c.relkind = 'r'
      left join pg_stat_user_tables s on s.relid = c.oid
    ), newest as (
      -- The last but one by name: the last one is still being filled.
      select distinct on (root) root, relname, row_bytes + index_bytes + toast_bytes as bytes, rows
      from (select *, row_number() over (partition by root order by relname desc) as age from (
        select * from stored where relispartition and rows > 0) filled) p
      order by root, age <> 2, age
    )
    select r.relname as name, sum(s.row_bytes)::float8 as "rowBytes", sum(s.index_bytes)::float8 as "indexBytes",
      sum(s.toast_bytes)::float8 as "toastBytes", sum(s.rows)::float8 as rows,
      count(*) filter (where s.relispartition)::int4 as partitions, coalesce(obj_description(r.oid), '') as comment,
      (select json_build_object('name', n.relname, 'bytes', n.bytes, 'rows', n.rows) from newest n where n.root = r.oid) as newest
    from pg_class r left join stored s on s.root = r.oid where r.oid in (select root from ours)
    group by r.oid, r.relname order by sum(s.row_bytes + s.index_bytes + s.toast_bytes) desc nulls last, r.relname`;
  return {
    bytes: database?.bytes ?? 0,
    tables: tables.map((table) => ({
      ...table,
      rowBytes: table.rowBytes ?? 0,
      indexBytes: table.indexBytes ?? 0,
      toastBytes: table.toastBytes ?? 0,
      rows: table.rows ?? 0,
    })),
  };
}

export function bytesOf({ rowBytes, indexBytes, toastBytes }: TableSize): number {
  return rowBytes + indexBytes + toastBytes;
}
