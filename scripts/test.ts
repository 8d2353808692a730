/**
 * Runs the built tests, longest first, as many at a time as there are processors: each file in a process of its own, but
 * those of a room that only compute in one together.
 * `npm test -- wire raft` runs the files whose path holds one of the words; --learn notes how long each took,
 * --coverage (as CI=true) says at the end how much of each folder was run, --in FOLDER takes the files of a folder
 * that is otherwise left out, --minutes says how long a file may take.
 */
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../lib/packageRoot.ts';
import { openCoverage } from './testRunner/coverage.ts';
import { planSeries } from './testRunner/planSeries.ts';
import { type RunningSeries, runSeries } from './testRunner/runSeries.ts';
import { openScratchFolder } from './testRunner/scratchFolder.ts';
import { describeEnd, type FileResult, paint, readOutput } from './testRunner/testOutput.ts';
import { learnWeights, nextJob, planJobs, type TestJob, weightOf } from './testRunner/testQueue.ts';
import { openResources } from './testRunner/testResources.ts';
import { readWeights, writeWeights } from './testRunner/testWeights.ts';

/**
 * Run by commands of their own: what measures memory for minutes, scenarios that need real time, long virtual days, an
 * hour, and what has a short form elsewhere.
 */
const leftOut = ['e2e/soak/', 'e2e/overSockets/', 'e2e/days/', 'e2e/hour/', 'e2e/long/'];

const { values: flags, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    learn: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: process.env.CI === 'true' && !process.argv.includes('--in') },
    in: { type: 'string', default: '' },
    minutes: { type: 'string', default: '10' },
  },
});

process.exit(await main());

async function main(): Promise<number> {
  const sources = selectSources();
  if (sources.length === 0) {
    const where = flags.in === '' ? '' : ` under ${flags.in}`;
    if (words.length > 0) console.error(`no test file${where} whose path holds ${words.join(' or ')}`);
    else console.error(`no test file${where}`);
    // A folder without tests counts as passed.
    return words.length === 0 && existsSync(join(packageRoot, flags.in)) ? 0 : 1;
  }
  const startedAt = Date.now();
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());
  const coverage = flags.coverage ? await openCoverage() : null;
  const scratch = openScratchFolder();
  // Here too: what the files share stands there as well.
  process.env.TMPDIR = scratch.path;
  const resources = await openResources(sources.map(builtFile));
  const environment = { ...process.env, ...resources.environment, ...coverage?.environment };
  const results = new Map<string, FileResult>();
  const seconds = new Map<string, number>();
  try {
    const weights = readWeights();
    const series = planSeries(sources, builtFile, (source) => weightOf(source, weights) !== undefined);
    await runQueue(planJobs(series, weights, availableParallelism()), environment, interrupt.signal, {
      ended: (source, result, took) => {
        results.set(source, result);
        seconds.set(source, took);
        print(`── ${results.size}/${sources.length} ${source} (${took.toFixed(1)} s)\n${result.body}`);
      },
    });
    if (!interrupt.signal.aborted) await coverage?.print();
  } finally {
    await resources.close();
    await coverage?.close();
    scratch.close();
  }
  print(`${describeEnd(results, Date.now() - startedAt)}\n`);
  if (interrupt.signal.aborted) return 130;
  if (flags.learn) writeWeights(learnWeights(readWeights(), seconds));
  return [...results.values()].every(({ failures }) => failures === null) ? 0 : 1;
}

function print(text: string): void {
  process.stdout.write(process.stdout.isTTY ? paint(text) : text);
}

/** Runs all of them; when interrupted, ends those running and starts no more. */
async function runQueue(
  jobs: readonly TestJob[],
  environment: NodeJS.ProcessEnv,
  interrupt: AbortSignal,
  on: { ended(source: string, result: FileResult, seconds: number): void },
): Promise<void> {
  const waiting = [...jobs];
  const running = new Map<TestJob, RunningSeries>();
  const ends = new Set<Promise<void>>();
  const stopAll = () => {
    for (const series of running.values()) series.stop();
  };
  interrupt.addEventListener('abort', stopAll);
  const swept: Promise<void>[] = [];
  const start = (job: TestJob): void => {
    waiting.splice(waiting.indexOf(job), 1);
    const bySource = new Map(job.sources.map((source) => [builtFile(source), source]));
    const series = runSeries([...bySource.keys()], environment, Number(flags.minutes) * 60_000, (file, output) =>
      on.ended(bySource.get(file) ?? file, readOutput(output), output.seconds),
    );
    running.set(job, series);
    swept.push(series.swept);
    const end = series.ended.then(() => {
      running.delete(job);
      ends.delete(end);
    });
    ends.add(end);
  };
  while (waiting.length + running.size > 0) {
    for (;;) {
      const next = interrupt.aborted ? null : nextJob(waiting, [...running.keys()], availableParallelism());
      if (next === null) break;
      start(next);
    }
    if (running.size === 0) break;
    await Promise.race(ends);
  }
  await Promise.all(swept);
}

function selectSources(): string[] {
  return testSources(packageRoot)
    .map((path) => relative(packageRoot, path).split(sep).join('/'))
    .filter((source) =>
      flags.in === '' ? !leftOut.some((folder) => source.startsWith(folder)) : source.startsWith(flags.in),
    )
    .filter((source) => words.length === 0 || words.some((word) => source.includes(word)));
}

function testSources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return ['node_modules', 'dist'].includes(entry.name) || entry.name.startsWith('.') ? [] : testSources(path);
    }
    return /\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function builtFile(source: string): string {
  return join(packageRoot, 'dist', source.replace(/\.tsx?$/, '.js'));
}
