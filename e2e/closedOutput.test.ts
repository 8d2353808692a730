import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, readPostmaster } from '../sql/postmaster.ts';
import { startForkscope, temporaryFolder } from './forkscopeProcess.ts';

const loopback = ['--allowed-cidrs=127.0.0.0/8', '--port=0', '--crawl-metrics-port=0', '--bind4=127.0.0.1'];
loopback.push('--bind6=none', '--log-level=debug');

/** How each tells that it is up, and the arguments that keep it on loopback. */
const start = { name: 'start', args: [...loopback, '--http-port=0'], up: /^Forkscope watches .*: (http:\S+)$/m };
const crawl = { name: 'crawl', args: loopback, up: /identity is up/ };
const serve = { name: 'serve', args: ['--http-port=0', '--log-level=debug'], up: /API and pages are served/ };

/** Signals that end it. A closed terminal hangs up, and its shell and npm may each do so again. */
const ends: readonly (typeof start & { readonly by: readonly NodeJS.Signals[] })[] = [
  { ...start, by: ['SIGINT'] },
  { ...crawl, by: ['SIGINT'] },
  { ...serve, by: ['SIGINT'] },
  { ...start, by: ['SIGHUP', 'SIGHUP'] },
  { ...crawl, by: ['SIGHUP'] },
];

describe('a process whose output nobody reads any more', () => {
  for (const { name, args, up, by } of ends) {
    test(`${name} ends in good order at ${by.join(' and ')} and leaves no database behind`, async (t) => {
      const folder = temporaryFolder(t, `closed-${name}`);
      // As root the server runs as another user, who must be able to enter.
      chmodSync(folder, 0o755);
      const dataDir = join(folder, 'data');
      await using running = startForkscope([name, `--data-dir=${dataDir}`, ...args], { NO_COLOR: '1' });
      await running.printed(up, 90_000);
      const postmaster = readPostmaster(join(dataDir, 'postgres'))?.pid ?? 0;
      assert.ok(isAlive(postmaster), 'no database to begin with');
      t.after(() => isAlive(postmaster) && process.kill(postmaster, 'SIGINT'));
      running.child.stdout?.destroy();
      running.child.stderr?.destroy();
      if (name === 'start') await survivesTheLossOfAChild(dataDir);
      for (const signal of by) running.child.kill(signal);
      const { code, signal } = await running.ended;
      assert.deepEqual({ code, signal }, { code: 0, signal: null });
      assert.equal(isAlive(postmaster), false, 'the database was left behind');
      assert.equal(existsSync(join(dataDir, 'postgres', 'postmaster.pid')), false, 'the database was not shut down');
    });
  }
});

/** The supervisor logs it, and starts another. */
async function survivesTheLossOfAChild(dataDir: string): Promise<void> {
  const crawler = (): number | undefined => processesOf(dataDir, 'crawl')[0];
  const first = crawler();
  assert.ok(first !== undefined, 'no crawler');
  process.kill(first, 'SIGKILL');
  for (const end = Date.now() + 30_000; ; await sleep(50)) {
    const next = crawler();
    if (next !== undefined && next !== first) return;
    if (Date.now() > end) assert.fail('the crawler was not started again');
  }
}

function processesOf(dataDir: string, command: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.includes(command) && words.some((word) => word.includes(dataDir));
      } catch {
        return false;
      }
    })
    .map(Number);
}
