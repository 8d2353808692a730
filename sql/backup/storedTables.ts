import { quote, retiredDays } from '../dumpSchema.ts';
import type { StoredSequence, StoredTable } from './backupHeader.ts';
import { ask, type CopyClient } from './copyClient.ts';

/** Every table of ours; a partition after what it is part of. */
export function readStoredTables(client: CopyClient): Promise<readonly StoredTable[]> {
  return ask<StoredTable>(
    client,
    `select c.relname as name, parent.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bound,
      pg_get_partkeydef(c.oid) as key, to_json(coalesce(c.reloptions, '{}')) as options,
      (select coalesce(json_agg(a.attname order by a.attnum), '[]') from pg_attribute a
       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
    from pg_class c
    left join pg_inherits i on i.inhrelid = c.oid
    left join pg_class parent on parent.oid = i.inhparent
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
      and c.relname !~ ${quote(retiredDays)}
    order by (select count(*) from pg_partition_ancestors(c.oid)), c.relname collate "C"`,
  );
}

/** Where every sequence stands. They are not part of a snapshot, so they are asked after it was taken. */
export async function readSequences(client: CopyClient): Promise<readonly StoredSequence[]> {
  const names = await ask<{ name: string }>(
    client,
    `select relname as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'S' order by relname collate "C"`,
  );
  if (names.length === 0) return [];
  const one = ({ name }: { name: string }) =>
    `select ${quote(name)} as name, last_value::text as last, is_called as called from ${identifier(name)}`;
  return ask(client, names.map(one).join(' union all '));
}

/** A name as SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
