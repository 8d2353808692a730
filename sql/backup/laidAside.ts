import { ask, type CopyClient } from './copyClient.ts';
import { identifier } from './storedTables.ts';

/**
 * Removes all indexes, keys and references of all tables, which are cheaper to make once the rows are there than to keep
 * up row by row, and switches triggers off. What it gives makes them again, in the order in which they need each other.
 */
export async function layAsideIndexes(client: CopyClient): Promise<() => Promise<void>> {
  // Those of partitions go and come with their parent's.
  const constraints = await ask<{ table: string; name: string; text: string; isReference: boolean }>(
    client,
    `select c.relname as table, o.conname as name, pg_get_constraintdef(o.oid) as text, o.contype = 'f' as "isReference"
    from pg_constraint o join pg_class c on c.oid = o.conrelid
    where c.relnamespace = current_schema()::regnamespace and o.contype in ('p', 'u', 'x', 'f') and o.conparentid = 0
    order by o.contype = 'f', c.relname, o.conname`,
  );
  const indexes = await ask<{ name: string; text: string }>(
    client,
    `select x.relname as name, pg_get_indexdef(i.indexrelid) as text
    from pg_index i join pg_class x on x.oid = i.indexrelid
    where x.relnamespace = current_schema()::regnamespace
      and not exists (select from pg_constraint o where o.conindid = i.indexrelid and o.contype in ('p', 'u', 'x'))
      and not exists (select from pg_inherits h where h.inhrelid = i.indexrelid)
    order by x.relname`,
  );
  const triggers = await ask<{ table: string; name: string }>(
    client,
    `select c.relname as table, t.tgname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = current_schema()::regnamespace and not t.tgisinternal and t.tgenabled = 'O' and t.tgparentid = 0`,
  );
  const alter = (table: string, what: string): string => `alter table ${identifier(table)} ${what}`;
  const remove = [
    ...triggers.map(({ table, name }) => alter(table, `disable trigger ${identifier(name)}`)),
    ...constraints.toReversed().map(({ table, name }) => alter(table, `drop constraint ${identifier(name)}`)),
    ...indexes.map(({ name }) => `drop index ${identifier(name)}`),
  ];
  const add = ({ table, name, text }: { table: string; name: string; text: string }): string =>
    alter(table, `add constraint ${identifier(name)} ${text}`);
  const make = [
    ...constraints.filter(({ isReference }) => !isReference).map(add),
    // Of a partitioned table the catalogue shows an index without those of its partitions.
    ...indexes.map(({ text }) => text.replace(' ON ONLY ', ' ON ')),
    ...constraints.filter(({ isReference }) => isReference).map(add),
    ...triggers.map(({ table, name }) => alter(table, `enable trigger ${identifier(name)}`)),
  ];
  const run = async (statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await client.query(statement);
  };
  await run(remove);
  return () => run(make);
}
