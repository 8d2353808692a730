/**
 * A real crawler whose machine's clock is set, two hours either way, over a real PostgreSQL: the clock is that of the
 * crawler's process (e2e/chaos/shiftedDate.ts). e2e/days/clockSteps.test.ts has every step, in virtual time.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../lib/packageRoot.ts';
import { startCrawl, visitsIn } from '../fixtures/awayCrawl.ts';
import { endForkscope } from '../forkscopeProcess.ts';

const hour = 3_600_000;
const stepMs = 8_000;

test('whichever way the clock is set, visits go on and no stored time lies in the future', {
  timeout: 180_000,
}, async (t) => {
  const own = mkdtempSync(join(tmpdir(), 'forkscope-clock-'));
  t.after(() => rmSync(own, { recursive: true }));
  const file = join(own, 'clock');
  writeFileSync(file, '0');
  const shifted = pathToFileURL(join(packageRoot, 'dist/e2e/chaos/shiftedDate.js')).href;
  const env = { NODE_OPTIONS: `--import ${shifted}`, TEST_CLOCK_FILE: file };
  const { database, running, stored } = await startCrawl(t, 'clock', 227, env);
  const during = async (ms: number): Promise<number> => {
    const before = visitsIn(running.stderr());
    await sleep(ms);
    return visitsIn(running.stderr()) - before;
  };
  for (const aheadMs of [2 * hour, 0, -2 * hour, 0]) {
    const said = running.stderr().length;
    const { all } = await stored();
    writeFileSync(file, String(aheadMs));
    const made = await during(stepMs);
    // Liars are left alone more and more, clock or no clock: some are looked at all the time.
    assert.ok(made >= 5, `${aheadMs} ms: ${made} visits`);
    for (const end = Date.now() + 30_000; (await stored()).all < all + 5; await sleep(100)) {
      assert.ok(Date.now() < end, `${aheadMs} ms: nothing is stored`);
    }
    for (const end = Date.now() + 30_000; ; await sleep(100)) {
      const told =
        running
          .stderr()
          .slice(said)
          .match(/this machine's clock was set/g)?.length ?? 0;
      if (told === 1) break;
      assert.ok(told === 0 && Date.now() < end, `${aheadMs} ms: told ${told} times`);
    }
    const [future] = await database.sql<{ rows: number }[]>`
      with present as (select clock_timestamp() + interval '5 seconds' as at)
      select ((select count(*) from visits, present where visits.at > present.at)
        + (select count(*) from nodes, present
            where greatest(last_seen, last_visit, last_alive, last_reachable) > present.at)
        + (select count(*) from frontier, present where visited_at > present.at or due_at > present.at + interval '58 hours')
        + (select count(*) from vantages, present where last_beat > present.at)
        + (select count(*) from census_runs, present where census_runs.at > present.at))::int4 as rows`;
    assert.equal(future?.rows, 0, `${aheadMs} ms`);
  }
  const end = await endForkscope(running);
  assert.equal(end.code, 0, end.stderr.slice(-3_000));
  const { all, keys } = await stored();
  assert.deepEqual({ all, keys }, { all: visitsIn(end.stderr), keys: all });
});
