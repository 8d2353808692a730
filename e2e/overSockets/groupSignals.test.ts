/**
 * `start` is ended as terminals and service managers end it: by a signal to its whole group, and by one to every process
 * of its tree at once, its PostgreSQL too. No server stays behind, and what was stored is there.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../lib/packageRoot.ts';
import { isClusterInUse, listBackends, readPostmaster } from '../../sql/postmaster.ts';
import { signalAll } from '../chaos/chaosFaults.ts';
import { temporaryFolder } from '../forkscopeProcess.ts';

interface Ending {
  readonly name: string;
  end(child: ChildProcess, cluster: string): Promise<void> | void;
  /** Whether it may end with 1, because it was forced. */
  readonly forced?: true;
}

const toGroup = (child: ChildProcess, signal: NodeJS.Signals): void => signalAll([-(child.pid ?? 0)], signal);
const toAll = (child: ChildProcess, cluster: string, signal: NodeJS.Signals): void =>
  signalAll([child.pid ?? 0, ...childrenOf(child.pid ?? 0), ...serverOf(cluster)], signal);

const endings: readonly Ending[] = [
  { name: 'SIGINT to its group', end: (child) => toGroup(child, 'SIGINT') },
  { name: 'SIGINT to every process', end: (child, cluster) => toAll(child, cluster, 'SIGINT') },
  { name: 'SIGTERM to every process', end: (child, cluster) => toAll(child, cluster, 'SIGTERM') },
  {
    name: 'SIGINT to its group, again and again',
    async end(child) {
      for (let times = 0; times < 3; times++, await sleep(200)) toGroup(child, 'SIGINT');
    },
    forced: true,
  },
];

for (const ending of endings) {
  test(`${ending.name}: no database stays behind`, { timeout: 150_000 }, (t) => leavesNothing(t, ending));
}

async function leavesNothing(t: TestContext, { end, forced }: Ending): Promise<void> {
  const folder = temporaryFolder(t, 'group');
  // As root the server runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  const cluster = join(folder, 'data', 'postgres');
  const first = await startInGroup(t, join(folder, 'data'), cluster);
  assert.ok(isClusterInUse(cluster));
  await end(first.child, cluster);
  const { code, signal } = await first.ended;
  assert.ok(signal === null && (code === 0 || (forced === true && code === 1)), `${code} ${signal}\n${first.said()}`);
  // A forced end does not wait for the server, which has been told.
  for (const until = Date.now() + 10_000; isClusterInUse(cluster); await sleep(50)) {
    assert.ok(Date.now() < until, `the database stays behind\n${first.said()}`);
  }
  assert.doesNotMatch(first.said(), /^\s+at /m);
  const next = await startInGroup(t, join(folder, 'data'), cluster);
  next.child.kill('SIGTERM');
  assert.deepEqual(await next.ended, { code: 0, signal: null }, next.said());
  assert.ok(!isClusterInUse(cluster));
}

async function startInGroup(t: TestContext, dataDir: string, cluster: string) {
  const { PATH = '', HOME = '' } = process.env;
  const args = ['start', `--data-dir=${dataDir}`, '--http-port=0', '--port=0', '--bind4=127.0.0.1', '--bind6=none'];
  const child = spawn(
    process.execPath,
    [join(packageRoot, 'dist/bin/forkscope.js'), ...args, '--crawl-metrics-port=0', '--allowed-cidrs=127.0.0.0/8'],
    { env: { PATH, HOME, NO_COLOR: '1' }, cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (text += bytes.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  t.after(() => {
    toGroup(child, 'SIGKILL');
    signalAll(serverOf(cluster), 'SIGQUIT');
  });
  for (const until = Date.now() + 90_000; !/^Forkscope watches /m.test(text); await sleep(50)) {
    assert.ok(Date.now() < until && child.exitCode === null, text);
  }
  return { child, ended, said: () => text };
}

function serverOf(cluster: string): number[] {
  const pid = readPostmaster(cluster)?.pid;
  return pid === undefined ? [] : [pid, ...listBackends(cluster)];
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    })
    .map(Number);
}
