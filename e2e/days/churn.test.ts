/**
 * Who came and went, and how long nodes stay, against what is so, in virtual time: a crawler that is restarted and one that
 * is away for an hour, nodes that come and go, a machine that makes up keys. Uptime is within 4 points of the truth, the
 * median session within a quarter, of what looks every ten minutes can tell: longer absences and stays than that.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import type { SimulatedTruth } from '../../testkit/simulatedNetwork/networkTruth.ts';
import { openVirtualCrawl, type VirtualCrawl } from '../../testkit/virtualCrawl/virtualCrawl.ts';

const minute = 60_000;
const hour = 60 * minute;
/** Between two looks at a node that answers, and at most that until the second look at one that went. */
const resolution = 12 * minute;
const flags = { 'census-interval': '1h', revisit: '10m' };

interface Span {
  readonly from: number;
  readonly until: number;
}

test('sessions, uptime and who came and went are as they are, over a restart and an hour without a crawler', async (t) => {
  await using crawl = await open(t);
  const startedAt = crawl.clock.now();
  const first = crawl.start('here', flags);
  await crawl.pass(1.6 * hour);
  await first.stop();
  const second = crawl.start('here', flags);
  await crawl.pass(0.9 * hour);
  await second.stop();
  const gap = { from: crawl.clock.now(), until: crawl.clock.now() + hour };
  await crawl.pass(hour);
  const third = crawl.start('here', flags);
  await crawl.pass(1.52 * hour);
  const now = await readAt(crawl);
  const watched = (from: number, until: number): number =>
    Math.max(0, until - from - Math.max(0, Math.min(until, gap.until) - Math.max(from, gap.from)));
  const nodesOf = (group: string) => crawl.network.truth.filter((node) => node.group === group);

  const stable = await churnOf(crawl, 'client', 'geth');
  assert.deepEqual([stable.nodes, stable.joined, stable.left, stable.sessions, stable.uptime], [5, 0, 0, 0, 1]);

  const spans = nodesOf('moving').map((node) => visible(upOf(node, startedAt, now), watched));
  const met = spans.filter(({ length }) => length > 0);
  const begun = met.flatMap((own) => own.filter(({ from }) => from > startedAt));
  const moving = await churnOf(crawl, 'client', 'besu');
  const share =
    sum(met.flatMap((own) => own.map(({ from, until }) => watched(from, until)))) /
    sum(met.map(([own]) => watched(own?.from ?? now, now)));
  t.diagnostic(`moving: ${JSON.stringify(moving)}; truth: uptime ${share}, median ${survivalMedian(begun, now)}`);
  assert.ok(Math.abs((moving.uptime ?? 0) - share) < 0.04, `uptime ${moving.uptime} for ${share}`);
  const median = survivalMedian(begun, now) / 1_000;
  assert.ok(Math.abs((moving.median ?? 0) - median) < 0.25 * median, `median ${moving.median} for ${median} s`);
  const came = met.filter((own) => own.some(({ from }) => from > startedAt)).length;
  const went = met.filter((own) => own.some(({ until }) => until < now)).length;
  assert.ok(Math.abs(moving.joined - came) <= 3 && Math.abs(moving.left - went) <= 3, `${came} came, ${went} went`);
  assert.equal(moving.partial, 'firstHours');

  const keys = await churnOf(crawl, 'client', 'nethermind');
  assert.ok(keys.nodes >= 8 && keys.rotating === keys.nodes, JSON.stringify(keys));
  assert.ok(keys.joined >= 7 && keys.joinedIps === 1, 'one machine');
  assert.deepEqual(
    [keys.sessions, keys.median, keys.uptime],
    [0, null, null],
    'its keys are no measure of how long nodes stay',
  );

  for (const { id, until, silent } of await endsOf(crawl)) {
    const node = crawl.network.truth.find((each) => each.id === id);
    const up = node === undefined ? [] : upOf(node, startedAt, now);
    assert.ok(
      !up.some((span) => span.from < silent && silent < span.until),
      `${node?.group} at ${until - startedAt}: it was there`,
    );
  }
  for (const crawler of [first, second, third])
    assert.deepEqual(
      crawler.log.filter((line) => line.startsWith('error')),
      [],
    );
});

