import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Running, startForkscope } from './forkscopeProcess.ts';

const folder = mkdtempSync(join(tmpdir(), 'forkscope-start-'));
// As root the server runs as another user, who must be able to enter.
chmodSync(folder, 0o755);
const dataDir = join(folder, 'data');
const started: Running[] = [];
after(async () => {
  for (const { child, ended } of started) {
    child.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Offline: nothing but loopback may be contacted, and every port is a free one. */
function start(...args: string[]): Running {
  const flags = [
    '--data-dir',
    dataDir,
    '--http-port',
    '0',
    '--port',
    '0',
    '--crawl-metrics-port',
    '0',
    '--bind4',
    '127.0.0.1',
    '--bind6',
    'none',
  ];
  const running = startForkscope([
    'start',
    ...flags,
    '--allowed-cidrs',
    '127.0.0.0/8',
    '--log-level',
    'debug',
    ...args,
  ]);
  started.push(running);
  return running;
}

const greeting = /^Forkscope watches mainnet: (http:\/\/127\.0\.0\.1:\d+)$/m;

test('start: one line with the URL, one instance a folder, an end in order, a start after a crash', async () => {
  const first = start();
  const url = (await first.printed(greeting, 90_000))[1] ?? '';
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  const networks = await fetch(`${url}/api/v1/networks`);
  assert.equal(networks.status, 200, await networks.text());
  await untilWatched(url, ['mainnet']);
  assert.equal(
    first
      .stdout()
      .split('\n')
      .filter((line) => line.includes('http://')).length,
    1,
  );

  const second = await start().ended;
  assert.equal(second.code, 1);
  assert.match(second.stderr, /forkscope start is already running on this data directory \(process \d+/);

  await backUpAndRestore();

  first.child.kill('SIGTERM');
  const end = await first.ended;
  assert.equal(end.code, 0, end.stderr);
  assert.deepEqual(processesOf(dataDir), []);
  assert.doesNotMatch(end.stderr, /started again/);
  const order = ['shutting down: children first', 'embedded PostgreSQL stopped'].map((text) =>
    end.stderr.indexOf(text),
  );
  assert.ok((order[0] ?? -1) >= 0 && (order[1] ?? -1) > (order[0] ?? 0), end.stderr);

  const crashed = start();
  await crashed.printed(greeting, 90_000);
  crashed.child.kill('SIGKILL');
  await crashed.ended;
  // Its children notice and end by themselves; the database stays for the next one to adopt.
  await until('the end of the orphans', () => processesOf(dataDir).every((command) => command.includes('postgres')));

  const again = start('--networks', 'sepolia,hoodi', '--census-cron', '*/7 * * * * *');
  const greeted = await again.printed(/^Forkscope watches sepolia, hoodi: (http:\/\/127\.0\.0\.1:\d+)$/m, 90_000);
  await untilWatched(greeted[1] ?? '', ['sepolia', 'hoodi']);
  // serve learns it from the crawler through the database.
  const interval = /^forkscope_network_census_interval_seconds 7$/m;
  for (const end = Date.now() + 30_000; ; await sleep(50)) {
    const metrics = await (await fetch(`${greeted[1]}/metrics`)).text();
    if (interval.test(metrics)) break;
    if (Date.now() > end) assert.match(metrics, interval);
  }
  again.child.kill('SIGINT');
  const last = await again.ended;
  assert.equal(last.code, 0);
  const renamed = last.stderr.split('\n').filter((line) => line.includes('census-cron'));
  assert.equal(renamed.length, 1, 'one process says it for all');
  assert.match(renamed[0] ?? '', /"level":"warn".*"name":"--census-cron","use":"--census-interval"/);
  assert.deepEqual(processesOf(dataDir), []);
});

/** With the server of `start`, which goes on, and into a data directory where nothing runs. */
async function backUpAndRestore(): Promise<void> {
  const path = join(folder, 'one.backup');
  const run = (name: string, ...args: string[]) => startForkscope([name, path, ...args]).ended;
  const backup = await run('backup', '--data-dir', dataDir);
  assert.equal(backup.code, 0, backup.stderr);
  assert.match(backup.stdout, /one\.backup: [\d,]+ rows of \d+ tables, schema \d+, [\d.]+ kB, in [\d.]+ s\n$/);
  assert.match(backup.stderr, /in use by another process and is left running/);
  const again = await run('backup', '--data-dir', dataDir);
  assert.deepEqual(
    [again.code, again.stderr],
    [2, `forkscope: ${path} is there already and is not overwritten: name another file, or move it away\n`],
  );
  const other = join(folder, 'restored');
  const restored = await run('restore', '--data-dir', other);
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stdout, /one\.backup: the [\d,]+ rows of 20\d\d-.*Z are back, schema \d+, in [\d.]+ s\n$/);
  const inspect = (word: string) => startForkscope(['db', word, '--data-dir', dataDir]).ended;
  const [check, size] = await Promise.all([inspect('check'), inspect('size')]);
  assert.equal(check.code, 0, check.stdout);
  assert.match(check.stdout, /^ok {6}references {4}Every reference to another table leads to a row\.$/m);
  assert.match(
    size.stdout,
    /^table +rows +in rows +indexes +apart +together +a row$[\s\S]*^whole database +[\d.]+ MB$/m,
  );
  assert.match(size.stdout, /^\w+ has \d+ % of it\. /m);
  assert.deepEqual(processesOf(other), []);
  const full = await run('restore', '--data-dir', dataDir);
  assert.equal(full.code, 2);
  assert.match(full.stderr, /holds something already \(table \w+\) and is not overwritten: restore into an empty one/);
}

/** Command lines of running processes that name `path`, without this test's own. */
function processesOf(path: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return command.includes(path) ? [command] : [];
      } catch {
        return [];
      }
    });
}

/** The crawler says so as soon as it starts, which may be after the API does. */
async function untilWatched(url: string, slugs: readonly string[]): Promise<void> {
  for (const end = Date.now() + 30_000; ; await sleep(50)) {
    const { watched }: { watched: string[] } = await (await fetch(`${url}/api/v1/networks`)).json();
    if (watched.join() === slugs.join()) return;
    if (Date.now() > end) assert.deepEqual(watched, slugs);
  }
}

async function until(what: string, test: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !test(); await sleep(50)) {
    if (Date.now() > end) assert.fail(`${what} did not come: ${processesOf(dataDir).join('\n')}`);
  }
}
