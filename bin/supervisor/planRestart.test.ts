import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planRestart, restartBackoff, steadyAfterMs } from './planRestart.ts';

describe('planRestart', () => {
  test('doubles the delay with each quick end, up to the limit', () => {
    const delays: number[] = [];
    let failures = 0;
    for (let round = 0; round < 9; round++) {
      const plan = planRestart(1_000, { startedAt: 0, failures }, 0.999999);
      delays.push(plan.delayMs);
      failures = plan.failures;
    }
    assert.deepEqual(delays, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test('never gives up, and never waits for nothing or for ever', () => {
    for (const failures of [0, 50, 5_000, 1e9]) {
      for (const chance of [0, 0.5, 0.999]) {
        const { delayMs } = planRestart(0, { startedAt: 0, failures }, chance);
        assert.ok(delayMs >= 250 && delayMs <= restartBackoff.maxMs, `${failures} ${chance} ${delayMs}`);
      }
    }
  });

  test('a child that ran well begins anew', () => {
    assert.deepEqual(planRestart(steadyAfterMs, { startedAt: 0, failures: 20 }, 0), {
      delayMs: 250,
      failures: 1,
      alarming: false,
    });
    assert.equal(planRestart(steadyAfterMs - 1, { startedAt: 0, failures: 20 }, 0).failures, 21);
  });

  test('raises the alarm at the fifth quick end', () => {
    const alarms = [0, 1, 2, 3, 4, 5].map((failures) => planRestart(0, { startedAt: 0, failures }, 0).alarming);
    assert.deepEqual(alarms, [false, false, false, false, true, true]);
  });
});
