import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger } from '../../lib/logger.ts';
import { keepDatabase } from './keepDatabase.ts';

/** A server whose ends and starts the test decides on; `pauses` are the waits between them. */
function setUp(starts: readonly (Error | null)[]) {
  const lines: string[] = [];
  const log = createLogger({
    level: 'debug',
    format: 'text',
    now: () => 0,
    write: (line) => lines.push(line.slice(25)),
  });
  const pauses: number[] = [];
  const left = [...starts];
  let stopped = 0;
  let now = 0;
  let settle = (): void => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const abortOf = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve());
    });
  const embedded = {
    untilGone: async (signal: AbortSignal) => {
      if (left.length > 0) return;
      settle();
      await abortOf(signal);
    },
    restart: async () => {
      const result = left.shift();
      now += 200_000;
      if (result instanceof Error) throw result;
      now -= 200_000;
    },
  };
  const database = keepDatabase(
    { url: 'postgres://here', embedded, stop: async () => void stopped++ },
    {
      log,
      now: () => now,
      chance: () => 0.999999,
      sleep: async (ms) => {
        pauses.push(ms);
        now += ms;
      },
    },
  );
  return { database, lines, pauses, settled, stopped: () => stopped };
}

describe('keepDatabase', () => {
  test('starts a server that ended again, once, and says so once', async () => {
    const { database, lines, settled, stopped, pauses } = setUp([null]);
    await settled;
    assert.deepEqual(lines, ['WARN  embedded PostgreSQL ended; restarting it again=500ms failures=1']);
    assert.deepEqual(pauses, [500]);
    await database.stop();
    assert.equal(stopped(), 1);
  });

  test('waits longer after each start that failed, however long it took, and says why', async () => {
    const { database, lines, settled, pauses } = setUp([...Array(6).fill(new Error('no room')), null]);
    await settled;
    assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
    assert.equal(
      lines[1],
      'WARN  embedded PostgreSQL does not start; restarting it reason="no room" again=1s failures=2',
    );
    assert.match(lines[4] ?? '', /^ERROR .* failures=5$/);
    await database.stop();
  });

  test('stop ends the waiting for the next start', async () => {
    let paused = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      paused = resolve;
    });
    const embedded = {
      untilGone: async () => {},
      restart: async () => assert.fail('started after the stop'),
    };
    let stopped = false;
    const database = keepDatabase(
      {
        url: 'postgres://here',
        embedded,
        stop: async () => {
          stopped = true;
        },
      },
      {
        log: createLogger({ level: 'error', format: 'text', now: () => 0, write: () => {} }),
        sleep: (_ms, signal) => {
          paused();
          return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
        },
      },
    );
    await waiting;
    await database.stop();
    assert.ok(stopped);
  });

  test('leaves the server of somebody else alone', () => {
    const database = { url: 'postgres://there', embedded: null, stop: async () => {} };
    const log = createLogger({ level: 'error', format: 'text', now: () => 0, write: () => {} });
    assert.equal(keepDatabase(database, { log }), database);
  });
});
