import { SettingsError } from '../lib/errors.ts';
import type { Sql, SqlRunner } from './client.ts';
import { inTransaction } from './transaction.ts';

/** The groups that logins are put into. */
export const crawlerRole = 'forkscope_crawler';
export const readerRole = 'forkscope_reader';

class RolesError extends SettingsError<{ code: 'rolesRefused'; role: string }> {}

/** Only migrations change what describes the schema. */
const ofSchema = ['schema_migrations', 'applied_functions'];

/**
 * Makes the roles of least privilege where they are missing and gives them what they need of this database: crawlers and
 * watchers read and write rows and call functions, readers read. Neither makes, changes or drops anything; partitions are
 * made and dropped by functions that run as the owner. To be called by the owner, after each migration that makes tables.
 * Resolves with what it made or gave, for people.
 * @throws RolesError where the roles are missing and the owner may not make them
 */
export async function grantRoles(sql: Sql): Promise<readonly string[]> {
  return inTransaction(sql, '', async (transaction) => {
    // Roles are the server's: two databases may be at it at once.
    await transaction`select pg_advisory_xact_lock(hashtext('forkscope.roles'), 0)`;
    const made: string[] = [];
    for (const role of [crawlerRole, readerRole]) {
      if (await makeRole(transaction, role)) made.push(`created role ${role}`);
    }
    const [server] = await transaction<{ version: number; schema: string }[]>`
      select current_setting('server_version_num')::int4 as version, current_schema() as schema`;
    const schema = transaction(server?.schema ?? 'public');
    const [crawler, reader] = [transaction(crawlerRole), transaction(readerRole)];
    await transaction`grant usage on schema ${schema} to ${crawler}, ${reader}`;
    await transaction`grant select on all tables in schema ${schema} to ${crawler}, ${reader}`;
    await transaction`grant insert, update, delete on all tables in schema ${schema} to ${crawler}`;
    await transaction`revoke insert, update, delete on ${transaction(ofSchema)} from ${crawler}`;
    await transaction`grant select on all sequences in schema ${schema} to ${crawler}, ${reader}`;
    await transaction`grant execute on all functions in schema ${schema} to ${crawler}`;
    // What the owner makes later: partitions above all.
    await transaction`alter default privileges in schema ${schema} grant select on tables to ${crawler}, ${reader}`;
    await transaction`alter default privileges in schema ${schema} grant insert, update, delete on tables to ${crawler}`;
    if ((server?.version ?? 0) >= 170_000)
      await transaction`grant maintain on all tables in schema ${schema} to ${crawler}`;
    return [...made, `gave ${crawlerRole} and ${readerRole} what they need of ${server?.schema ?? 'public'}`];
  });
}

async function makeRole(sql: SqlRunner, role: string): Promise<boolean> {
  const there = await sql`select from pg_roles where rolname = ${role}`;
  if (there.length > 0) return false;
  const [me] = await sql<{ may: boolean }[]>`
    select rolsuper or rolcreaterole as may from pg_roles where rolname = current_user`;
  if (me?.may !== true) {
    throw new RolesError(
      { code: 'rolesRefused', role },
      `this user may not create roles: have an administrator run "create role ${crawlerRole}; create role ${readerRole};", then try again`,
    );
  }
  await sql`create role ${sql(role)} nologin`;
  return true;
}
