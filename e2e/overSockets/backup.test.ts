/** A backup while a crawler writes: all that was committed before it, of one moment, and the crawler goes on. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../../sql/client.ts';
import { serverTime } from '../../sql/databaseTime.ts';
import { startEmbedded } from '../../sql/embedded.ts';
import { checkDatabase } from '../../sql/inspect/checkDatabase.ts';
import { startForkscope, temporaryFolder } from '../forkscopeProcess.ts';
import { startSwarm } from '../peers/ethereumjsSwarm.ts';
import { startHostile } from '../peers/startHostile.ts';

const second = 86;

test('backup while crawl runs on the embedded server, restored beside it', { timeout: 300_000 }, async (t) => {
  const folder = temporaryFolder(t, 'backup');
  chmodSync(folder, 0o755);
  await using swarm = await startSwarm({ count: 4, second });
  await using liars = await startHostile({ count: 60, second: second + 1 });
  const bootnodes = [...swarm.peers, ...liars.peers].map(({ enode }) => enode);
  await using crawl = startForkscope([
    'crawl',
    '--print-commits',
    ...['--data-dir', join(folder, 'data'), '--networks', 'mainnet', '--bootnodes', bootnodes.join(',')],
    ...['--allowed-cidrs', '127.0.0.0/8', '--bind4', `127.${second}.9.9`, '--bind6', 'none', '--port', '0'],
    ...['--crawl-metrics-port', '0', '--revisit', '2s', '--census-interval', '5s'],
  ]);
  const commits = (): string[] => [...crawl.stdout().matchAll(/^([0-9a-f]{32})\n/gm)].map(([, key = '']) => key);
  await crawl.printed(/(?:^[0-9a-f]{32}\n){200}/m, 120_000);
  for (const name of ['one', 'two']) {
    const path = join(folder, name);
    const before = commits();
    const backup = await startForkscope(['backup', path, '--data-dir', join(folder, 'data')]).ended;
    assert.equal(backup.code, 0, backup.stderr);
    const dataDir = join(folder, `${name}.restored`);
    const restored = await startForkscope(['restore', path, '--data-dir', dataDir]).ended;
    assert.equal(restored.code, 0, restored.stderr);
    await using server = await openRestored(dataDir);
    const keys = await server.sql<{ key: string }[]>`select replace(visit_key::text, '-', '') as key from visits`;
    const there = new Set(keys.map(({ key }) => key));
    assert.deepEqual(
      before.filter((key) => !there.has(key)),
      [],
      'what was committed before the backup is in it',
    );
    const broken = (await checkDatabase(server.sql, serverTime)).filter(({ breaches }) => breaches.length > 0);
    assert.deepEqual(broken, []);
    const had = commits().length;
    await crawl.printed(new RegExp(`(?:^[0-9a-f]{32}\\n){${had + 1}}`, 'm'), 60_000);
  }
});

async function openRestored(dataDir: string) {
  const server = await startEmbedded({ dataDir, durable: false });
  const sql = connect(server.url, { max: 2 });
  return {
    sql,
    [Symbol.asyncDispose]: async () => {
      await sql.end();
      await server.stop();
    },
  };
}
