import type { ProcessDatabase } from '../../lib/runProcess.ts';
import { keepDatabase } from './keepDatabase.ts';
import { requireFree, takeLock } from './lockFile.ts';
import { migrateDatabase, openDatabase } from './openDatabase.ts';

/**
 * The database of a program that has a process to itself: an embedded server is kept running, whoever else uses it, and
 * another one is waited for (`patienceMs`, as in `reachServer`). `migrates` says whether the program brings the schema up
 * to date.
 */
export function processDatabase(
  config: { readonly databaseUrl: string | null; readonly dataDir: string },
  { migrates, patienceMs }: { readonly migrates: boolean; readonly patienceMs: number },
): ProcessDatabase {
  return {
    open: async (log, signal) => keepDatabase(await openDatabase(config, log, signal, patienceMs), { log }),
    ...(migrates ? { prepare: migrateDatabase } : {}),
    async whileFit(url, log, signal, work) {
      const { whileDatabaseFits } = await import('../../sql/watchSchema.ts');
      return whileDatabaseFits(url, log, signal, work);
    },
  };
}

/**
 * The same, while this process holds a lock, which is released last. A server of somebody else is waited for before; the
 * embedded one is opened under the lock.
 */
export function lockedDatabase(database: ProcessDatabase, path: string, isEmbedded: boolean): ProcessDatabase {
  return {
    ...database,
    async open(log, signal) {
      requireFree(path);
      const given = isEmbedded ? null : await database.open(log, signal);
      const lock = takeLock(path);
      try {
        const server = given ?? (await database.open(log, signal));
        return { ...server, stop: () => server.stop().finally(() => lock.release()) };
      } catch (error) {
        lock.release();
        throw error;
      }
    },
  };
}
