/** The API over its own database, for tests: real Postgres, a real port on loopback, a stopped clock. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import type { Logger } from '../../lib/logger.ts';
import type { Sql } from '../../sql/client.ts';
import { readMigrations } from '../../sql/migrate.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { createApp } from '../app.ts';
import type { ApiDeps, AppConfig } from '../routes/deps.ts';

/** The initial time of a test API's clock. */
export const testNow = Date.parse('2026-03-01T12:00:00.000Z');

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; tests look into it as they like. */
  // biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is judged by each test
  readonly body: any;
}

export interface TestApi {
  readonly sql: Sql;
  readonly url: string;
  readonly registry: Registry;
  readonly clock: { time: number; now(): number };
  /** Messages of level warn and error. */
  readonly complaints: string[];
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export interface HasAfter {
  after(hook: () => Promise<void>): void;
}

export async function openTestApi(
  test: HasAfter,
  given: Partial<AppConfig> & Partial<Pick<ApiDeps, 'sql' | 'webRoot'>> = {},
): Promise<TestApi> {
  const { sql: ownSql, webRoot = null, ...config } = given;
  const sql = ownSql ?? (await openTestDatabase(test)).sql;
  const registry = new Registry();
  const clock = { time: testNow, now: () => clock.time };
  const complaints: string[] = [];
  const app = createApp({
    ...{ sql, asker: sql },
    migrations: await readMigrations(),
    clock,
    registry,
    config: {
      ...{ httpHost: '127.0.0.1', allowedHosts: [], rateLimit: 0, trustProxy: 0, maskIps: false },
      ...{ censusIntervalMs: 600_000, checkResponses: true },
      ...config,
    },
    log: collectComplaints(complaints),
    webRoot,
    version: '1.2.3',
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  test.after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const get = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, { headers, redirect: 'manual' });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
  };
  return { sql, url, registry, clock, complaints, get };
}

function collectComplaints(complaints: string[]): Logger {
  const keep: Logger['warn'] = (message, fields = {}) => {
    complaints.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { debug: () => {}, info: () => {}, warn: keep, error: keep };
}
