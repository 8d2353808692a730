/** Runs the built command line as its users do: as a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Disposing ends it by SIGTERM and waits. */
export interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Finished>;
  stdout(): string;
  stderr(): string;
  /** Resolves with the first match in what the process printed; rejects when it ends or `ms` pass before. */
  printed(pattern: RegExp, ms: number): Promise<RegExpExecArray>;
}

/** Starts `forkscope ARGS`. No setting of the machine's reaches it but those in `env`. */
export function startForkscope(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [join(packageRoot, 'dist/bin/forkscope.js'), ...args], {
    env: { PATH, HOME, ...env },
    cwd: env.CWD ?? tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const keep = (add: (text: string) => void) => (chunk: Buffer) => {
    add(chunk.toString());
    for (const listener of listeners) listener();
  };
  child.stdout.on(
    'data',
    keep((text) => (stdout += text)),
  );
  child.stderr.on(
    'data',
    keep((text) => (stderr += text)),
  );
  const ended = new Promise<Finished>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    ended,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
    stdout: () => stdout,
    stderr: () => stderr,
    printed: (pattern, ms) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(stdout) ?? pattern.exec(stderr);
          if (match !== null) finish(() => resolve(match));
        };
        const fail = (why: string): void =>
          finish(() => reject(new Error(`${why} before ${pattern}\n${stdout.slice(-3_000)}\n${stderr.slice(-5_000)}`)));
        const timer = setTimeout(() => fail(`${ms} ms passed`), ms);
        const finish = (act: () => void): void => {
          clearTimeout(timer);
          listeners.delete(look);
          act();
        };
        listeners.add(look);
        void ended.then(({ code, signal }) => fail(`it ended with ${code ?? signal}`));
        look();
      }),
  };
}

/** Ends a process that a test started and waits for its end. */
export async function endForkscope(running: Running, signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
  if (running.child.exitCode === null && running.child.signalCode === null) running.child.kill(signal);
  return running.ended;
}

/** A folder that goes with the test. */
export function temporaryFolder(t: { after(act: () => void): void }, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `forkscope-${name}-`));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
