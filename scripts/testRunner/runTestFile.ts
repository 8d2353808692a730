import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../lib/packageRoot.ts';
import type { FileEnd } from './testOutput.ts';

/** A running test file, in a process group of its own with all that it starts. */
export interface RunningFile {
  readonly ended: Promise<FileEnd & { readonly seconds: number }>;
  /** Asks the whole group to end. */
  stop(): void;
  /** Resolves when nothing of the group is left. */
  readonly swept: Promise<void>;
}

/** How a process of test files is started, and who listens to what it tells. */
export interface ProcessOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Time for it to end by itself, counted anew from each thing that it tells. */
  readonly timeoutMs: number;
  /** Node's, or a file with one. */
  readonly reporter: string;
  /** What it tells on descriptor 3, as it comes. */
  readonly onTold: ((text: string) => void) | null;
}

/** Time for a program to end in good order, its database included. */
const graceMs = 30_000;

const testProcess = join(packageRoot, 'dist/scripts/testRunner/testProcess.js');

/** Runs one built test file by itself; after `timeoutMs` it is ended. What it leaves behind is ended after it. */
export function runTestFile(file: string, environment: NodeJS.ProcessEnv, timeoutMs: number): RunningFile {
  return startProcess([file], { environment, timeoutMs, reporter: 'spec', onTold: null });
}

export function startProcess(files: readonly string[], options: ProcessOptions): RunningFile {
  const { environment, timeoutMs, reporter, onTold } = options;
  const startedAt = Date.now();
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', `--test-reporter=${reporter}`, testProcess, ...files],
    {
      ...{ cwd: packageRoot, env: environment, detached: true },
      stdio: ['ignore', 'pipe', 'pipe', onTold === null ? 'ignore' : 'pipe'],
    },
  );
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  let timedOut = false;
  let forcing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    // The ID of a child that is gone may have been reused.
    if (child.exitCode !== null || child.signalCode !== null) return;
    signalGroup(child.pid, 'SIGTERM');
    forcing ??= setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, timeoutMs);
  const told = child.stdio[3];
  if (onTold !== null && told instanceof Readable) {
    told.setEncoding('utf8').on('data', (text: string) => {
      timer.refresh();
      onTold(text);
    });
  }
  const exited = new Promise<void>((resolve) => {
    for (const end of ['exit', 'error']) {
      child.once(end, () => {
        clearTimeout(forcing);
        resolve();
      });
    }
  });
  const ended = new Promise<FileEnd & { readonly seconds: number }>((resolve) => {
    const finish = (end: number | string): void => {
      clearTimeout(timer);
      const why = timedOut ? `a timeout after ${timeoutMs / 1_000} s` : end;
      resolve({ ...output, end: why, seconds: (Date.now() - startedAt) / 1_000 });
    };
    child.once('error', (error) => finish(error.message));
    // What it left behind may hold its pipes open, but not for long: it is ended too.
    child.once('close', (code, signal) => finish(signal ?? code ?? 0));
  });
  return { ended, stop, swept: exited.then(() => sweep(child.pid)) };
}

async function sweep(pid: number | undefined): Promise<void> {
  if (!signalGroup(pid, 'SIGTERM')) return;
  for (const until = Date.now() + graceMs; Date.now() < until; await sleep(50)) {
    if (!signalGroup(pid, 0)) return;
  }
  signalGroup(pid, 'SIGKILL');
}

/** False when there is no such group. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals | 0): boolean {
  try {
    return pid !== undefined && process.kill(-pid, signal);
  } catch {
    return false;
  }
}
