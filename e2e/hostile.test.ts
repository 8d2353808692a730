/**
 * A thousand liars at once: the honest are still found, each lie is counted by its code, and memory stays flat. The
 * memory is compared with that of a crawler at work: before the liars come it has visited as many honest nodes several
 * times, because V8 takes some 30 MB for its first thousand visits whoever is visited, and keeps them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchScenario } from '../bench/benchScenario.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { type Lie, lies, tcpLies } from '../testkit/hostilePeers.ts';
import { startSimulatedNetwork } from '../testkit/simulatedNetwork/simulatedNetwork.ts';
import { startForkscope, temporaryFolder } from './forkscopeProcess.ts';
import { startSwarm } from './peers/ethereumjsSwarm.ts';
import { startHostile } from './peers/startHostile.ts';

const second = 86;
const liarCount = 1_000;
const peerCount = 8;
/** Simulated nodes that answer as they should. */
const honestCount = 600;
/** Everybody again and again, before the liars come and while they are there. */
const revisitSeconds = 10;
const honestVisits = 4 * (peerCount + honestCount);
const maxGrowthBytes = 20 * 1024 * 1024;

/** Forged neighbours are for a test of their own: they cost what every known ID costs. */
const kinds = lies.filter((lie) => lie !== 'forgedNeighbours');
/** The metric and code under which each lie must show, at least once a liar that tells it; silence is nothing to count. */
const counted: Readonly<Record<Exclude<Lie, 'forgedNeighbours' | 'silence'>, readonly [metric: string, code: string]>> =
  {
    wrongHash: ['packets_rejected', 'packetHash'],
    expired: ['packets_rejected', 'expired'],
    wrongKey: ['packets_rejected', 'unsolicited'],
    wrongToken: ['packets_rejected', 'unsolicited'],
    oversized: ['packets_rejected', 'packetSize'],
    nested: ['packets_rejected', 'rlpDepth'],
    tcpSilence: ['visits', 'authTimeout'],
    ackGarbage: ['session_errors', 'eciesPoint'],
    ackHuge: ['session_errors', 'eciesSize'],
    frameHuge: ['session_errors', 'frameSize'],
    helloNested: ['session_errors', 'frameSize'],
    statusNested: ['session_errors', 'snappySize'],
    statusBomb: ['session_errors', 'snappySize'],
    tcpSlow: ['visits', 'authTimeout'],
  };

