import { ForkscopeError, reasonOf, SettingsError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { sleep } from '../lib/sleep.ts';
import { connect } from './client.ts';
import { parseDatabaseUrl } from './databaseUrl.ts';
import { faultOf } from './serverFault.ts';

/** The server will never let us in as it is configured. */
class ServerRefusedError extends SettingsError<{ code: 'serverRefused'; server: string; reason: string }> {}
/** The server was not there in the time that there was. */
class ServerAwayError extends ForkscopeError<{ code: 'serverAway'; server: string; reason: string }> {}

export interface ReachOptions {
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** How long a server that is away is waited for; 0 = not at all, it is only told. Infinity = for ever. */
  readonly patienceMs: number;
  /** What goes on once it is there, for the line that says what is awaited. */
  readonly next: string;
}

const retryMs = 1_000;
const repeatMs = 60_000;

/**
 * Waits until the server lets us in. What is awaited is logged at once and every minute.
 * @throws ServerRefusedError if it never will; ServerAwayError when patience has ended. An abort ends the wait.
 */
export async function reachServer(url: string, options: ReachOptions): Promise<void> {
  const { log, signal, patienceMs } = options;
  const server = nameOf(url);
  const startedAt = performance.now();
  let toldAt: number | null = null;
  while (!signal.aborted) {
    const error = await attempt(url);
    if (error === null) {
      if (toldAt !== null) log.info('the database is there', { server });
      return;
    }
    const fault = faultOf(error);
    if (fault === null) throw error;
    const message = `the database server ${server} ${fault.text}`;
    if (fault.at === 'wrong') {
      throw new ServerRefusedError({ code: 'serverRefused', server, reason: reasonOf(error) }, message);
    }
    const now = performance.now();
    if (patienceMs > 0 && now - startedAt >= patienceMs) {
      throw new ServerAwayError({ code: 'serverAway', server, reason: reasonOf(error) }, message);
    }
    if (toldAt === null || now - toldAt >= repeatMs) {
      toldAt = now;
      log.warn(`waiting for the database: ${message}`, { next: options.next });
    }
    if (patienceMs === 0) return;
    await sleep(retryMs, signal);
  }
}

/** null = a server that fits is there; else why none is. */
async function attempt(url: string): Promise<unknown> {
  const sql = connect(url, { max: 1, connectTimeoutMs: 5_000, applicationName: 'forkscope start' });
  try {
    await sql`select 1`;
    return null;
  } catch (error) {
    return error;
  } finally {
    await sql.end({ timeout: 0 });
  }
}

/** User, hosts and database of a URL, without its password. */
function nameOf(url: string): string {
  const parsed = parseDatabaseUrl(url);
  if (parsed === null) return 'of DATABASE_URL';
  const hosts = parsed.hosts.map(({ host, port }) => (host.startsWith('/') ? host : `${host}:${port}`));
  return `${parsed.user === '' ? '' : `${parsed.user}@`}${hosts.join(',')}/${parsed.database}`;
}
