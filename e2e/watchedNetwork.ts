/** A simulated network and, as processes of their own over a real PostgreSQL, the crawler and the API that watch it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreeOctet } from '../crawler/testkit/simulatedNetwork/findFreeOctet.ts';
import { type SimulatedNetwork, startSimulatedNetwork } from '../crawler/testkit/simulatedNetwork/simulatedNetwork.ts';
import { parseScenario } from '../lib/scenarioFile.ts';
import type { Sql } from '../sql/client.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { startForkscope, temporaryFolder } from './forkscopeProcess.ts';

export interface WatchedNetwork {
  /** Ends the processes before the test does. */
  close(): Promise<void>;
  readonly network: SimulatedNetwork;
  readonly sql: Sql;
  /** Of the API and the pages. */
  readonly url: string;
  /** The body of GET /api/v1`path`; null = there is none yet. */
  get<T>(path: string): Promise<T | null>;
  /** What the processes complained of so far. */
  complaints(): string;
}

/** Time between two rounds of the judges here, ms. */
export const roundMs = 4_000;

/** Starts the scenario and whoever watches it; all ends with the test. */
export async function watchSimulated(
  t: TestContext,
  scenario: object,
  flags: readonly string[] = [],
): Promise<WatchedNetwork> {
  const parsed = parseScenario(JSON.stringify({ version: 1, ...scenario }), 'the scenario of the test');
  const folder = temporaryFolder(t, 'watched');
  const database = await openTestDatabase(t);
  const network = await startSimulatedNetwork({ scenario: parsed, second: await findFreeOctet() });
  const files = [...network.networkFiles].map(([slug, text]) => {
    const path = join(folder, `${slug}.json`);
    writeFileSync(path, text);
    return path;
  });
  const common = ['--networks', [...new Set(parsed.nodes.map((group) => group.network))].join(',')];
  if (files.length > 0) common.push('--network', files.join(','));
  const env = { DATABASE_URL: database.url };
  const crawl = startForkscope(
    [
      ...['crawl', '--data-dir', folder, ...common, '--bootnodes', network.bootnodes(3).join(',')],
      ...['--allowed-cidrs', '127.0.0.0/8', '--bind4', '127.0.0.1', '--bind6', 'none', '--port', '0'],
      ...['--crawl-metrics-port', '0', '--packets-per-second', '100000', '--census-cron', '*/2 * * * * *'],
      ...['--revisit', '4s', '--split-round', `${roundMs}ms`, '--split-close', '6s', ...flags],
    ],
    env,
  );
  const serve = startForkscope(['serve', '--http-port', '0', '--census-interval', '5s', ...common], env);
  const close = async (): Promise<void> => {
    await Promise.all([crawl[Symbol.asyncDispose](), serve[Symbol.asyncDispose]()]);
    await network.close();
  };
  t.after(close);
  const [, url = ''] = await serve.printed(/served.*?"url":"([^"]+)"/, 60_000);
  return {
    close,
    network,
    sql: database.sql,
    url,
    get: async (path) => {
      const response = await fetch(`${url}/api/v1${path}`);
      if (response.status === 404) return null;
      assert.equal(response.status, 200, await response.clone().text());
      return response.json();
    },
    complaints: () => `${crawl.stderr().slice(-3_000)}\n${serve.stderr().slice(-1_000)}`,
  };
}

/** Asks until there is an answer. `look` gives it, or tells what it saw instead. */
export async function waitFor<T>(
  what: string,
  { ms, complaints }: { readonly ms: number; readonly complaints: () => string },
  look: () => Promise<{ readonly found: T } | { readonly saw: unknown }>,
): Promise<T> {
  for (const until = Date.now() + ms; ; await sleep(500)) {
    const answer = await look();
    if ('found' in answer) return answer.found;
    if (Date.now() > until) {
      assert.fail(`${what}: not within ${ms} ms; at last ${JSON.stringify(answer.saw)}\n${complaints()}`);
    }
  }
}
