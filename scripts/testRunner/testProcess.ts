/**
 * A process of a test file: `node testProcess.js FILE`, or of several: `node testProcess.js --series FILE…`. They run one
 * after another, each as a suite of its own; what is to be told of each goes to descriptor 3, as lines of JSON
 * (`SeriesNote`).
 *
 * Node's test runner notes of each promise and each timer to which test it belongs, which costs whatever makes many of them
 * a third of its time. It needs that for tests that are declared inside others, and to name the test in which an error was
 * never caught. So it notes only until a file has declared its tests; then an error that nobody catches ends the process,
 * as it would end a program.
 */
import asyncHooks from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { nextOutput } from './seriesReporter.ts';

/** What is told of a series: that a file begins, and how it ended. */
export type SeriesNote =
  | { readonly at: 'begun'; readonly file: string }
  | {
      readonly at: 'ended';
      readonly file: string;
      /** What it printed, before what node's reporter prints. */
      readonly output: string;
      readonly stderr: string;
      /** What it left behind, in words. */
      readonly left: readonly string[];
    };

const notes = watchHooks();
const { describe } = await import('node:test');

async function declare(file: string): Promise<void> {
  try {
    await import(pathToFileURL(file).href);
  } finally {
    for (const hook of notes) hook.disable();
  }
}

async function runInSeries(file: string): Promise<void> {
  tell({ at: 'begun', file });
  const before = seeSurroundings();
  const printed = catchPrinted();
  const output = nextOutput();
  for (const hook of notes) hook.enable();
  describe(file, () => declare(file));
  const text = await output;
  const left = await findLeft(before);
  const { stdout, stderr } = printed.end();
  tell({ at: 'ended', file, output: stdout + text, stderr, left });
  // The next one starts afresh, and nothing that is open keeps this process.
  if (left.length > 0) process.exit(1);
}

/** What a file prints is told with it. */
function catchPrinted() {
  const printed = { stdout: '', stderr: '' };
  const names = ['stdout', 'stderr'] as const;
  const writes = names.map((name) => {
    const own = process[name].write;
    process[name].write = (chunk: Uint8Array | string) => {
      printed[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      return true;
    };
    return () => {
      process[name].write = own;
    };
  });
  return {
    end: () => {
      for (const restore of writes) restore();
      return printed;
    },
  };
}

/** Turns of the loop that what was closed has to end in. */
const patienceTurns = 200;

function tell(note: SeriesNote): void {
  writeSync(3, `${JSON.stringify(note)}\n`);
}

/** What a file must leave as it found it, for those after it. */
function seeSurroundings() {
  return {
    environment: JSON.stringify(process.env),
    folder: process.cwd(),
    time: [Date, setTimeout, setInterval, setImmediate, performance.now] as readonly unknown[],
    open: countOpen(),
  };
}

/** What a file left behind, in words. What keeps a process open would keep it open for ever, if the file ran by itself. */
async function findLeft(before: ReturnType<typeof seeSurroundings>): Promise<string[]> {
  for (let turns = 0; turns < patienceTurns && openSince(before.open).length > 0; turns++) await turn();
  const now = seeSurroundings();
  return [
    ...openSince(before.open).map((kind) => `open: ${kind}`),
    ...(now.environment === before.environment ? [] : ['another environment']),
    ...(now.folder === before.folder ? [] : ['another working directory']),
    ...(now.time.every((own, index) => own === before.time[index]) ? [] : ['another clock']),
  ];
}

function countOpen(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function openSince(before: ReadonlyMap<string, number>): string[] {
  return [...countOpen()].flatMap(([kind, count]) =>
    kind !== 'Immediate' && count > (before.get(kind) ?? 0) ? [kind] : [],
  );
}

/** The hooks that node's test runner makes: it takes the maker once, when it is loaded. */
function watchHooks(): readonly asyncHooks.AsyncHook[] {
  const made: asyncHooks.AsyncHook[] = [];
  const { createHook } = asyncHooks;
  asyncHooks.createHook = (callbacks) => {
    const hook = createHook(callbacks);
    made.push(hook);
    return hook;
  };
  createRequire(import.meta.url)('node:test');
  asyncHooks.createHook = createHook;
  return made;
}

const files = process.argv.splice(2);
const inSeries = files[0] === '--series';
if (inSeries) files.shift();
process.argv.splice(1, 1, ...files.slice(0, 1));
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    writeSync(2, `${inspect(error)}\n`);
    process.exit(1);
  });
}
// Then node has ended the tests that still waited for something, and runs no more.
process.on('beforeExit', () => {
  files.length = 0;
});
for (const file of files) await (inSeries ? runInSeries(file) : declare(file));
