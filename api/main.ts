/** Composition root of the serve process: the only place that makes its real clock, registry, pool and port. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { ForkscopeError } from '../lib/errors.ts';
import { Lifetime } from '../lib/lifecycle.ts';
import { createStderrLogger, type Logger } from '../lib/logger.ts';
import { packageRoot } from '../lib/packageRoot.ts';
import { connect } from '../sql/client.ts';
import { readMigrations } from '../sql/migrate.ts';
import { createApp } from './app.ts';
import type { ApiConfig } from './config.ts';

/** The configuration, once it is known which database is meant. */
export type ServeConfig = Omit<ApiConfig, 'databaseUrl'> & { readonly databaseUrl: string };

export class ServeError extends ForkscopeError<{ code: 'listenFailed'; host: string; port: number; reason: string }> {}

export interface RunningApi extends AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
}

/** A slow query must not keep a connection: a page has given up long before. */
const statementTimeoutMs = 10_000;
const poolSize = 10;
/** Requests that are still being answered at the end get this long. */
const drainMs = 4_000;

/**
 * Serves API, pages and metrics until the signal aborts or it is disposed of; either way requests under way are
 * answered first. Throws ServeError when it cannot listen. The database may come later: /readyz says so.
 */
export async function startApi(config: ServeConfig, signal: AbortSignal, given?: Logger): Promise<RunningApi> {
  const log =
    given ?? createStderrLogger({ level: config.logLevel, format: config.logFormat, secrets: [config.databaseUrl] });
  const migrations = await readMigrations();
  const lifetime = new Lifetime();
  const sql = connect(config.databaseUrl, { max: poolSize, statementTimeoutMs, applicationName: 'forkscope serve' });
  lifetime.add('database', () => sql.end({ timeout: 2 }));
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'forkscope_api_' });
  lifetime.add('metrics', () => registry.clear());
  const webRoot = join(packageRoot, 'web/dist');
  if (!existsSync(join(webRoot, 'index.html'))) log.warn('the pages have not been built; run `npm run build`');
  const app = createApp({
    sql,
    migrations,
    clock: { now: Date.now },
    registry,
    // Whoever reads debug lines develops: there an answer that breaks the contract is an error.
    config: { ...config, checkResponses: config.logLevel === 'debug' },
    log,
    webRoot,
    version: readVersion(),
  });
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 10_000 }, app);
  const closeServer = prepareClose(server);
  try {
    await listen(server, config.httpHost, config.httpPort);
  } catch (error) {
    await lifetime.close();
    throw error;
  }
  lifetime.add('listener', closeServer, drainMs + 1_000);
  const close = () => void lifetime.close();
  lifetime.add('signal', () => signal.removeEventListener('abort', close));
  if (signal.aborted) close();
  else signal.addEventListener('abort', close, { once: true });
  const url = urlOf(server, config.httpHost);
  log.info('API and pages are served', { url });
  return { url, [Symbol.asyncDispose]: async () => void (await lifetime.close()) };
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

/** Ends a server: no new connections; once nothing is being answered any more, or it takes too long, the rest are cut. */
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

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  const isObject = typeof manifest === 'object' && manifest !== null;
  return isObject && 'version' in manifest ? String(manifest.version) : 'unknown';
}
