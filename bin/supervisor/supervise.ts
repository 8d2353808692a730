import { type ChildProcess, spawn } from 'node:child_process';
import { formatDuration } from '../../lib/duration.ts';
import { reasonOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { wrongCallCode } from './exitCodes.ts';
import { LastWords } from './lastWords.ts';
import { passLines } from './passLines.ts';
import { planRestart } from './planRestart.ts';

export interface ChildSpec {
  readonly name: string;
  /** Arguments of node, the script first. Never secrets: those are passed in the environment. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface SuperviseOptions {
  readonly children: readonly ChildSpec[];
  readonly log: Logger;
  readonly write: (text: string) => void;
  /** What a child announces over its channel. */
  readonly onMessage?: (name: string, message: unknown) => void;
  /** A child cannot work as it is called or configured, and is not started again; `words` are its own. */
  readonly onRefused?: (name: string, words: string) => void;
  /** How long one child may take to end before it is killed. */
  readonly stopDeadlineMs?: number;
  readonly now?: () => number;
  readonly chance?: () => number;
}

export interface Supervisor {
  /** Ends the children one after the other, the last started first; resolves when all are gone. */
  stop(): Promise<void>;
  /** Kills them at once, without waiting. */
  kill(): void;
  pidOf(name: string): number | null;
}

interface Slot {
  readonly spec: ChildSpec;
  state:
    | { readonly at: 'running'; readonly child: ChildProcess; readonly startedAt: number; readonly failures: number }
    | { readonly at: 'waiting'; readonly timer: NodeJS.Timeout }
    | { readonly at: 'stopped' };
}

/**
 * Keeps children running: a child that ends is restarted, with growing delays, indefinitely, unless it reports that it
 * was called or configured wrongly. Each has its own process group, so that Ctrl-C reaches only this process, and a
 * channel whose loss shows it that this process is gone.
 */
export function supervise(options: SuperviseOptions): Supervisor {
  const { log, write, now = Date.now, chance = Math.random, stopDeadlineMs = 12_000 } = options;
  const slots: Slot[] = options.children.map((spec) => ({ spec, state: { at: 'stopped' } }));
  let stopping: Promise<void> | null = null;

  const start = (slot: Slot, failures: number): void => {
    const { name, args, env } = slot.spec;
    const child = spawn(process.execPath, [...args], {
      env: { ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const startedAt = now();
    slot.state = { at: 'running', child, startedAt, failures };
    let ended = false;
    const onEnd = (reason: string): void => {
      if (ended) return;
      ended = true;
      if (stopping !== null) {
        slot.state = { at: 'stopped' };
        return;
      }
      const plan = planRestart(now(), { startedAt, failures }, chance());
      const fields = { part: name, reason, again: formatDuration(plan.delayMs), failures: plan.failures };
      if (plan.alarming) log.error(`${name} keeps ending soon after its start; restarting it`, fields);
      else log.warn(`${name} ended; restarting it`, fields);
      slot.state = { at: 'waiting', timer: setTimeout(() => start(slot, plan.failures), plan.delayMs) };
    };
    const words = new LastWords();
    const onRefused = (): void => {
      ended = true;
      slot.state = { at: 'stopped' };
      // What it wrote may still be on its way.
      void untilClosed(child).then(() => {
        if (stopping === null) options.onRefused?.(name, words.text);
      });
    };
    child.on('exit', (code, signal) => {
      if (code === wrongCallCode && stopping === null) onRefused();
      else onEnd(signal ?? `exit code ${code}`);
    });
    child.on('error', (error) => onEnd(reasonOf(error)));
    child.on('message', (message) => options.onMessage?.(name, message));
    if (child.stdout !== null) passLines(child.stdout, name, write);
    if (child.stderr !== null) passLines(child.stderr, name, write, (line) => words.note(line));
    log.debug(`${name} started`, { part: name, pid: child.pid });
  };

  const stopAll = async (): Promise<void> => {
    for (const slot of slots) if (slot.state.at === 'waiting') clearTimeout(slot.state.timer);
    for (const slot of slots.toReversed()) {
      if (slot.state.at === 'running') await stopChild(slot.state.child, slot.spec.name, stopDeadlineMs, log);
      slot.state = { at: 'stopped' };
    }
  };

  for (const slot of slots) start(slot, 0);
  return {
    stop: () => {
      stopping ??= Promise.resolve().then(stopAll);
      return stopping;
    },
    kill: () => {
      stopping ??= Promise.resolve();
      for (const slot of slots) {
        if (slot.state.at === 'running') slot.state.child.kill('SIGKILL');
        if (slot.state.at === 'waiting') clearTimeout(slot.state.timer);
      }
    },
    pidOf: (name) => {
      const state = slots.find((slot) => slot.spec.name === name)?.state;
      return state?.at === 'running' ? (state.child.pid ?? null) : null;
    },
  };
}

async function stopChild(child: ChildProcess, name: string, deadlineMs: number, log: Logger): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = untilClosed(child);
  const timer = setTimeout(() => {
    log.error(`${name} did not end in time; killing it`, { part: name, after: formatDuration(deadlineMs) });
    child.kill('SIGKILL');
  }, deadlineMs);
  child.kill('SIGTERM');
  await gone;
  clearTimeout(timer);
}

/** Resolves when the child has ended and all that it wrote is read. */
function untilClosed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    // A grandchild may keep the pipes open: do not wait for its output.
    const giveUp = () => setTimeout(resolve, 500).unref();
    if (child.exitCode === null) child.once('exit', giveUp);
    else giveUp();
  });
}
