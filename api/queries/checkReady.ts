import type { Sql } from '../../sql/client.ts';
import { checkSchema, type Migration } from '../../sql/migrate.ts';
import { MigrateError, UnfitDatabaseError } from '../../sql/migrateError.ts';

/** Why answers cannot be given now, in plain words; null = they can. `migrations` are those of this build. */
export async function checkReady(sql: Sql, migrations: readonly Migration[]): Promise<string | null> {
  try {
    await checkSchema(sql, migrations);
    return null;
  } catch (error) {
    if (error instanceof UnfitDatabaseError) {
      return `the database does not match this version of Forkscope: ${error.message}`;
    }
    if (error instanceof MigrateError && error.detail.code === 'migrateDatabaseOlder') {
      const { found, known } = error.detail;
      return `the database is at migration ${found} and this version needs ${known}; run \`forkscope migrate\``;
    }
    return 'the database cannot be reached';
  }
}
