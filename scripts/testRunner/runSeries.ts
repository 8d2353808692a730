import { join } from 'node:path';
import { packageRoot } from '../../lib/packageRoot.ts';
import { type RunningFile, runTestFile, startProcess } from './runTestFile.ts';
import { type FileEnd, readOutput } from './testOutput.ts';
import type { SeriesNote } from './testProcess.ts';

/** How a file of a series ended. */
export type SeriesEnd = FileEnd & { readonly seconds: number };

export interface RunningSeries {
  /** Resolves when each of its files has ended, or when it was stopped. */
  readonly ended: Promise<void>;
  stop(): void;
  /** Resolves when nothing is left of its processes. */
  readonly swept: Promise<void>;
}

const reporter = join(packageRoot, 'dist/scripts/testRunner/seriesReporter.js');

/**
 * Runs a built test file in a process of its own, or several one after another in one, each with the result that it has by
 * itself. The process may end under a file: then that one is run again by itself, to see what it says there, and the rest go on in a new process. That
 * file has failed even if it passes alone. So has one that leaves anything for the next. `timeoutMs` is for each file.
 */
export function runSeries(
  files: readonly string[],
  environment: NodeJS.ProcessEnv,
  timeoutMs: number,
  onEnd: (file: string, end: SeriesEnd) => void,
): RunningSeries {
  const waiting = [...files];
  let running: RunningFile | null = null;
  let stopped = false;
  const swept: Promise<void>[] = [];
  const start = (next: RunningFile): RunningFile => {
    running = next;
    swept.push(next.swept);
    return next;
  };

  /** One process, for as many of the waiting as it comes to. */
  const runSome = async (): Promise<void> => {
    let failed = false;
    let last: { readonly file: string; readonly end: SeriesEnd } | null = null;
    let begun = true;
    let since = Date.now();
    const onTold = (note: SeriesNote): void => {
      begun = note.at === 'begun';
      if (note.at === 'begun') return;
      // The last one is kept back: the process may end badly after it.
      if (last !== null) onEnd(last.file, last.end);
      waiting.shift();
      const end = endOf(note, (Date.now() - since) / 1_000);
      since = Date.now();
      failed ||= readOutput(end).failures !== null;
      last = { file: note.file, end };
    };
    const child = start(
      startProcess(['--series', ...waiting], { environment, timeoutMs, reporter, onTold: byLine(onTold) }),
    );
    const { end, stderr } = await child.ended;
    const ended = last as { readonly file: string; readonly end: SeriesEnd } | null;
    const bad = end !== 0 && !failed && waiting.length === 0;
    if (ended !== null) onEnd(ended.file, bad ? { ...ended.end, stderr: ended.end.stderr + stderr, end } : ended.end);
    if (stopped || !begun) return;
    const file = waiting.shift();
    if (file === undefined) return;
    const seconds = (Date.now() - since) / 1_000;
    if (typeof end === 'string' && end.startsWith('a timeout')) onEnd(file, { stdout: '', stderr, end, seconds });
    else onEnd(file, await runAgain(file, { stderr, end }));
  };

  const runAgain = async (file: string, beside: Omit<FileEnd, 'stdout'>): Promise<SeriesEnd> => {
    const alone = await start(runTestFile(file, environment, timeoutMs)).ended;
    if (readOutput(alone).failures !== null) return alone;
    return { ...alone, stderr: beside.stderr, end: `${beside.end} after other files, and well alone,` };
  };

  const runAll = async (): Promise<void> => {
    const [only, ...others] = files;
    if (only !== undefined && others.length === 0) {
      onEnd(only, await start(runTestFile(only, environment, timeoutMs)).ended);
      return;
    }
    while (waiting.length > 0 && !stopped) await runSome();
  };
  const ended = runAll();
  return {
    ended,
    stop: () => {
      stopped = true;
      running?.stop();
    },
    swept: ended.then(async () => {
      await Promise.all(swept);
    }),
  };
}

function endOf({ output, stderr, left }: SeriesNote & { at: 'ended' }, seconds: number): SeriesEnd {
  return { stdout: output, stderr, seconds, end: left.length === 0 ? 0 : `something left behind (${left.join(', ')})` };
}

/** Gives each whole line as the note that it holds. */
function byLine(take: (note: SeriesNote) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(JSON.parse(line));
  };
}
