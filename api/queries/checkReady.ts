import { ForkscopeError } from '../../lib/errors.ts';
import type { Sql } from '../../sql/client.ts';
import { checkSchema } from '../../sql/migrate.ts';

/** Why answers cannot be given now, in plain words; null = they can. */
export async function checkReady(sql: Sql): Promise<string | null> {
  try {
    await checkSchema(sql);
    return null;
  } catch (error) {
    if (!(error instanceof ForkscopeError)) return 'the database cannot be reached';
    if (error.code === 'migrateDatabaseOlder') {
      return `the database waits for migrations (${error.message}); run \`forkscope migrate\``;
    }
    return `the database does not fit this version of Forkscope: ${error.message}`;
  }
}
