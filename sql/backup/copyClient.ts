import pg from 'pg';
import { parseDatabaseUrl } from '../databaseUrl.ts';
import { BackupRefusedError, databaseError } from './backupError.ts';

/** One connection for COPY streams: postgres.js hands these out a row at a time, and was seen to hang on the last one. */
export type CopyClient = pg.Client;

/**
 * Connects to the first host of the URL that lets us in and, where `writes`, is no standby.
 * @throws what the last host said; BackupRefusedError of code `backupStandby` if only standbys answered
 */
async function connectForCopy(url: string, applicationName: string, writes: boolean): Promise<CopyClient> {
  const parsed = parseDatabaseUrl(url);
  if (parsed === null) throw new TypeError('DATABASE_URL is not a URL of PostgreSQL');
  const { user, password, database, parameters } = parsed;
  let last: unknown = null;
  for (const { host, port } of parsed.hosts) {
    for (const ssl of tlsOf(parameters)) {
      const client = new pg.Client({
        ...{ host, port, ssl, application_name: applicationName, connectionTimeoutMillis: 10_000, keepAlive: true },
        ...(user === '' ? {} : { user }),
        ...(password === '' ? {} : { password }),
        ...(database === '' ? {} : { database }),
      });
      // Told by the statement that is under way; without a listener it would end the process.
      client.on('error', () => {});
      try {
        await client.connect();
        if (!writes || !(await isStandby(client))) return client;
        last = new BackupRefusedError(
          { code: 'backupStandby' },
          `${host}:${port} is a standby: restore on its primary`,
        );
      } catch (error) {
        last = error;
      }
      await client.end().catch(() => {});
    }
  }
  throw last;
}

/**
 * What `work` resolves with, on a connection for COPY that ends with it and with the signal.
 * @throws BackupError for whatever the server says, and what `work` throws of ours; the signal's reason
 */
export async function withCopyClient<T>(
  options: {
    readonly url: string;
    readonly applicationName: string;
    readonly writes: boolean;
    readonly signal: AbortSignal;
  },
  work: (client: CopyClient) => Promise<T>,
): Promise<T> {
  const { signal } = options;
  const client = await connectForCopy(options.url, options.applicationName, options.writes);
  const abort = () => void client.end().catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    await prepareSession(client);
    return await work(client);
  } catch (error) {
    signal.throwIfAborted();
    throw databaseError(error);
  } finally {
    signal.removeEventListener('abort', abort);
    await client.end().catch(() => {});
  }
}

/**
 * Begins to read one moment of a database of ours, in which retention removes nothing: one under way ends first.
 * @throws BackupRefusedError if there is no schema of Forkscope
 */
export async function beginReading(client: CopyClient): Promise<void> {
  await client.query(`select pg_advisory_lock(hashtext('forkscope.retention'), 0)`);
  await client.query('begin isolation level repeatable read read only');
  const [found] = await ask<{ there: boolean }>(client, `select to_regclass('schema_migrations') is not null as there`);
  if (found?.there === true) return;
  throw new BackupRefusedError(
    { code: 'backupNoSchema' },
    'the database holds nothing of Forkscope: correct DATABASE_URL or FORKSCOPE_DATA_DIR',
  );
}

/** Rows of a statement, whose values are text, numbers, truth values or JSON. */
export async function ask<Row extends pg.QueryResultRow>(client: CopyClient, text: string): Promise<readonly Row[]> {
  return (await client.query<Row>(text)).rows;
}

/** So that text means the same on every server, and nothing is cut off however long it takes. */
async function prepareSession(client: CopyClient): Promise<void> {
  await client.query(`
    set client_encoding = 'UTF8'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set timezone = 'UTC';
    set bytea_output = 'hex'; set extra_float_digits = 3; set statement_timeout = 0; set lock_timeout = 0;
    set idle_in_transaction_session_timeout = 0`);
  // Since PostgreSQL 17.
  await client.query(`select set_config(name, '0', false) from pg_settings where name = 'transaction_timeout'`);
}

async function isStandby(client: CopyClient): Promise<boolean> {
  const [row] = await ask<{ standby: boolean }>(client, 'select pg_is_in_recovery() as standby');
  return row?.standby === true;
}

/** What is tried, as postgres.js reads it: `require` encrypts without asking who is there, `prefer` goes on without. */
function tlsOf(parameters: ReadonlyMap<string, string>): readonly (false | { rejectUnauthorized: boolean })[] {
  const mode = parameters.get('sslmode') ?? parameters.get('ssl');
  if (mode === undefined || mode === 'disable' || mode === 'false') return [false];
  if (mode === 'prefer' || mode === 'allow') return [{ rejectUnauthorized: false }, false];
  return [{ rejectUnauthorized: mode !== 'require' }];
}
