import type { ProcessDatabase } from '../../lib/runProcess.ts';
import { keepDatabase } from './keepDatabase.ts';
import { migrateDatabase, openDatabase } from './openDatabase.ts';

/**
 * The database of a program that has a process to itself: an embedded server is kept running, whoever else uses it.
 * `migrates` says whether the program brings the schema up to date.
 */
export function processDatabase(
  config: { readonly databaseUrl: string | null; readonly dataDir: string },
  { migrates }: { readonly migrates: boolean },
): ProcessDatabase {
  return {
    open: async (log) => keepDatabase(await openDatabase(config, log), { log }),
    ...(migrates ? { prepare: migrateDatabase } : {}),
    async whileFit(url, log, signal, work) {
      const { whileDatabaseFits } = await import('../../sql/watchSchema.ts');
      return whileDatabaseFits(url, log, signal, work);
    },
  };
}
