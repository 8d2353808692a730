import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from './machine.ts';
import type { TruthOrder, TruthReport } from './truthProcess.ts';

const flags = ['--max-semi-space-size=256', '--single-threaded-gc', '--max-old-space-size=6000'];

/**
 * `npm run bench -- truth --nodes 1500 --hours 72`: crawlers watch a mixed network in virtual time; they are stopped for
 * an hour, killed for three and a half, starved, and joined by a second one that sees others. Every count of every census
 * is compared with the truth. Prints the table of errors (`docs/TRUTH.md` shows one), and the worst of what is wrong.
 */
export async function run(words: readonly string[]): Promise<object> {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const options = { nodes: text('1500'), hours: text('72'), seed: text('1'), worst: text('0'), profile: text('') };
  const { values } = parseArgs({ args: [...words], options });
  const { nodes, hours, seed, worst, profile } = values;
  const order: TruthOrder = { nodes: Number(nodes), hours: Number(hours), seed: Number(seed), worst: Number(worst) };
  const child = fork(fileURLToPath(new URL('./truthProcess.js', import.meta.url)), {
    execArgv: [...flags, ...(profile === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`])],
    serialization: 'advanced',
  });
  const ended = once(child, 'exit');
  child.send(order);
  const report = await Promise.race([
    once(child, 'message').then(([message]): TruthReport => message),
    ended.then(([code]): never => {
      throw new Error(`the simulation ended with ${code}`);
    }),
  ]);
  await ended;
  return { bench: 'truth', machine: machine(), ...report };
}
