import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { DaysOrder, DaysReport } from './daysProcess.ts';
import { machine } from './machine.ts';

/** A simulation is all short-lived packets: a large young generation, and no threads beside the one that computes. */
const flags = ['--max-semi-space-size=64', '--single-threaded-gc'];

/**
 * `npm run bench -- days --nodes 1000 --hours 24`: a whole crawl in virtual time, the simulated network in the same
 * process, over a real PostgreSQL. A tenth of the IDs is dead, and at night (from the eighth to the sixteenth hour) a
 * third of the open Geths is away. Tells how long it took and where the time went, and holds the counts to the truth.
 */
export async function run(words: readonly string[]): Promise<object> {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    args: [...words],
    options: { nodes: text('1000'), hours: text('24'), seed: text('1'), revisit: text('30m'), profile: text('') },
  });
  const { nodes, hours, seed, revisit, profile } = values;
  const report = await crawlDays({ nodes: Number(nodes), hours: Number(hours), seed: Number(seed), revisit }, profile);
  return { bench: 'days', machine: machine(), revisit, ...report };
}

async function crawlDays(order: DaysOrder, profileFolder: string): Promise<DaysReport> {
  const child = fork(fileURLToPath(new URL('./daysProcess.js', import.meta.url)), {
    execArgv: [...flags, ...(profileFolder === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`])],
    serialization: 'advanced',
  });
  const ended = once(child, 'exit');
  child.send(order);
  const report = await Promise.race([
    once(child, 'message').then(([message]): DaysReport => message),
    ended.then(([code]): never => {
      throw new Error(`the simulation ended with ${code}`);
    }),
  ]);
  await ended;
  return report;
}
