import { reasonOf } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { repeat } from '../lib/repeat.ts';
import { sleep } from '../lib/sleep.ts';
import { connect, type Sql } from './client.ts';
import { checkSchema, type Migration, readMigrations, schemaChannel } from './migrate.ts';
import { UnfitDatabaseError } from './migrateError.ts';

export interface SchemaWatch extends AsyncDisposable {
  /** Aborts, with an UnfitDatabaseError as its reason, when this build cannot run on the database any more. */
  readonly signal: AbortSignal;
}

export interface SchemaWatchOptions {
  readonly log: Logger;
  /** Those of this build. */
  readonly migrations: readonly Migration[];
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How often the schema is checked without a notice: replicas and poolers deliver none. */
const checkMs = 60_000;

/**
 * Watches for a newer Forkscope that applies a breaking migration. The database tells of it by NOTIFY; after a lost
 * connection the schema is checked again, because notices may have been missed. A database that is away, or not migrated
 * yet, is no reason to end.
 */
export function watchSchema(url: string, options: SchemaWatchOptions): SchemaWatch {
  const { log, migrations, sleep: pause = sleep } = options;
  const sql = connect(url, {
    max: 1,
    applicationName: 'forkscope schema watch',
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    idleTimeoutMs: 5_000,
  });
  const unfit = new AbortController();
  const over = new AbortController();
  const check = async (): Promise<void> => {
    try {
      await checkSchema(sql, migrations);
    } catch (error) {
      if (!(error instanceof UnfitDatabaseError) || over.signal.aborted || unfit.signal.aborted) return;
      log.error(`ending: ${error.message}`, { code: error.code });
      unfit.abort(error);
    }
  };
  sql
    .listen(
      schemaChannel,
      () => void check(),
      () => void check(),
    )
    .catch((error: unknown) => log.debug('no notices of changed schemas', { reason: reasonOf(error) }));
  const checking = repeat(
    { sleep: pause, ms: checkMs, work: check, onFailure: () => {} },
    AbortSignal.any([over.signal, unfit.signal]),
  );
  return {
    signal: unfit.signal,
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await sql.end({ timeout: 2 });
      await checking;
    },
  };
}

/**
 * Runs `work`. Its signal aborts with `signal`, and when a newer Forkscope has applied a breaking migration; once the work
 * has ended, the UnfitDatabaseError of that is thrown.
 */
export async function whileDatabaseFits<T>(
  url: string,
  log: Logger,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  await using watch = watchSchema(url, { log, migrations: await readMigrations() });
  try {
    return await work(AbortSignal.any([signal, watch.signal]));
  } finally {
    watch.signal.throwIfAborted();
  }
}

/** Nothing more is written to a database of a newer Forkscope: what waits to be written fails, as when it is away. */
export function endWhenUnfit(sql: Sql, signal: AbortSignal): void {
  const end = (): void => {
    if (signal.reason instanceof UnfitDatabaseError) void sql.end({ timeout: 1 });
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
}
