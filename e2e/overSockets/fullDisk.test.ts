/** The database takes heartbeats and no visits, and the disk takes no more (RLIMIT_FSIZE): the status says what is at stake. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../sql/client.ts';
import { onDisk, startCrawl, visitsIn } from '../fixtures/awayCrawl.ts';
import { endForkscope, startForkscope } from '../forkscopeProcess.ts';

interface Status {
  readonly crawlers: readonly {
    readonly held: { readonly inMemory: number; readonly onDisk: number; readonly diskRefuses: boolean } | null;
  }[];
  readonly advice: readonly { readonly code: string; readonly message: string }[];
}

test('a full disk while the database takes no visits is told with what is at stake, and costs nothing', {
  timeout: 240_000,
}, async (t) => {
  const { folder, database, running, stored } = await startCrawl(t, 'full-disk', 226);
  const fileLimit = (bytes: string): void =>
    void execFileSync('prlimit', ['--pid', String(running.child.pid), `--fsize=${bytes}:unlimited`]);
  await using serve = startForkscope(['serve', '--http-port=0', '--log-format=json', `--data-dir=${folder}`], {
    DATABASE_URL: database.url,
  });
  const [, api = ''] = await serve.printed(/"url":"(http:[^"]+)"/, 60_000);
  const until = async (what: string, isSo: (status: Status) => boolean): Promise<Status> => {
    for (const end = Date.now() + 90_000; ; await sleep(500)) {
      const status: Status = await (await fetch(`${api}/api/v1/status`)).json();
      if (isSo(status)) return status;
      assert.ok(Date.now() < end, `${what}: ${JSON.stringify(status)}\n${running.stderr().slice(-3_000)}`);
    }
  };
  const locking = connect(database.url, { max: 1 });
  t.after(() => locking.end({ timeout: 0 }));
  await locking`begin`;
  await locking`lock table visit_log in exclusive mode`;
  fileLimit('4096');
  const full = await until('at stake', ({ advice }) => advice.some(({ code }) => code === 'visitsAtStake'));
  const [crawler] = full.crawlers;
  assert.ok(crawler?.held?.diskRefuses === true && crawler.held.inMemory > 0, JSON.stringify(full));
  const { message = '' } = full.advice.find(({ code }) => code === 'visitsAtStake') ?? {};
  assert.match(message, new RegExp(`${crawler.held.inMemory.toLocaleString('en')} visits? in memory are lost`));
  assert.match(running.stderr(), /the spill folder accepts no visits.*"reason":"[^"]*EFBIG/);

  fileLimit('unlimited');
  await running.printed(/the disk accepts visits again/, 30_000);
  await until('on disk', ({ advice, crawlers }) => {
    const held = crawlers[0]?.held;
    return advice.some(({ code }) => code === 'visitsHeld') && held?.diskRefuses === false && held.onDisk > 0;
  });
  await locking`rollback`;
  await locking.end({ timeout: 1 });
  await until('all written', ({ crawlers }) => crawlers[0]?.held === null);
  const end = await endForkscope(running);
  assert.equal(end.code, 0, end.stderr.slice(-3_000));
  assert.equal(onDisk(folder), 0);
  const { all, keys } = await stored();
  assert.deepEqual({ all, keys }, { all: visitsIn(end.stderr), keys: all });
});
