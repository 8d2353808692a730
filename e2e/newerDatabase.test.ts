/** `forkscope start` on a database that a newer Forkscope changes under it: each part says why and ends for good. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../sql/client.ts';
import { migrate, readSchemaFiles } from '../sql/migrate.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { endForkscope, startForkscope } from './forkscopeProcess.ts';

test('a breaking migration by a newer one ends crawl, raft and serve, and start does not start them again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-newer-'));
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const database = await openTestDatabase(t);
  const cluster = { name: 'prod', endpoints: [{ name: 'one', url: 'http://127.0.0.1:1' }] };
  const args = [
    ...['start', '--data-dir', folder, '--http-port', '0', '--port', '0', '--crawl-metrics-port', '0'],
    ...['--raft-metrics-port', '0', '--bind4', '127.0.0.1', '--bind6', 'none', '--allowed-cidrs', '127.0.0.0/8'],
  ];
  const env = { DATABASE_URL: database.url, FORKSCOPE_RAFT_CLUSTERS: JSON.stringify([cluster]) };
  const started = startForkscope(args, env);
  t.after(() => endForkscope(started, 'SIGKILL'));
  const url = (await started.printed(/^Forkscope watches mainnet: (http:\S+)$/m, 90_000))[1] ?? '';
  await started.printed(/raft watcher is running/, 30_000);
  await started.printed(/identity is up/, 30_000);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);

  const { migrations, functions } = await readSchemaFiles();
  const ours = migrations.length;
  const name = `${String(ours + 1).padStart(4, '0')}_test_newer.sql`;
  const text = '-- breaking\nalter table frontier rename to schedule;';
  const newer = { version: ours + 1, name, text, checksum: 'of a newer one', breaking: true };
  const other = connect(database.url, { max: 1 });
  await migrate(other, { migrations: [...migrations, newer], functions });
  await other.end();

  const { code, stderr } = await started.ended;
  const sentence = `a newer Forkscope has brought the database to schema ${ours + 1} (${name}), and this one, of schema ${ours}, cannot run on it: update Forkscope, or set DATABASE_URL to another database`;
  assert.equal(code, 2, stderr);
  const told = stderr.split('\n').filter((line) => line.includes(`ending: ${sentence}`));
  for (const part of ['crawl', 'raft', 'serve']) {
    assert.equal(told.filter((line) => line.includes(`"part":"${part}"`)).length, 1, `${part}: ${stderr}`);
  }
  assert.match(stderr, new RegExp(`^forkscope: (crawl|raft|serve): ${sentence.replace(/[()]/g, '\\$&')}$`, 'm'));
  assert.doesNotMatch(stderr, /started again|ended by force|did not close/);

  const again = await startForkscope(args, env).ended;
  assert.equal(again.code, 2, again.stderr);
  assert.ok(again.stderr.endsWith(`forkscope: ${sentence}\n`), again.stderr);
});
