/** A release that is older than the network: its nodes stay on their network, and it says so. In virtual time. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../lib/packageRoot.ts';
import { parseScenario } from '../lib/scenarioFile.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { openVirtualCrawl } from '../testkit/virtualCrawl/virtualCrawl.ts';

const minute = 60_000;
const client = 'base-reth-node/v1.4.1/x86_64-unknown-linux-gnu';
const scenario = parseScenario(
  JSON.stringify({
    version: 1,
    seed: 5,
    networks: [],
    // Most of a network is full: of those, only the record says which fork they follow.
    nodes: [
      { name: 'open', count: 8, client, network: 'base' },
      { name: 'busy', count: 25, client, network: 'base', reachability: 'busy' },
    ],
  }),
  'the test',
);

test('a fork that passed before the crawler started and that its file lacks drops nobody off the network', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-older-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = JSON.parse(readFileSync(join(packageRoot, 'chains/networks/data/base.json'), 'utf8'));
  const lost = file.forks.pop();
  assert.equal(lost.name, 'Cobalt');
  const old = join(folder, 'base.json');
  writeFileSync(old, JSON.stringify(file));
  const database = await openTestDatabase(t);
  // Three months after Cobalt.
  await using crawl = await openVirtualCrawl({ scenario, seed: 3, databaseUrl: database.url });
  const crawler = crawl.start('here', { network: old, 'census-interval': '10m' });
  await crawl.pass(150 * minute);
  const nodes = await crawl.sql`select network, count(*)::int4 as n from nodes group by 1`;
  assert.deepEqual(
    nodes.map(({ network, n }) => [network, n]),
    [['base', 33]],
  );
  const learned = await crawl.sql`
    select encode(hash, 'hex') as hash, activation, outdates from learned_forks`;
  assert.deepEqual(
    learned.map((row) => ({ ...row })),
    [{ hash: '68647e86', activation: BigInt(lost.time), outdates: true }],
  );
  const said = crawler.log.filter((line) => /the file of base is older than the network/.test(line));
  assert.equal(said.length, 1, crawler.log.join('\n'));
});