async function open(t: TestContext): Promise<VirtualCrawl> {
  const network = 'mainnet';
  const nodes = [
    { name: 'stable', count: 5, client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0', network },
    {
      name: 'moving',
      count: 36,
      client: 'besu/v26.1.0/linux-x86_64/openjdk-java-25',
      network,
      churn: { up: '80m', down: '60m' },
    },
    { name: 'keys', count: 14, client: 'Nethermind/v1.36.0/linux-x64/dotnet10.0', network, rotation: '24m' },
  ];
  const scenario = parseScenario(JSON.stringify({ version: 1, seed: 7, networks: [], nodes, faults: [] }), 'the test');
  const database = await openTestDatabase(t);
  return openVirtualCrawl({ scenario, seed: 11, databaseUrl: database.url });
}

interface Churn {
  readonly nodes: number;
  readonly joined: number;
  readonly joinedIps: number;
  readonly left: number;
  readonly rotating: number;
  readonly sessions: number;
  readonly median: number | null;
  readonly uptime: number | null;
  readonly partial: string | null;
}

async function churnOf({ sql }: VirtualCrawl, cut: string, key: string): Promise<Churn> {
  const [row] = await sql<Churn[]>`
    select nodes, joined_ids as joined, joined_ips as "joinedIps", left_ids as left, rotating_ids as rotating, sessions,
      median_s as median, uptime::float8 as uptime, partial
    from churn_points where network = 'mainnet' and cut = ${cut} and key = ${key} and time_window = 'day'
    order by at desc limit 1`;
  return row ?? assert.fail(`no ${cut} ${key}`);
}

async function readAt({ sql }: VirtualCrawl): Promise<number> {
  const [row] = await sql<{ at: Date }[]>`select max(at) as at from churn_points`;
  return row?.at.getTime() ?? 0;
}

/** Each session that ended: its node, its end, and when the node was found silent first. */
async function endsOf({ sql }: VirtualCrawl): Promise<{ id: string; until: number; silent: number }[]> {
  const rows = await sql<{ id: string; until: Date; proved: Date }[]>`
    select encode(n.id, 'hex') as id, s.until_at as until, s.proved_at as proved
    from sessions s join nodes n using (node_no) where s.until_at > s.from_at`;
  assert.ok(rows.length > 20);
  return rows.map(({ id, until, proved }) => ({
    id,
    until: until.getTime(),
    silent: 2 * until.getTime() - proved.getTime(),
  }));
}

/** When a node was up, until `end`. */
function upOf({ phases }: SimulatedTruth, start: number, end: number): Span[] {
  const spans: Span[] = [];
  for (const [index, { from, alive }] of phases.entries()) {
    const until = Math.min(end, phases[index + 1]?.from ?? end);
    const since = Math.max(start, from ?? start);
    if (!alive || since >= until) continue;
    const last = spans.at(-1);
    if (last?.until === since) spans[spans.length - 1] = { from: last.from, until };
    else spans.push({ from: since, until });
  }
  return spans;
}

/** Without what is shorter than looks can tell: first absences, then stays. */
function visible(spans: readonly Span[], watched: (from: number, until: number) => number): Span[] {
  const merged: Span[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last !== undefined && watched(last.until, span.from) < resolution)
      merged[merged.length - 1] = { from: last.from, until: span.until };
    else merged.push(span);
  }
  return merged.filter(({ from, until }) => watched(from, until) >= resolution / 2);
}

/** Kaplan and Meier, written down once more. */
function survivalMedian(spans: readonly Span[], now: number): number {
  const sorted = spans
    .map(({ from, until }) => ({ lasted: until - from, ended: until < now }))
    .sort((a, b) => a.lasted - b.lasted);
  let share = 1;
  for (const [index, { lasted, ended }] of sorted.entries()) {
    if (ended) share *= 1 - 1 / (sorted.length - index);
    if (share <= 0.5) return lasted;
  }
  return Number.NaN;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
