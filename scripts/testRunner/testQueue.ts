/** In which order test files run, and which of them may run together. */

/** What an earlier run has shown about a test file. */
export interface TestWeight {
  /** How long it takes when run beside others, s. */
  readonly seconds: number;
  /** Processors that it keeps busy: 0.5 for one that mostly waits. 'all' = it wants the machine for itself. Without it, 1. */
  readonly share?: number | 'all';
}

export interface TestJob {
  /** From the root of the package, as `crawler/wire/rlp.test.ts`. */
  readonly source: string;
  readonly seconds: number;
  readonly share: number;
}

/** For a file that no earlier run has measured. */
const unknownSeconds = { unit: 1, endToEnd: 20 };

/**
 * The files longest first, so that none of the long ones is left over when the others are done. Those that want the
 * whole machine stand before all others: nothing has to end before them.
 */
export function planJobs(
  sources: readonly string[],
  weights: Readonly<Record<string, TestWeight>>,
  processors: number,
): TestJob[] {
  const jobs = sources.map((source): TestJob => {
    const known = Object.hasOwn(weights, keyOf(source)) ? weights[keyOf(source)] : undefined;
    const seconds = known?.seconds ?? (source.startsWith('e2e/') ? unknownSeconds.endToEnd : unknownSeconds.unit);
    const share = known?.share ?? 1;
    return { source, seconds, share: share === 'all' ? processors : Math.min(share, processors) };
  });
  const alone = (job: TestJob) => Number(job.share === processors && processors > 1);
  return jobs.sort((a, b) => alone(b) - alone(a) || b.seconds - a.seconds);
}

/** The first in the queue that fits beside those running; null = none does. */
export function nextJob(waiting: readonly TestJob[], running: readonly TestJob[], processors: number): TestJob | null {
  const free = processors - running.reduce((sum, job) => sum + job.share, 0);
  return waiting.find(({ share }) => share <= free) ?? null;
}

/** By its name and its folder's alone, so that a file keeps what was learned when rooms move. */
function keyOf(source: string): string {
  return source
    .replace(/\.test\.tsx?$/, '')
    .split('/')
    .slice(-2)
    .join('/');
}

/** Shorter files are left to the default. */
const leastSeconds = 2;

/** Weights after a run: seconds as they were seen, shares as they were set by hand. */
export function learnWeights(
  old: Readonly<Record<string, TestWeight>>,
  seen: ReadonlyMap<string, number>,
): Record<string, TestWeight> {
  const learned = new Map(Object.entries(old));
  const longest = new Map<string, number>();
  for (const [source, seconds] of seen) {
    const key = keyOf(source);
    longest.set(key, Math.max(seconds, longest.get(key) ?? 0));
  }
  for (const [key, seconds] of longest) {
    const share = learned.get(key)?.share;
    if (seconds < leastSeconds && share === undefined) learned.delete(key);
    else learned.set(key, { seconds: Math.round(seconds), ...(share === undefined ? {} : { share }) });
  }
  return Object.fromEntries(
    [...learned].sort(([a, left], [b, right]) => right.seconds - left.seconds || (a < b ? -1 : 1)),
  );
}
