import type { Sql } from '../../sql/client.ts';
import { checkSchema } from '../../sql/migrate.ts';
import { MigrateError } from '../../sql/migrateError.ts';

/** Why answers cannot be given now, in plain words; null = they can. */
export async function checkReady(sql: Sql): Promise<string | null> {
  try {
    await checkSchema(sql);
    return null;
  } catch (error) {
    if (!(error instanceof MigrateError)) return 'the database cannot be reached';
    const { detail } = error;
    if (detail.code === 'migrateDatabaseOlder') {
      return `the database is at migration ${detail.found} and this version needs ${detail.known}; run \`forkscope migrate\``;
    }
    return `the database does not fit this version of Forkscope: ${error.message}`;
  }
}
