import { reasonOf } from '../../lib/errors.ts';
import type { Sql } from '../../sql/client.ts';
import { checkSchema, type Migration } from '../../sql/migrate.ts';
import { MigrateError, UnfitDatabaseError } from '../../sql/migrateError.ts';

/** Why answers cannot be given now: what the caller is told in plain words, and what the log says. */
export interface NotReady {
  readonly message: string;
  readonly reason: string;
}

/** null = answers can be given. `migrations` are those of this build. */
export async function checkReady(sql: Sql, migrations: readonly Migration[]): Promise<NotReady | null> {
  try {
    await checkSchema(sql, migrations);
    return null;
  } catch (error) {
    const misfit = describeMisfit(error);
    return misfit === null
      ? { message: 'the database cannot be reached', reason: reasonOf(error) }
      : { message: misfit, reason: misfit };
  }
}

/** What is wrong with a database that answers; null = it does not answer. */
function describeMisfit(error: unknown): string | null {
  if (error instanceof UnfitDatabaseError) {
    return `the database does not match this version of Forkscope: ${error.message}`;
  }
  if (error instanceof MigrateError && error.detail.code === 'migrateDatabaseOlder') {
    const { found, known } = error.detail;
    return `the database is at migration ${found} and this version needs ${known}; run \`forkscope migrate\``;
  }
  return null;
}
