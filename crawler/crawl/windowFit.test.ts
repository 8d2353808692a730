/** Schedules against windows: the longest times as calculated, and as they turn out when the schedule runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windowMs } from '../../lib/countWindows.ts';
import { formatDuration } from '../../lib/duration.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { crawlerDefinition } from '../config.ts';
import { defaultSchedule, nextDialAt, nextDueAt, type SchedulePolicy, scheduleOf } from './backoff.ts';
import { dialIntervalMs } from './dialGate.ts';
import {
  type CountWindow,
  type LookKind,
  longestGapMs,
  longestRevisitMs,
  misfitsOf,
  type ScheduleSettings,
  slackMs,
} from './windowFit.ts';

const minute = 60_000;
const hour = 60 * minute;
const leaseMs = crawlerDefinition.leaseMs.default;
const settingsOf = (revisitMs: number, lease = leaseMs): ScheduleSettings => ({
  ...scheduleOf({ revisitMs }),
  leaseMs: lease,
});
const names = (settings: ScheduleSettings) => misfitsOf(settings).map(({ kind, window }) => `${kind} ${window}`);

test('every default fits every window', () => {
  assert.deepEqual(names(settingsOf(crawlerDefinition.revisitMs.default)), []);
  assert.deepEqual(names({ ...defaultSchedule, leaseMs }), []);
});

test('three hours between dials of a full node did not fit two hours', () => {
  assert.deepEqual(names({ ...defaultSchedule, leaseMs, fullMs: 3 * hour, fullJitter: 0.2 }), ['dialOfFull now']);
});

test('over all pairs of settings: what fits is what the longest revisit says, and a lease counts as well', () => {
  for (const lease of [2_000, leaseMs, 4 * minute, 30 * minute, hour]) {
    for (const revisitMs of [
      1_000,
      minute,
      10 * minute,
      30 * minute,
      hour,
      95 * minute,
      2 * hour,
      19 * hour,
      7 * 24 * hour,
    ]) {
      const settings = settingsOf(revisitMs, lease);
      for (const window of ['now', 'day'] as const) {
        const fits = !names(settings).includes(`visit ${window}`);
        assert.equal(fits, revisitMs <= longestRevisitMs(window, settings), `${revisitMs} ${lease} ${window}`);
      }
    }
  }
  assert.equal(formatDuration(longestRevisitMs('now', settingsOf(hour))), '1h35m');
  assert.equal(formatDuration(longestRevisitMs('day', settingsOf(hour))), '19h55m');
  assert.deepEqual(names(settingsOf(30 * minute, hour)), ['dialOfFull now', 'visitOfSilent now', 'visitOfNamed now']);
});

/** Runs a schedule for some days, and says what was the longest time between two looks of a kind. */
function longestSeen(kind: LookKind, policy: SchedulePolicy, countedForMs: number, chance: () => number): number {
  const lasts = 10 * Math.max(policy.revisitMs, policy.fullMs, countedForMs);
  const start = 1_000 * 24 * hour;
  let now = start;
  let lookedAt = now;
  let longest = 0;
  const look = (): void => {
    longest = Math.max(longest, now - lookedAt);
    lookedAt = now;
  };
  let dialAt: number | null = null;
  // When it answered last. One that is only named has been away for long.
  const goneFor = kind === 'visitOfNamed' ? 30 * 24 * hour : 0;
  for (let visits = 0; now < start + lasts && visits < 20_000; visits++) {
    const isSilent = kind === 'visitOfSilent' || kind === 'visitOfNamed';
    // Counted until the window has passed since its last answer: after that the window needs no look.
    if (kind === 'visitOfSilent' && lookedAt - start >= countedForMs) break;
    if (kind !== 'dialOfFull' || dialAt === null || dialAt <= now) look();
    if (kind === 'dialOfFull' && (dialAt === null || dialAt <= now))
      dialAt = nextDialAt({ now, chance: chance() }, policy);
    now = nextDueAt(
      {
        ...{ now, result: isSilent ? 'silent' : 'alive', lastAliveAt: start - goneFor, firstSeenAt: 0 },
        ...{
          failures: visits + 1,
          dialAt,
          namedAt: kind === 'visitOfNamed' ? now : 0,
          unwatchedMs: 0,
          chance: chance(),
        },
      },
      policy,
    );
  }
  return longest;
}

test('no schedule takes longer in practice than was calculated', () => {
  const { next } = seededRandom(5);
  for (const revisitMs of [minute, 30 * minute, 47 * minute, 95 * minute, 19 * hour]) {
    const policy = scheduleOf({ revisitMs });
    for (const window of Object.keys(windowMs) as CountWindow[]) {
      for (const kind of ['visit', 'dialOfFull', 'visitOfSilent', 'visitOfNamed'] as const) {
        const worked = longestGapMs(kind, { ...policy, leaseMs: 0 }, windowMs[window]) - slackMs;
        for (const chance of [() => 0, () => 0.999_999, next]) {
          const seen = longestSeen(kind, policy, windowMs[window], chance);
          assert.ok(seen > 0 && seen <= worked + 2, `${kind} ${window} ${revisitMs}: ${seen} > ${worked}`);
        }
      }
    }
  }
});

test('a dial that had to wait for its turn at its address is within the slack', () => {
  // A throttled visit is made again after 35 to 70 s.
  assert.ok(2 * dialIntervalMs < slackMs);
});

test('a full node is dialled at most twice as often as with three hours between', () => {
  const { next } = seededRandom(6);
  const dialsADay = (fullMs: number, fullJitter: number, toVisits: boolean): number => {
    const policy = { ...defaultSchedule, fullMs, fullJitter };
    let [now, dials, dialAt] = [0, 0, 0];
    while (now < 400 * 24 * hour) {
      if (dialAt <= now) {
        dials++;
        dialAt = nextDialAt({ now, chance: next() }, policy);
      }
      const base = {
        now,
        result: 'alive',
        lastAliveAt: now,
        firstSeenAt: 0,
        failures: 0,
        namedAt: 0,
        unwatchedMs: 0,
        chance: next(),
      } as const;
      now = nextDueAt({ ...base, dialAt: toVisits ? dialAt : null }, policy);
    }
    return dials / 400;
  };
  const before = dialsADay(3 * hour, 0.2, false);
  const after = dialsADay(defaultSchedule.fullMs, defaultSchedule.fullJitter, true);
  assert.ok(before > 7.2 && before < 7.5, `${before}`);
  assert.ok(after <= 2 * before, `${after} against ${before}`);
});
