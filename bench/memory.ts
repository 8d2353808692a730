import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { heapFlags } from '../crawler/heapFlags.ts';
import { machine } from './machine.ts';
import type { MemoryReport } from './memoryProcess.ts';

/**
 * `npm run bench -- memory --sizes 5000,50000`: what the crawler holds of networks of so many live nodes and as many
 * dead ones, each size in a process of its own. Visits, frontier, counts and caches are the real ones; packets, sessions
 * and database are left out, so that it ends within a minute on any machine.
 */
export async function run(words: readonly string[]): Promise<object> {
  const { values } = parseArgs({ args: [...words], options: { sizes: { type: 'string', default: '5000,50000' } } });
  const runs: MemoryReport[] = [];
  for (const nodes of values.sizes.split(',').map(Number)) runs.push(await crawlInProcess(nodes));
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined || last.nodes <= first.nodes) {
    return { bench: 'memory', machine: machine(), runs };
  }
  const more = (read: (one: MemoryReport) => number): { perFurtherNode: number; perFurtherId: number } => {
    const bytes = (read(last) - read(first)) * 2 ** 20;
    return {
      perFurtherNode: Math.round(bytes / (last.nodes - first.nodes)),
      perFurtherId: Math.round(bytes / (last.known - first.known)),
    };
  };
  return {
    bench: 'memory',
    machine: machine(),
    runs,
    bytes: {
      peakRss: more(({ peakRssMib }) => peakRssMib),
      rssAtEnd: more(({ memoryMib }) => memoryMib.rss),
      liveHeap: more(({ memoryMib }) => memoryMib.liveHeap + memoryMib.liveArrayBuffers),
    },
  };
}

async function crawlInProcess(nodes: number): Promise<MemoryReport> {
  const child = fork(fileURLToPath(new URL('./memoryProcess.js', import.meta.url)), [String(nodes)], {
    execArgv: [...heapFlags],
  });
  const ended = once(child, 'exit');
  const report = await Promise.race([
    once(child, 'message').then(([message]): MemoryReport => message),
    ended.then(([code]): never => {
      throw new Error(`the process ended with ${code}`);
    }),
  ]);
  await ended;
  return report;
}
