import type { Logger } from '../../lib/logger.ts';
import type { EmbeddedServer } from '../../sql/embedded.ts';

export interface DatabaseServer {
  readonly url: string;
  /** Our own server, in the data directory; null = somebody else's. */
  readonly embedded: Pick<EmbeddedServer, 'untilGone' | 'restart'> | null;
  /** Ends an embedded server, once nobody else uses it; leaves any other alone. */
  stop(): Promise<void>;
}

/**
 * The server that the configuration names, once it lets us in, or the embedded one of the data directory.
 * @throws as reachServer and startEmbedded
 */
export async function openDatabase(
  config: { readonly databaseUrl: string | null; readonly dataDir: string },
  log: Logger,
  signal: AbortSignal,
  patienceMs: number,
): Promise<DatabaseServer> {
  const { databaseUrl } = config;
  if (databaseUrl !== null) {
    const { reachServer } = await import('../../sql/reachServer.ts');
    await reachServer(databaseUrl, { log, signal, patienceMs, next: 'continuing by itself' });
    return { url: databaseUrl, embedded: null, stop: async () => {} };
  }
  const { startEmbedded } = await import('../../sql/embedded.ts');
  const server = await startEmbedded({ dataDir: config.dataDir, log: (message) => log.info(message) });
  return { url: server.url, embedded: server, stop: () => server.stop() };
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
