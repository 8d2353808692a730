/** Forks come while a crawler watches with its own settings, in virtual time: no census judges nodes by the clock alone. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { openVirtualCrawl, type VirtualCrawl } from '../../testkit/virtualCrawl/virtualCrawl.ts';

const minute = 60_000;
const geth = 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0';
const old = 'Geth/v1.13.15-stable-c5ba367e/linux-amd64/go1.21.6';

async function openForks(t: TestContext, scenario: object): Promise<VirtualCrawl> {
  const database = await openTestDatabase(t);
  const parsed = parseScenario(JSON.stringify({ version: 1, seed: 7, ...scenario }), 'the test');
  return openVirtualCrawl({ scenario: parsed, seed: 5, databaseUrl: database.url });
}

/** What each census counted: minutes since the start, and the nodes of each class that was counted. */
async function censusClasses(crawl: VirtualCrawl, network: string, startedAt: number) {
  const rows = await crawl.sql<{ at: Date; key: string[]; ids: number }[]>`
    select at, key, ids from counts
    where network = ${network} and cut = 'fork_class' and population = 'alive' and time_window = 'now'
      and resolution = 'census' and ids > 0 order by at, key`;
  const byTime = new Map<number, Record<string, number>>();
  for (const { at, key, ids } of rows) {
    const minutes = Math.round((at.getTime() - startedAt) / minute);
    byTime.set(minutes, { ...byTime.get(minutes), [key[0] ?? '']: ids });
  }
  return [...byTime];
}

async function splitsTold(crawl: VirtualCrawl, network: string) {
  const rows = await crawl.sql<{ kind: string; data: { sides: { kind: string; nodes: number }[] } }[]>`
    select kind, data from events where subject = ${`network/${network}`} order by opened_at`;
  return rows.map(({ kind, data }) => [kind, data.sides.map((side) => [side.kind, side.nodes])]);
}

/** A fork by time: who was visited before it is not yet known, and is visited first. With this many nodes of each kind. */
export async function seeForkByTime(
  t: TestContext,
  { ready, late, atGenesis }: { readonly ready: number; readonly late: number; readonly atGenesis: number },
): Promise<void> {
  const forkMinute = 47;
  const about = { network: 'sepolia', latency: '20ms' };
  await using crawl = await openForks(t, {
    nodes: [
      { name: 'ready', count: ready, client: geth, ...about },
      { name: 'old', count: late, client: old, ...about, forkId: 'unprepared' },
      { name: 'new', count: atGenesis, client: geth, ...about, forkId: 'genesis' },
    ],
    faults: [{ kind: 'forkActivation', at: `${forkMinute}m`, network: 'sepolia', fork: 'Bogota' }],
  });
  const startedAt = crawl.clock.now();
  crawl.start('here', { 'census-interval': '1m' });
  await crawl.pass((forkMinute + 25) * minute);
  const counted = await censusClasses(crawl, 'sepolia', startedAt);
  const at = (minutes: number) => counted.find(([own]) => own === minutes)?.[1];
  assert.deepEqual(at(forkMinute - 1), { ready, current: late, atGenesis });
  for (const [minutes, classes] of counted) {
    if (minutes < forkMinute) continue;
    assert.ok(
      (classes.behind ?? 0) === 0 && (classes.atGenesis ?? 0) === atGenesis,
      `${minutes}: ${JSON.stringify(classes)}`,
    );
    assert.ok((classes.outdated ?? 0) <= late, `${minutes}: ${JSON.stringify(classes)}`);
  }
  assert.deepEqual(
    Object.keys(at(forkMinute + 1) ?? {}).filter((name) => !['notYetKnown', 'current', 'atGenesis'].includes(name)),
    [],
  );
  // Visits of all are half an hour apart; after the fork none waits for its turn.
  assert.deepEqual(at(forkMinute + 5), { current: ready, outdated: late, atGenesis });
}

/** A private chain whose fork by block is still ahead, for `ms`, at least 75 minutes: ready from the start, and never at genesis. */
export async function seeForkByBlock(t: TestContext, ms: number): Promise<void> {
  const forkAt = 100;
  const about = { client: geth, network: 'ours' };
  await using crawl = await openForks(t, {
    networks: [
      {
        slug: 'ours',
        own: { consensus: 'clique', networkId: 1337, forks: [{ name: 'London', block: forkAt }] },
        head: 22,
        blockTime: '15s',
      },
    ],
    nodes: [
      { name: 'ready', count: 5, ...about },
      { name: 'old', count: 1, ...about, client: old, forkId: 'unprepared' },
    ],
  });
  const startedAt = crawl.clock.now();
  // 78 blocks of 15 s.
  const forkMinute = ((forkAt - 22) * 15) / 60;
  crawl.start('here', { 'census-interval': '5m' });
  await crawl.pass(ms);
  const counted = await censusClasses(crawl, 'ours', startedAt);
  for (const [minutes, classes] of counted) {
    for (const wrong of ['atGenesis', 'behind', 'ahead', 'unknown']) {
      assert.equal(classes[wrong], undefined, `${wrong} after ${minutes} min: ${JSON.stringify(classes)}`);
    }
  }
  const at = (minutes: number) => counted.find(([own]) => own === minutes)?.[1];
  assert.deepEqual(at(5), { current: 1, ready: 5 });
  assert.ok(forkMinute < 20);
  assert.deepEqual(at(75), { current: 5, outdated: 1 });
  assert.deepEqual(await splitsTold(crawl, 'ours'), [
    [
      'forkSplit',
      [
        ['followed', 5],
        ['missed', 1],
      ],
    ],
  ]);
}
