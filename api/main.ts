/** The API, the pages and /metrics, listening. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { Registry } from 'prom-client';
import { SettingsError } from '../lib/errors.ts';
import { endAll, Lifetime, whenAborted } from '../lib/lifecycle.ts';
import type { Logger } from '../lib/logger.ts';
import { packageRoot } from '../lib/packageRoot.ts';
import { parseTimetable } from '../lib/timetable.ts';
import type { Database } from '../sql/database.ts';
import { readMigrations } from '../sql/migrate.ts';
import { createApp } from './app.ts';
import type { ApiConfig } from './config.ts';

/** All that the API needs from outside, but for the machine's network. */
export interface ApiWorld {
  readonly clock: { now(): number };
  /** May be away: /readyz says so. */
  readonly database: Database;
}

export interface ApiOptions {
  readonly config: ApiConfig;
  readonly version: string;
  readonly log: Logger;
  /** What /metrics shows. */
  readonly registry: Registry;
  /** Called with the URL, without a slash at the end, once it listens. */
  readonly onListening?: (url: string) => void;
}

class ServeError extends SettingsError<{ code: 'listenFailed'; host: string; port: number; reason: string }> {}

export interface RunningApi extends AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
}

/** A slow query must not occupy a connection: the page has given up long before. */
const statementTimeoutMs = 10_000;
const poolSize = 10;
/** Of those that ask whether the database is there: one without an answer keeps its connection, and the next needs another. */
const askerPoolSize = 4;
/** Requests that are still being answered at the end get this long. */
const drainMs = 4_000;

/** Serves until the signal aborts; then requests under way are answered first. @throws ServeError when it cannot listen */
export async function run(options: ApiOptions, world: ApiWorld, signal: AbortSignal): Promise<void> {
  await using api = await startApi(options, world, signal);
  options.onListening?.(api.url);
  await whenAborted(signal);
}

/**
 * Serves until the signal aborts or it is disposed of; either way requests under way are answered first.
 * @throws ServeError when it cannot listen
 */
export async function startApi(options: ApiOptions, world: ApiWorld, signal: AbortSignal): Promise<RunningApi> {
  const { config, log, registry, version } = options;
  const migrations = await readMigrations();
  const life = new Lifetime();
  const sql = world.database.connect({ max: poolSize, statementTimeoutMs, applicationName: 'forkscope serve' });
  life.add('database connections', () => sql.end({ timeout: 2 }));
  const asker = world.database.connect({ max: askerPoolSize, statementTimeoutMs, applicationName: 'forkscope serve' });
  life.add('connections for probes', () => asker.end({ timeout: 2 }));
  const webRoot = join(packageRoot, 'web/dist');
  if (!existsSync(join(webRoot, 'index.html'))) log.warn('the pages have not been built; run `npm run build`');
  const app = createApp({
    ...{ sql, asker },
    migrations,
    clock: world.clock,
    registry,
    config: {
      ...config,
      censusIntervalMs: parseTimetable(config.censusInterval).longestGapMs,
      // With debug lines somebody is developing: then an answer that breaks the contract is an error.
      checkResponses: config.logLevel === 'debug',
    },
    log,
    webRoot,
    version,
  });
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 10_000 }, app);
  const closeServer = prepareClose(server);
  let ended: Promise<boolean> | null = null;
  const close = (): Promise<boolean> => {
    ended ??= endAll(life, log);
    return ended;
  };
  try {
    await listen(server, config.httpHost, config.httpPort);
  } catch (error) {
    await close();
    throw error;
  }
  life.add('listener', closeServer, drainMs + 1_000);
  const onAbort = (): void => void close();
  life.add('signal', () => signal.removeEventListener('abort', onAbort));
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  const url = urlOf(server, config.httpHost);
  log.info('API and pages are served', { url });
  return { url, [Symbol.asyncDispose]: async () => void (await close()) };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const advice =
      reason === 'EADDRINUSE'
        ? `another program is listening on ${host}:${port}; stop it, or choose another port with --http-port (0 = any free one)`
        : `cannot listen on ${host}:${port} (${reason}); check --http-host and --http-port`;
    throw new ServeError({ code: 'listenFailed', host, port, reason }, advice, { cause });
  }
}

/** Ends a server: no new connections; once all requests are answered, or if that takes too long, the rest are closed. */
function prepareClose(server: Server): () => Promise<void> {
  let underWay = 0;
  let closing = false;
  const cutWhenDone = (): void => {
    if (closing && underWay === 0) server.closeAllConnections();
  };
  server.on('request', (_request, response) => {
    underWay++;
    response.on('close', () => {
      underWay--;
      cutWhenDone();
    });
  });
  return async () => {
    const closed = once(server, 'close');
    closing = true;
    server.close();
    cutWhenDone();
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    await closed;
    clearTimeout(cut);
  };
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
