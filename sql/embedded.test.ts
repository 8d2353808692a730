import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../lib/packageRoot.ts';
import { connect } from './client.ts';
import { startEmbedded } from './embedded.ts';
import { EmbeddedError } from './embeddedError.ts';
import { isAlive, readPostmaster } from './postmaster.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const built = join(packageRoot, 'dist/sql/embedded.js');
let base = '';

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'forkscope-embedded-'));
  await chmod(base, 0o755);
});
after(() => rm(base, { recursive: true, force: true }));

function start(name: string, log?: (message: string) => void) {
  return startEmbedded({ dataDir: join(base, name), durable: false, ...(log ? { log } : {}) });
}

/** A data directory with a cluster that was created once and is copied: creating one takes several times as long. */
function withCluster(name: string): string {
  const from = join(base, 'kept/postgres');
  const to = join(base, name, 'postgres');
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  execFileSync('cp', ['-a', from, to]);
  return name;
}

async function query(url: string, text = 'select 1 as one'): Promise<unknown> {
  const sql = connect(url, { max: 1 });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end();
  }
}

test('starts, keeps its data over a restart and leaves no process', async () => {
  const first = await start('kept');
  assert.equal(first.adopted, false);
  await query(first.url, 'create table stayed (a int); insert into stayed values (7)');
  const [{ encoding, collate }] = (await query(
    first.url,
    `select pg_encoding_to_char(encoding) as encoding, datcollate as "collate" from pg_database where datname = 'forkscope'`,
  )) as [{ encoding: string; collate: string }];
  assert.deepEqual({ encoding, collate }, { encoding: 'UTF8', collate: 'C' });
  await first.stop();
  await first.stop();
  assert.equal(isAlive(first.pid), false);
  const second = await start('kept');
  assert.deepEqual(await query(second.url, 'select a from stayed'), [{ a: 7 }]);
  await second.stop();
});

test('lets nobody else in: no TCP port, and a socket in a folder that is closed to others', async () => {
  const server = await start('closed');
  assert.deepEqual(await query(server.url, 'show listen_addresses'), [{ listen_addresses: '' }]);
  assert.equal((await stat(join(base, 'closed/postgres'))).mode & 0o077, 0);
  await server.stop();
});

test('adopts a server that a killed process left running', async () => {
  const left = spawnHolder(withCluster('crashed'));
  const [pid] = (await once(left.lines, 'line')) as [string];
  left.child.kill('SIGKILL');
  await once(left.child, 'exit');
  assert.equal(isAlive(Number(pid)), true, 'the server outlives its parent');
  const server = await start('crashed');
  assert.equal(server.adopted, true);
  assert.equal(server.pid, Number(pid));
  assert.deepEqual(await query(server.url), [{ one: 1 }]);
  await server.stop();
  assert.equal(isAlive(server.pid), false);
});

test('the last of several holders stops the server, and no earlier one', async () => {
  const first = await start(withCluster('shared'));
  const second = await start('shared');
  assert.equal(second.adopted, true);
  await first.stop();
  assert.deepEqual(await query(second.url), [{ one: 1 }]);
  await second.stop();
  assert.equal(isAlive(second.pid), false);
});

test('two processes that start at once on an empty folder share one server', async () => {
  const servers = await Promise.all([start('race'), start('race'), start('race')]);
  assert.equal(new Set(servers.map(({ pid }) => pid)).size, 1);
  assert.equal(servers.filter(({ adopted }) => !adopted).length, 1);
  for (const server of servers) await server.stop();
  assert.equal(isAlive(servers[0]!.pid), false);
});

test('a Ctrl-C at the terminal does not reach the server', async () => {
  const holder = spawnHolder(withCluster('signal'));
  const [pid] = (await once(holder.lines, 'line')) as [string];
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [, , , session] = stat.slice(stat.lastIndexOf(')') + 1).split(' ');
  assert.notEqual(session, String(holder.child.pid));
  process.kill(-holder.child.pid!, 'SIGINT');
  await once(holder.child, 'exit');
  assert.equal(isAlive(Number(pid)), true);
  await (await start('signal')).stop();
});

