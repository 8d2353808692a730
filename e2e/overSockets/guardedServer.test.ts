/** Rows of e2e/wrongSetups.test.ts against a real PostgreSQL with SCRAM and TLS, and beside each the set-up that is right. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../../sql/client.ts';
import { certificate, startGuardedServer } from '../fixtures/guardedServer.ts';
import { type Finished, startForkscope, temporaryFolder } from '../forkscopeProcess.ts';

test('a real server with a password and TLS: each wrong way in has its sentence, each right one gets in', {
  timeout: 180_000,
}, async (t) => {
  const folder = temporaryFolder(t, 'guarded');
  await using server = await startGuardedServer(folder);
  const { user, password, host } = server;
  const url = (rest: string, word = password): string => `postgres://${user}:${word}@${host}/${rest}`;
  const dataDir = join(folder, 'data');
  const run = (databaseUrl: string, env: Record<string, string> = {}): Promise<Finished> =>
    startForkscope(
      [
        ...['start', `--data-dir=${dataDir}`, '--http-port=0', '--port=0', '--bind4=127.0.0.1', '--bind6=none'],
        '--crawl-metrics-port=0',
      ],
      { DATABASE_URL: databaseUrl, ...env },
    ).ended;
  const refused = async (databaseUrl: string, says: RegExp): Promise<void> => {
    const { code, signal, stdout, stderr } = await run(databaseUrl);
    assert.deepEqual([code, signal], [2, null], stderr);
    assert.equal(stderr.split('\n').filter((line) => says.test(line)).length, 1, stderr);
    assert.doesNotMatch(stdout + stderr, /^\s+at |secretword/m);
    // What a role may do shows only as it does it, when `start` has its data directory.
    if (!/privileges|schema/.test(says.source)) assert.equal(existsSync(dataDir), false, 'something was made');
  };
  await refused(
    url('forkscope', 'wrong-secretword'),
    /owner@127\.0\.0\.1:\d+\/forkscope refuses the password: correct/,
  );
  await refused(url('nothinghere'), /has no database of this name: create it/);
  await refused(
    url('forkscope?sslmode=verify-full'),
    /is not trusted, because it signed its certificate itself: name the certificate .* NODE_EXTRA_CA_CERTS/,
  );
  await refused(
    url('forkscope?sslmode=verify-full').replace('127.0.0.1', 'localhost'),
    /is not trusted, because it signed its certificate itself/,
  );

  const migrate = async (databaseUrl: string, env: Record<string, string> = {}): Promise<void> => {
    const end = await startForkscope(['migrate'], { DATABASE_URL: databaseUrl, ...env }).ended;
    assert.equal(end.code, 0, end.stderr);
  };
  await migrate(url('forkscope'));
  await migrate(url('forkscope?sslmode=require'));
  await migrate(url('forkscope?sslmode=verify-full'), { NODE_EXTRA_CA_CERTS: certificate });
  for (const [mode, isEncrypted] of [
    ['disable', false],
    ['prefer', true],
    ['require', true],
  ] as const) {
    const sql = connect(url(`forkscope?sslmode=${mode}`), { max: 1 });
    t.after(() => sql.end({ timeout: 0 }));
    assert.deepEqual(
      [...(await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`)],
      [{ ssl: isEncrypted }],
    );
    if (mode !== 'require') continue;
    await sql`alter system set ssl = off`;
    await sql`select pg_reload_conf()`;
  }
  const plain = connect(url('forkscope?sslmode=prefer'), { max: 1 });
  t.after(() => plain.end({ timeout: 0 }));
  assert.deepEqual([...(await plain`select ssl from pg_stat_ssl where pid = pg_backend_pid()`)], [{ ssl: false }]);
  await refused(url('forkscope?sslmode=require'), /does not speak TLS: turn it on there, or leave out sslmode/);
  // A role that may log in and no more.
  await plain`create role guest login password 'right-secretword'`;
  await plain`drop schema public cascade`;
  await plain`create schema public`;
  await refused(url('forkscope').replace('owner', 'guest'), /gives this user no schema to make tables in/);
  await plain`grant usage on schema public to guest`;
  await refused(url('forkscope').replace('owner', 'guest'), /does not give this user the privileges to make tables/);
});
