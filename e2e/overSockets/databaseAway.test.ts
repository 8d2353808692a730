/** The same as e2e/databaseAway.test.ts in the other ways in which a database and a crawler go away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { endsSafely, onDisk, startCrawl, untilMore, visitsIn } from '../fixtures/awayCrawl.ts';
import { endForkscope } from '../forkscopeProcess.ts';

test('SIGTERM while the database is frozen: the same', { timeout: 120_000 }, (t) => endsSafely(t, 'freeze', 222));

test('kill -9 while the database is away: all but the last second is on disk', { timeout: 120_000 }, async (t) => {
  const { folder, proxy, running, start, stored } = await startCrawl(t, 'away-kill', 223);
  proxy.cut();
  await running.printed(/the database does not accept writes/, 30_000);
  await untilMore(running, 15);
  const seen = visitsIn(running.stderr());
  await sleep(1_500);
  running.child.kill('SIGKILL');
  await running.ended;
  proxy.restore();
  const kept = (await stored()).all + onDisk(folder);
  assert.ok(kept >= seen, `${seen} seen, ${kept} kept`);
  const next = start();
  while (onDisk(folder) > 0) await sleep(20);
  const end = await endForkscope(next);
  assert.equal(end.code, 0);
  const after = await stored();
  assert.equal(after.all, after.keys);
  assert.ok(after.all >= kept);
});
