/** A private chain of real geth nodes passes a fork by block and one by time, when GETH names a binary. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { startGethChain } from '../testkit/gethChain.ts';
import { startForkscope, temporaryFolder } from './forkscopeProcess.ts';

const binary = process.env.GETH;
const skip = binary === undefined ? 'GETH names no geth: simulated nodes stand in for it' : false;
const forkBlock = 101;

test('seven real nodes: ready until the forks, never at genesis, then current but for the one that lacks them', {
  skip,
  timeout: 900_000,
}, async (t) => {
  const forkTime = Math.floor(Date.now() / 1_000) + 200;
  const rules = { mergeNetsplitBlock: forkBlock, shanghaiTime: forkTime };
  const chain = await startGethChain(binary ?? '', [...Array(6).fill(rules), {}]);
  t.after(() => chain.stop());
  await chain.makeBlocks(22);
  const database = await openTestDatabase();
  t.after(() => database.close());
  const folder = temporaryFolder(t, 'geth-forks');
  const file = join(folder, 'ours.json');
  writeFileSync(
    file,
    JSON.stringify({
      ...{ version: 1, slug: 'ours', name: 'Ours', networkId: 1_337, genesisHash: chain.genesisHash, consensus: 'pos' },
      forks: [
        { name: 'MergeNetsplit', block: forkBlock },
        { name: 'Shanghai', time: forkTime },
      ],
      bootnodes: chain.nodes.map(({ enode }) => enode),
      allowedCidrs: ['127.0.0.0/8'],
    }),
  );
  await using crawler = startForkscope(
    [
      ...['crawl', '--data-dir', join(folder, 'data'), '--network', file, '--networks', 'ours'],
      ...['--crawl-metrics-port', '0', '--bind4', '127.31.7.1', '--bind6', 'none', '--port', '30397'],
      // Between these visits the forks pass.
      ...['--revisit', '1m', '--split-round', '1m'],
    ],
    { DATABASE_URL: database.url },
  );
  const seen: string[] = [];
  const classes = async (): Promise<Record<string, number>> => {
    assert.equal(crawler.child.exitCode, null, crawler.stderr());
    const rows = await database.sql`
      select fork_class, count(*)::int4 as n from nodes
      where network = 'ours' and fork_class is not null group by 1 order by 1`;
    const now = Object.fromEntries(rows.map(({ fork_class, n }) => [fork_class, n]));
    const line = JSON.stringify(now);
    if (seen.at(-1) !== line) seen.push(line);
    return now;
  };
  const until = async (what: string, wanted: Record<string, number>, ms: number): Promise<void> => {
    for (const end = Date.now() + ms; Date.now() < end; await delay(500)) {
      if (JSON.stringify(await classes()) === JSON.stringify(wanted)) return;
    }
    assert.fail(`${what}: not ${JSON.stringify(wanted)} but ${seen.join(' ')}\n${crawler.stderr().slice(-2_000)}`);
  };
  await until('before the forks', { current: 1, ready: 6 }, 90_000);
  await chain.makeBlocks(60);
  assert.ok(chain.head < forkBlock);
  await delay(5_000);
  assert.deepEqual(await classes(), { current: 1, ready: 6 }, 'with the fork still ahead');
  await chain.makeBlocks(forkBlock + 20 - chain.head);
  // The next fork that the six name is the one by time.
  await until('after the fork by block', { outdated: 1, ready: 6 }, 180_000);

  await delay(Math.max(0, forkTime * 1_000 - Date.now() + 1_000));
  await chain.makeBlocks(3);
  await until('after the fork by time', { current: 6, outdated: 1 }, 240_000);
  for (const line of seen) assert.doesNotMatch(line, /atGenesis|behind|ahead|unknown"/, seen.join(' '));
  assert.doesNotMatch(seen.join(' '), /"outdated":[^1]/);
  t.diagnostic(seen.join(' '));
  const events = await database.sql`select kind, data from events where subject = 'network/ours'`;
  // Those who have told nothing since the fork by time are on no side yet.
  assert.deepEqual(
    events.map(({ kind, data }) => [
      kind,
      data.sides.map((side: { kind: string }) => side.kind),
      data.sides.at(-1)?.nodes,
    ]),
    [['forkSplit', ['followed', 'missed'], 1]],
  );
});
