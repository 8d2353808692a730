import type { Logger } from '../../lib/logger.ts';
import type { ProcessDatabase } from '../../lib/runProcess.ts';
import type { EmbeddedServer } from '../../sql/embedded.ts';

export interface DatabaseServer {
  readonly url: string;
  /** Our own server, in the data directory; null = somebody else's. */
  readonly embedded: Pick<EmbeddedServer, 'untilGone' | 'restart'> | null;
  /** Ends an embedded server, once nobody else uses it; leaves any other alone. */
  stop(): Promise<void>;
}

/** The server that the configuration names, or the embedded one of the data directory. */
export async function openDatabase(
  config: { readonly databaseUrl: string | null; readonly dataDir: string },
  log: Logger,
): Promise<DatabaseServer> {
  if (config.databaseUrl !== null) return { url: config.databaseUrl, embedded: null, stop: async () => {} };
  const { startEmbedded } = await import('../../sql/embedded.ts');
  const server = await startEmbedded({ dataDir: config.dataDir, log: (message) => log.info(message) });
  return { url: server.url, embedded: server, stop: () => server.stop() };
}

/** The same for a program's process; `migrates` says whether that brings the schema up to date. */
export function processDatabase(
  config: { readonly databaseUrl: string | null; readonly dataDir: string },
  { migrates }: { readonly migrates: boolean },
): ProcessDatabase {
  return {
    open: (log) => openDatabase(config, log),
    ...(migrates ? { prepare: migrateDatabase } : {}),
    async whileFit(url, log, signal, work) {
      const { whileDatabaseFits } = await import('../../sql/watchSchema.ts');
      return whileDatabaseFits(url, log, signal, work);
    },
  };
}

/** Brings the schema up to date and closes its connection again; resolves with the files that it applied. */
export async function migrateDatabase(url: string, log: Logger): Promise<readonly string[]> {
  const { connect } = await import('../../sql/client.ts');
  const { migrate } = await import('../../sql/migrate.ts');
  const sql = connect(url, { max: 1, applicationName: 'forkscope migrate' });
  try {
    const { applied, functions, version } = await migrate(sql);
    if (applied.length + functions.length > 0) {
      log.info('database migrated', { applied: applied.length, functions: functions.length, version });
    }
    return [...applied, ...functions];
  } finally {
    await sql.end({ timeout: 5 });
  }
}
