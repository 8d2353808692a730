/** Across majors, from the embedded server to Debian's and back; and pg_dump beside it, as docs/BACKUP.md has it. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connect } from '../../sql/client.ts';
import { findServerUser } from '../../sql/serverUser.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { freePorts } from '../../testkit/freePorts.ts';
import { absentTool } from '../../testkit/tools/absentTool.ts';
import { startForkscope, temporaryFolder } from '../forkscopeProcess.ts';
import { fillDatabase } from '../upgrade/fillDatabase.ts';
import { formatRows, readTables } from '../upgrade/tableRows.ts';

const run = promisify(execFile);
const debian = '/usr/lib/postgresql';
const newest = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a))[0] : undefined;
const bin = join(debian, newest ?? '15', 'bin');

test('embedded → Debian’s → embedded, and pg_dump → pg_restore: every row is the same', {
  skip: absentTool(join(bin, 'pg_dump'), 'postgresql'),
  timeout: 300_000,
}, async (t) => {
  const folder = temporaryFolder(t, 'majors');
  chmodSync(folder, 0o755);
  const user = findServerUser();
  const cluster = join(folder, 'debian');
  mkdirSync(cluster, { mode: 0o700 });
  if (user.spawn.uid !== undefined) chownSync(cluster, user.spawn.uid, user.spawn.gid);
  const how = { ...user.spawn, cwd: cluster, env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' } };
  await run(
    join(bin, 'initdb'),
    ['-D', cluster, '-U', 'forkscope', '--auth=trust', '--encoding=UTF8', '--no-sync'],
    how,
  );
  const [port = 0] = await freePorts(1);
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const server = spawn(join(bin, 'postgres'), ['-D', cluster, ...settings.flatMap((one) => ['-c', one])], {
    ...how,
    stdio: 'ignore',
  });
  t.after(async () => {
    const ended = once(server, 'exit');
    server.kill('SIGQUIT');
    await ended;
  });
  const url = (name: string): string => `postgres://forkscope@127.0.0.1:${port}/${name}`;
  const admin = connect(url('postgres'), { max: 1 });
  for (const end = Date.now() + 30_000; ; await sleep(100)) {
    const there = await admin`create database one`.then(
      () => true,
      () => false,
    );
    if (there) break;
    assert.ok(Date.now() < end, 'the server starts');
  }
  await admin`create database two`;
  await admin.end();

  const embedded = await openTestDatabase(t);
  await fillDatabase(embedded.sql, embedded.url);
  const rows = formatRows(await readTables(embedded.sql));
  const forkscope = async (command: string, file: string, databaseUrl: string): Promise<void> => {
    const { code, stderr } = await startForkscope([command, file], { DATABASE_URL: databaseUrl }).ended;
    assert.equal(code, 0, stderr);
  };
  const rowsOf = async (databaseUrl: string): Promise<string> => {
    const sql = connect(databaseUrl, { max: 1 });
    try {
      return formatRows(await readTables(sql));
    } finally {
      await sql.end();
    }
  };
  await forkscope('backup', join(folder, 'new'), embedded.url);
  await forkscope('restore', join(folder, 'new'), url('one'));
  assert.equal(await rowsOf(url('one')), rows);
  await forkscope('backup', join(folder, 'old'), url('one'));
  const dataDir = join(folder, 'data');
  const back = await startForkscope(['restore', join(folder, 'old'), '--data-dir', dataDir]).ended;
  assert.equal(back.code, 0, back.stderr);
  const check = await startForkscope(['db', 'check', '--data-dir', dataDir]).ended;
  assert.equal(check.code, 0, check.stdout);

  const dump = join(folder, 'forkscope.dump');
  await run(join(bin, 'pg_dump'), ['--format=custom', `--file=${dump}`, url('one')]);
  await run(join(bin, 'pg_restore'), ['--no-owner', `--dbname=${url('two')}`, dump]);
  assert.equal(await rowsOf(url('two')), rows);
  // pg_restore spells some constraints of tables in another way, which is all that may be found.
  const dumped = await startForkscope(['db', 'check', '--json'], { DATABASE_URL: url('two') }).ended;
  const results: { name: string; breaches: unknown[] }[] = JSON.parse(dumped.stdout);
  assert.deepEqual(
    results.filter(({ name, breaches }) => name !== 'schema' && breaches.length > 0),
    [],
  );
});
