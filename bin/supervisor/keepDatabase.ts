import { formatDuration } from '../../lib/duration.ts';
import { reasonOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { sleep } from '../../lib/sleep.ts';
import type { DatabaseServer } from './openDatabase.ts';
import { planRestart } from './planRestart.ts';

export interface KeepOptions {
  readonly log: Logger;
  readonly now?: () => number;
  readonly chance?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Restarts an embedded server whenever its process is gone, with growing delays, until it is stopped. Clients keep their
 * URL and wait. A server that is not ours is left alone.
 */
export function keepDatabase(database: DatabaseServer, options: KeepOptions): DatabaseServer {
  const { embedded } = database;
  if (embedded === null) return database;
  const over = new AbortController();
  const kept = keepRunning(embedded, options, over.signal);
  return {
    ...database,
    stop: async () => {
      over.abort();
      await kept;
      await database.stop();
    },
  };
}

async function keepRunning(
  server: NonNullable<DatabaseServer['embedded']>,
  options: KeepOptions,
  signal: AbortSignal,
): Promise<void> {
  const { log, now = Date.now, chance = Math.random } = options;
  const pause = options.sleep ?? sleep;
  let startedAt = now();
  let failures = 0;
  let reason: string | undefined;
  await server.untilGone(signal);
  while (!signal.aborted) {
    const plan = planRestart(now(), { startedAt, failures }, chance());
    failures = plan.failures;
    const what = reason === undefined ? 'embedded PostgreSQL ended' : 'embedded PostgreSQL does not start';
    const fields = { reason, again: formatDuration(plan.delayMs), failures };
    if (plan.alarming) log.error(`${what}; restarting it`, fields);
    else log.warn(`${what}; restarting it`, fields);
    await pause(plan.delayMs, signal);
    if (signal.aborted) return;
    try {
      startedAt = now();
      await server.restart(signal);
      reason = undefined;
      await server.untilGone(signal);
    } catch (error) {
      reason = reasonOf(error);
      // However long it took, this was not a successful start.
      startedAt = now();
    }
  }
}
