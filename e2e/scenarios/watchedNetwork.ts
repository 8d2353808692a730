/** A simulated network that a crawler and the API watch, in virtual time or as processes over real sockets. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import type { SplitsResponse } from '../../api/contract/forks.ts';
import { parseClient } from '../../crawler/crawl/judgeVisit.ts';
import type { Sql } from '../../sql/client.ts';
import { truthAt } from '../../testkit/simulatedNetwork/networkTruth.ts';
import type { SimulatedRun } from '../../testkit/simulatedNetwork/simulatedRun.ts';

/** Disposing ends all of it. */
export interface WatchedNetwork extends AsyncDisposable {
  readonly network: SimulatedRun;
  readonly sql: Sql;
  /** Of the API and the pages. */
  readonly url: string;
  /** ms since the epoch, there. */
  now(): number;
  /** Lets this much time pass there. */
  pass(ms: number): Promise<void>;
  /** The body of GET /api/v1`path`; null = there is none yet. */
  get<T>(path: string): Promise<T | null>;
  /** Makes a page live in the network's time; the returned function lets it catch up. */
  keepTime(page: Page): Promise<() => Promise<void>>;
  /** Warnings and errors of the crawler and the API so far. */
  complaints(): string;
}

/** Settings by their names on the command line. */
export type Flags = Readonly<Record<string, string>>;

/** Starts the scenario and whoever watches it. */
export type Watch = (t: TestContext, scenario: object, flags?: Flags) => Promise<WatchedNetwork>;

/** Time between two rounds of the judges here, ms. */
const roundMs = 4_000;

/** Settings of the crawlers in these scenarios. */
export const watchFlags: Flags = {
  'packets-per-second': '100000',
  'census-interval': '2s',
  revisit: '4s',
  'split-round': `${roundMs}ms`,
  'split-close': '6s',
};

/** Settings of their API. */
export const serveFlags: Flags = { 'http-port': '0' };

export async function getJson<T>(url: string, path: string): Promise<T | null> {
  const response = await fetch(`${url}/api/v1${path}`);
  if (response.status === 404) return null;
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

/** Most that a step may take, ms, on a busy machine. */
export const patience = 140_000;

export const byName = (one: object, other: object) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);

/** Clients and versions as a side lists them. */
export function clientsOf(nodes: readonly { readonly client: string; readonly identified: boolean }[]) {
  const counts = new Map<string, { client: string | null; version: string | null; nodes: number }>();
  for (const { client: raw, identified } of nodes) {
    const { name, version } = identified
      ? parseClient({ clientName: raw, capabilities: [], listenPort: 0 })
      : { name: null, version: null };
    const key = JSON.stringify([name, version]);
    counts.set(key, { client: name, version, nodes: (counts.get(key)?.nodes ?? 0) + 1 });
  }
  return [...counts.values()].sort(byName);
}

/** The truth about each node at this moment. */
export function truthNow({ network, now }: WatchedNetwork) {
  return network.truth.map((node) => ({ ...node, ...truthAt(node, now()) })).filter(({ alive }) => alive);
}

export async function splitsOf(watched: WatchedNetwork, network: string): Promise<SplitsResponse['splits']> {
  return (await watched.get<SplitsResponse>(`/networks/${network}/splits`))?.splits ?? [];
}

/** How far back the judges look in a round. */
const judgedFromMs = 6 * roundMs;

/** Waits until the judges have looked at blocks of this many nodes in at least three rounds. */
export async function judgedOften(watched: WatchedNetwork, slug: string, nodes: number): Promise<void> {
  let since = 0;
  await waitFor(watched, `rounds over ${nodes} nodes of ${slug}`, async () => {
    const judgedFrom = new Date(watched.now() - judgedFromMs);
    const [most] = await watched.sql`
      select count(*)::int4 as nodes from block_facts where network = ${slug} and at > ${judgedFrom}
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
  watched: WatchedNetwork,
  what: string,
  look: () => Promise<{ readonly found: T } | { readonly saw: unknown }>,
  ms = patience,
): Promise<T> {
  for (const until = watched.now() + ms; ; await watched.pass(500)) {
    const answer = await look();
    if ('found' in answer) return answer.found;
    if (watched.now() > until) {
      assert.fail(`${what}: not within ${ms} ms; at last ${JSON.stringify(answer.saw)}\n${watched.complaints()}`);
    }
  }
}
