/** A simulated network and, as processes of their own over a real PostgreSQL, the crawler and the API that watch it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SplitsResponse } from '../api/contract/forks.ts';
import { parseClient } from '../crawler/crawl/judgeVisit.ts';
import { parseScenario } from '../lib/scenarioFile.ts';
import type { Sql } from '../sql/client.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { findFreeOctet } from '../testkit/simulatedNetwork/findFreeOctet.ts';
import { type SimulatedTruth, truthAt } from '../testkit/simulatedNetwork/networkTruth.ts';
import { type SimulatedNetwork, startSimulatedNetwork } from '../testkit/simulatedNetwork/simulatedNetwork.ts';
import { startForkscope, temporaryFolder } from './forkscopeProcess.ts';

/** Disposing ends its processes. */
export interface WatchedNetwork extends AsyncDisposable {
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
const roundMs = 4_000;

/** Starts the scenario and whoever watches it. */
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
  const dispose = async (): Promise<void> => {
    await Promise.all([crawl[Symbol.asyncDispose](), serve[Symbol.asyncDispose]()]);
    await network.close();
  };
  const url = await serve.printed(/served.*?"url":"([^"]+)"/, 60_000).then(
    ([, found = '']) => found,
    async (error: unknown) => {
      await dispose();
      throw error;
    },
  );
  return {
    [Symbol.asyncDispose]: dispose,
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

/** Most that a step may take, ms: a machine that is busy with other things takes its time. */
export const patience = 140_000;

export const byName = (one: object, other: object) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);

/** Clients and versions as a side lists them. */
export function clientsOf(nodes: readonly { readonly client: string; readonly identified: boolean }[]) {
  const counts = new Map<string, { client: string | null; version: string | null; nodes: number }>();
  for (const { client: raw, identified } of nodes) {
    const { name, version } = identified ? parseClient(raw) : { name: null, version: null };
    const key = JSON.stringify([name, version]);
    counts.set(key, { client: name, version, nodes: (counts.get(key)?.nodes ?? 0) + 1 });
  }
  return [...counts.values()].sort(byName);
}

/** What is so of each node at this moment. */
export function truthNow({ truth }: { readonly truth: readonly SimulatedTruth[] }) {
  const now = Date.now();
  return truth.map((node) => ({ ...node, ...truthAt(node, now) })).filter(({ alive }) => alive);
}

export async function splitsOf(watched: WatchedNetwork, network: string): Promise<SplitsResponse['splits']> {
  return (await watched.get<SplitsResponse>(`/networks/${network}/splits`))?.splits ?? [];
}

/** How far back the judges of a round look. */
const judgedFromMs = 6 * roundMs;

/** Until the judges have looked at blocks of so many nodes in three rounds and more. */
export async function judgedOften(watched: WatchedNetwork, slug: string, nodes: number): Promise<void> {
  let since = 0;
  await waitFor(`rounds over ${nodes} nodes of ${slug}`, { ms: patience, complaints: watched.complaints }, async () => {
    const [most] = await watched.sql`
      select count(*)::int4 as nodes from block_facts where network = ${slug} and at > ${new Date(Date.now() - judgedFromMs)}
      group by height order by 1 desc limit 1`;
    const [watch] =
      await watched.sql`select (state->>'roundAt')::float8 as at from fork_watches where network = ${slug}`;
    const saw = { nodes: most?.nodes ?? 0, at: watch?.at ?? 0 };
    if (since === 0 && saw.nodes >= nodes) since = saw.at;
    return since > 0 && saw.at - since >= 4 * roundMs ? { found: saw } : { saw };
  });
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
