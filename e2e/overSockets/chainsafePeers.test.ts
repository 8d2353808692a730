/** Real discv5 peers of ChainSafe in a process of their own, found by a real crawler from one of them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { forkChainsafe } from '../../testkit/forkChainsafe.ts';
import { startForkscope, temporaryFolder } from '../forkscopeProcess.ts';

const count = 24;

test('24 real peers that speak discv5 alone are found and counted, each once', { timeout: 120_000 }, async (t) => {
  const folder = temporaryFolder(t, 'chainsafe');
  const { sql, url } = await openTestDatabase(t);
  const peers = await forkChainsafe({ prefix: '127.38', port: 30_404, count });
  t.after(() => peers.stop());
  const { code, stderr } = await startForkscope(
    [
      ...['crawl', '--once', '--data-dir', join(folder, 'data'), '--networks', 'mainnet', '--port', '0'],
      ...['--crawl-metrics-port', '0', '--allowed-cidrs', '127.0.0.0/8', '--bind4', '127.0.0.1', '--bind6', 'none'],
      ...['--bootnodes', peers.enrs[0] ?? ''],
    ],
    { DATABASE_URL: url },
  ).ended;
  assert.equal(code, 0, stderr);
  const rows = await sql<{ discv4: boolean; discv5: boolean; enr: string; found_by: string[] }[]>`
    select last_discv4 is not null as discv4, last_discv5 is not null as discv5, enr, found_by
    from nodes where last_alive is not null`;
  assert.deepEqual(new Set(rows.map(({ enr }) => enr)), new Set(peers.enrs));
  assert.equal(rows.length, count);
  assert.ok(rows.every(({ discv4, discv5 }) => !discv4 && discv5));
  const named = rows.filter(({ found_by: by }) => by.includes('discv5'));
  assert.ok(named.length >= count - 1, `${named.length} were named by discv5`);
  const counts = await sql<{ key: string[]; ids: number }[]>`
    select key, ids from current_counts
    where network = 'all' and cut = 'discovery' and population = 'alive' and time_window = 'now' and ids > 0`;
  assert.deepEqual([...counts], [{ key: ['discv5'], ids: count }]);
});