test('a stale postmaster.pid whose number a stranger has now is no obstacle', async () => {
  const first = await start(withCluster('stale'));
  await first.stop();
  const cluster = join(base, 'stale/postgres');
  for (const pid of [process.pid, 2 ** 22 + 1]) {
    writeFileSync(join(cluster, 'postmaster.pid'), `${pid}\n${cluster}\n1\n5432\n${cluster}\n\n1 1\nready   \n`);
    const messages: string[] = [];
    const server = await start('stale', (message) => messages.push(message));
    assert.equal(server.adopted, false);
    assert.equal(
      messages.some((message) => message.includes('stale')),
      pid === process.pid,
    );
    assert.deepEqual(await query(server.url), [{ one: 1 }]);
    await server.stop();
  }
});

test('recovers what was committed before the server itself was killed', async () => {
  const server = await startEmbedded({ dataDir: join(base, withCluster('killed')) });
  await query(server.url, 'create table kept (a int); insert into kept values (7)');
  process.kill(server.pid, 'SIGKILL');
  await server.stop();
  const again = await startEmbedded({ dataDir: join(base, 'killed') });
  assert.deepEqual(await query(again.url, 'select a from kept'), [{ a: 7 }]);
  await again.stop();
});

for (const [what, name] of [
  ['', 'again'],
  [' too deep for a Unix socket', 'again/'.padEnd(150, 'd')],
]) {
  test(`a killed server in a folder${what} starts again under its URL, whatever outlived it`, async (t) => {
    const server = await startEmbedded({ dataDir: join(base, withCluster(name!)) });
    t.after(() => server.stop());
    const { url, pid: first } = server;
    await query(url, 'create table kept (a int); insert into kept values (7)');
    const session = connect(url, { max: 1 });
    const [{ backend }] = (await session`select pg_backend_pid() as backend`) as unknown as [{ backend: number }];
    // One that sees nothing of it and holds the shared memory.
    process.kill(backend, 'SIGSTOP');
    const { signal } = new AbortController();
    const gone = server.untilGone(signal);
    process.kill(first, 'SIGKILL');
    await gone;
    await server.restart(signal);
    assert.equal(isAlive(backend), false);
    assert.notEqual(server.pid, first);
    assert.equal(server.url, url);
    assert.deepEqual(await query(url, 'select a from kept'), [{ a: 7 }]);
    await session.end({ timeout: 1 });
    await server.stop();
    assert.equal(isAlive(server.pid), false);
  });
}

test('a start that is called off leaves no server', async () => {
  const server = await start(withCluster('off'));
  process.kill(server.pid, 'SIGKILL');
  await server.untilGone(new AbortController().signal);
  const cluster = join(base, 'off/postgres');
  const end = new AbortController();
  const started = server.restart(end.signal);
  for (let pid = server.pid; pid === server.pid; ) {
    await new Promise((resolve) => setImmediate(resolve));
    pid = readPostmaster(cluster)?.pid ?? server.pid;
  }
  const pid = readPostmaster(cluster)!.pid;
  end.abort(new Error('called off'));
  await assert.rejects(started, /called off/);
  assert.equal(isAlive(pid), false);
  await server.stop();
});

test('the end of an adopted server is seen', async () => {
  const server = await start(withCluster('watched'));
  const other = await start('watched');
  assert.equal(other.adopted, true);
  process.kill(server.pid, 'SIGKILL');
  await other.untilGone(new AbortController().signal);
  const given = new AbortController();
  await other.restart(given.signal);
  const waiting = other.untilGone(given.signal);
  given.abort();
  await waiting;
  await server.stop();
  assert.deepEqual(await query(other.url), [{ one: 1 }]);
  await other.stop();
  assert.equal(isAlive(other.pid), false);
});

