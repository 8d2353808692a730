import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learnWeights, nextJob, planJobs } from './testQueue.ts';

const weights = {
  'e2e/hostile': { seconds: 40, share: 'all' },
  'e2e/crash': { seconds: 60, share: 0.5 },
  'crawl/claimDesk': { seconds: 18 },
} as const;
const alone = (sources: readonly string[]) => sources.map((source) => [source]);
const sources = ['lib/a.test.ts', 'e2e/crash.test.ts', 'crawler/crawl/claimDesk.test.ts', 'e2e/hostile.test.ts'];

test('longest first, after those that want the machine for themselves; a file that is not known gets a guess', () => {
  assert.deepEqual(planJobs(alone([...sources, 'e2e/new.test.ts', 'web/b.test.tsx']), weights, 2), [
    { sources: ['e2e/hostile.test.ts'], seconds: 40, share: 2 },
    { sources: ['e2e/crash.test.ts'], seconds: 60, share: 0.5 },
    { sources: ['e2e/new.test.ts'], seconds: 20, share: 1 },
    { sources: ['crawler/crawl/claimDesk.test.ts'], seconds: 18, share: 1 },
    { sources: ['lib/a.test.ts'], seconds: 1, share: 1 },
    { sources: ['web/b.test.tsx'], seconds: 1, share: 1 },
  ]);
});

test('files that share a process are one job, as long as they are together, and never for half a processor', () => {
  const shared = ['lib/a.test.ts', 'e2e/crash.test.ts'];
  assert.deepEqual(planJobs([shared, ['lib/b.test.ts']], weights, 2), [
    { sources: shared, seconds: 60.1, share: 1 },
    { sources: ['lib/b.test.ts'], seconds: 1, share: 1 },
  ]);
});

test('what a moved file took is still known', () => {
  assert.equal(planJobs([['elsewhere/crawl/claimDesk.test.ts']], weights, 2)[0]?.seconds, 18);
  assert.equal(planJobs([['api/claimDesk.test.ts']], weights, 2)[0]?.seconds, 1, 'another of that name');
});

test('the machine is filled and never more than filled, and what wants all of it runs alone', () => {
  const waiting = planJobs(alone([...sources, 'e2e/new.test.ts']), weights, 2);
  const running: typeof waiting = [];
  const start = (): string | null => {
    const job = nextJob(waiting, running, 2);
    if (job === null) return null;
    running.push(...waiting.splice(waiting.indexOf(job), 1));
    return job.sources[0] ?? '';
  };
  assert.deepEqual([start(), start()], ['e2e/hostile.test.ts', null]);
  running.pop();
  assert.deepEqual([start(), start(), start()], ['e2e/crash.test.ts', 'e2e/new.test.ts', null]);
  running.pop();
  assert.deepEqual([start(), start()], ['crawler/crawl/claimDesk.test.ts', null]);
});

test('one processor runs one file at a time, whatever it wants', () => {
  const waiting = planJobs(alone(sources), weights, 1);
  assert.ok(waiting.every(({ share }) => share <= 1));
  const [first, ...others] = waiting;
  assert.ok(first);
  assert.deepEqual(first.sources, ['e2e/crash.test.ts']);
  assert.equal(nextJob(others, [{ ...first, share: 1 }], 1), null);
});

test('a run teaches how long files take; what was set by hand stays, short files are forgotten', () => {
  const seen = new Map([
    ['e2e/hostile.test.ts', 33.4],
    ['crawler/crawl/claimDesk.test.ts', 1.2],
    ['lib/errors.test.ts', 2.6],
    ['sql/errors.test.ts', 0.1],
  ]);
  assert.deepEqual(Object.entries(learnWeights(weights, seen)), [
    ['e2e/crash', { seconds: 60, share: 0.5 }],
    ['e2e/hostile', { seconds: 33, share: 'all' }],
    ['lib/errors', { seconds: 3 }],
  ]);
});
