/** In which order test files run, and which of them may run together. */

/** What an earlier run has shown about a test file. */
export interface TestWeight {
  /** How long it takes when run beside others, s. */
  readonly seconds: number;
  /** Processors that it keeps busy: 0.5 for one that mostly waits. 'all' = it wants the machine for itself. Without it, 1. */
  readonly share?: number | 'all';
}

export interface TestJob {
  /** From the root of the package, as `crawler/wire/rlp.test.ts`; several share a process. */
  readonly sources: readonly string[];
  readonly seconds: number;
  readonly share: number;
}

/** For a file that no earlier run has measured. */
const unknownSeconds = { unit: 1, endToEnd: 20, beside: 0.1 };

/**
 * The longest first, so that none of the long ones is left over when the others are done. Those that want the whole
 * machine stand before all others: nothing has to end before them. `series` are files that may share a process.
 */
export function planJobs(
  series: readonly (readonly string[])[],
  weights: Readonly<Record<string, TestWeight>>,
  processors: number,
): TestJob[] {
  const jobs = series.map((sources): TestJob => {
    const weigh = (source: string) => weightOf(source, weights);
    const guess = (source: string) => {
      if (sources.length > 1) return unknownSeconds.beside;
      return source.startsWith('e2e/') ? unknownSeconds.endToEnd : unknownSeconds.unit;
    };
    const seconds = sources.reduce((sum, source) => sum + (weigh(source)?.seconds ?? guess(source)), 0);
    const share = (sources.length === 1 ? weigh(sources[0] ?? '')?.share : undefined) ?? 1;
    return { sources, seconds, share: share === 'all' ? processors : Math.min(share, processors) };
  });
  const alone = (job: TestJob) => Number(job.share === processors && processors > 1);
  return jobs.sort((a, b) => alone(b) - alone(a) || b.seconds - a.seconds);
}

/** The first in the queue that fits beside those running; null = none does. */
export function nextJob(waiting: readonly TestJob[], running: readonly TestJob[], processors: number): TestJob | null {
  const free = processors - running.reduce((sum, job) => sum + job.share, 0);
  return waiting.find(({ share }) => share <= free) ?? null;
}

/** What is known of a file; undefined = nothing, or that it is short. */
export function weightOf(source: string, weights: Readonly<Record<string, TestWeight>>): TestWeight | undefined {
  return Object.hasOwn(weights, keyOf(source)) ? weights[keyOf(source)] : undefined;
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