test('a data directory too deep for a Unix socket works', async () => {
  const server = await start(withCluster('deep/'.padEnd(150, 'd')));
  assert.deepEqual(await query(server.url), [{ one: 1 }]);
  const folder = readPostmaster(join(base, 'deep/'.padEnd(150, 'd'), 'postgres'))?.socketFolder;
  assert.ok(folder && existsSync(folder));
  await server.stop();
  assert.equal(existsSync(folder), false, 'its socket folder went with it');
});

test('says what to do when the data is of another version, or no database', async () => {
  const server = await start(withCluster('version'));
  await server.stop();
  writeFileSync(join(base, 'version/postgres/PG_VERSION'), '12\n');
  await assert.rejects(start('version'), isCode('embeddedDataVersion', /created by PostgreSQL 12/));
  rmSync(join(base, 'version/postgres/PG_VERSION'));
  await assert.rejects(start('version'), isCode('embeddedDataForeign', /FORKSCOPE_DATA_DIR/));
});

test('says why when the server cannot start', async () => {
  const server = await start(withCluster('broken'));
  await server.stop();
  writeFileSync(join(base, 'broken/postgres/postgresql.conf'), 'no_such_setting = 1\n');
  await assert.rejects(start('broken'), isCode('embeddedStartFailed', /postgres\.log/));
});

test('says which folder is closed', async (t) => {
  const closed = join(base, 'closed-parent');
  await mkdir(closed, { mode: 0o700 });
  if (isRoot) {
    await assert.rejects(
      startEmbedded({ dataDir: join(closed, 'data') }),
      isCode('embeddedPermission', /closed-parent/),
    );
  } else {
    await chmod(closed, 0o500);
    t.after(() => chmod(closed, 0o700));
    await assert.rejects(
      startEmbedded({ dataDir: join(closed, 'data') }),
      isCode('embeddedPermission', /closed-parent/),
    );
  }
});

test('says so when the disk is full', { skip: isRoot ? false : 'mounting a small disk needs root' }, async (t) => {
  const disk = join(base, 'small');
  await mkdir(disk);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk]);
  } catch {
    t.skip('this machine lets nobody mount a small disk');
    return;
  }
  t.after(() => run('umount', [disk]).then(() => {}));
  await assert.rejects(startEmbedded({ dataDir: join(disk, 'data') }), isCode('embeddedDiskFull', /no space left/));
});

test('runs for an ordinary user', { skip: isRoot ? false : 'covered by every other test here' }, async () => {
  const home = join(base, 'ordinary');
  await mkdir(home, { mode: 0o700 });
  await chown(home, 65_534, 65_534);
  const holder = spawnHolder('ordinary/data', { uid: 65_534, gid: 65_534 }, 'stop');
  const [pid] = (await once(holder.lines, 'line')) as [string];
  assert.ok(Number(pid) > 0, `not a pid: ${pid} ${holder.errors()}`);
  const [code] = await once(holder.child, 'exit');
  assert.equal(code, 0, holder.errors());
  assert.equal((await stat(join(home, 'data/postgres'))).uid, 65_534);
  assert.equal(isAlive(Number(pid)), false);
});

function spawnHolder(name: string, user: { uid?: number; gid?: number } = {}, then: 'hold' | 'stop' = 'hold') {
  const script = `
    const { startEmbedded } = await import(${JSON.stringify(built)});
    const server = await startEmbedded({ dataDir: ${JSON.stringify(join(base, name))}, durable: false });
    console.log(server.pid);
    ${then === 'stop' ? 'await server.stop();' : 'setInterval(() => {}, 1e6);'}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    ...user,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  return { child, lines: createInterface(child.stdout), errors: () => errors };
}

function isCode(code: EmbeddedError['code'], message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof EmbeddedError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}