test('a thousand lying peers', { timeout: 290_000 }, async (t) => {
  const folder = temporaryFolder(t, 'hostile');
  const database = await openTestDatabase(t);
  await using swarm = await startSwarm({ count: peerCount, second });
  const scenario = benchScenario({
    nodes: honestCount,
    seed: 86,
    deadPerLive: 0,
    latencyMs: 0,
    jitterMs: 0,
    loss: 0,
    hostile: 0,
  });
  await using honest = await startSimulatedNetwork({ scenario, second: second + 2 });
  const own = { ip: `127.${second}.9.9`, port: 30_380 };
  await using crawler = startForkscope(
    [
      'crawl',
      ...[
        '--data-dir',
        folder,
        '--networks',
        'mainnet,sepolia',
        '--bootnodes',
        [swarm.peers[0]?.enode, ...honest.bootnodes(2)].join(','),
      ],
      ...['--allowed-cidrs', '127.0.0.0/8', '--bind4', own.ip, '--bind6', 'none', '--port', String(own.port)],
      ...['--crawl-metrics-port', '0', '--revisit', `${revisitSeconds}s`],
    ],
    // As `start` runs it.
    { DATABASE_URL: database.url, NODE_OPTIONS: '--max-semi-space-size=8' },
  );
  const [, metricsUrl = ''] = await crawler.printed(/metrics are served.*"url":"([^"]+)"/, 30_000);

  // At work, not at rest: V8 gives some 30 MB back now and then when there is nothing to do.
  let before = 0;
  await until(120_000, async () => {
    before = Math.max(before, await residentBytes(metricsUrl));
    return (await visits(metricsUrl)) >= honestVisits;
  });
  await settle();
  before = Math.max(before, await residentBytes(metricsUrl));

  await using liars = await startHostile({ count: liarCount, second: second + 1, kinds, introduceTo: own });
  // Who does not answer our PING as he should has proven nothing, and nobody visits him.
  const proving = liars.peers.filter(({ lie }) => tcpLies.some((one) => one === lie));
  let peak = 0;
  let missing: readonly string[] = [];
  const allCounted = async (): Promise<boolean> => {
    peak = Math.max(peak, await residentBytes(metricsUrl));
    const expected = peerCount + honestCount + proving.length;
    const known = await gauge(metricsUrl, 'frontier_nodes');
    const unvisited = await gauge(metricsUrl, 'frontier_unvisited_nodes');
    if (known < expected || unvisited > 0) {
      missing = [`${known} of ${expected} known, ${unvisited} of them not visited yet`];
      return false;
    }
    missing = await notCounted(metricsUrl, liars.peers, await liars.told());
    return missing.length === 0;
  };
  // A visit to somebody who answers nothing ends when the last of our questions is given up.
  await until(200_000, allCounted).catch((error: unknown) => {
    assert.deepEqual(missing, []);
    throw error;
  });
  await settle();
  peak = Math.max(peak, await residentBytes(metricsUrl));
  t.diagnostic(`RSS before ${mebibytes(before)}, peak ${mebibytes(peak)}, growth ${mebibytes(peak - before)}`);
  const found = await database.sql<{ id: string; client: string | null; alive: boolean }[]>`
    select encode(id, 'hex') as id, client_raw as client, last_alive is not null as alive from node_rows`;
  const byId = new Map(found.map((node) => [node.id, node]));
  for (const { id, clientName } of swarm.peers) assert.equal(byId.get(id)?.client, clientName);
  // Who proved nothing is not even stored: anybody could fill the database with such.
  const proved = new Set(proving.map(({ id }) => id));
  const unproven = liars.peers.filter(({ id }) => !proved.has(id));
  assert.deepEqual(
    unproven.filter(({ id }) => byId.has(id)),
    [],
  );
  for (const { id, alive } of honest.truth) assert.equal(byId.get(id)?.alive ?? false, alive, id);
  assert.ok(peak - before <= maxGrowthBytes, `RSS grew by ${mebibytes(peak - before)}`);
});

/** Kinds of lies that were told by more liars than they were counted, or that hardly anybody asked for. */
async function notCounted(
  url: string,
  liars: readonly { readonly lie: Lie; readonly id: string }[],
  asked: ReadonlySet<string>,
): Promise<string[]> {
  const problems: string[] = [];
  /** Several lies may have one code: then it must have been counted for all of them. */
  const due = new Map<string, { name: string; code: string; told: number }>();
  for (const [lie, [name, code]] of Object.entries(counted)) {
    const able = liars.filter((peer) => peer.lie === lie);
    const told = able.filter(({ id }) => asked.has(id)).length;
    if (told < able.length / 2) problems.push(`${lie}: only ${told} of ${able.length} were asked`);
    const key = `${name} ${code}`;
    due.set(key, { name, code, told: told + (due.get(key)?.told ?? 0) });
  }
  for (const { name, code, told } of due.values()) {
    const seen = await metric(url, name, code);
    if (seen < told) problems.push(`${code}: told ${told} times, counted ${seen} times`);
  }
  return problems;
}

async function scrape(url: string): Promise<readonly string[]> {
  return (await (await fetch(url)).text()).split('\n');
}

/** Sum over all series of the counter with this `code`. */
async function metric(url: string, name: string, code: string): Promise<number> {
  const prefix = `forkscope_crawler_${name}_total{`;
  const lines = (await scrape(url)).filter((line) => line.startsWith(prefix) && line.includes(`code="${code}"`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function visits(url: string): Promise<number> {
  const lines = (await scrape(url)).filter((line) => line.startsWith('forkscope_crawler_visits_total{'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

function residentBytes(url: string): Promise<number> {
  return gauge(url, 'process_resident_memory_bytes');
}

async function gauge(url: string, name: string): Promise<number> {
  const line = (await scrape(url)).find((text) => text.startsWith(`forkscope_crawler_${name} `));
  assert.ok(line, `${name} is told`);
  return Number(line.split(' ').at(-1));
}

/** Time for late packets and the garbage collector. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 3_000));
}

async function until(ms: number, look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + ms;
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`not after ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
