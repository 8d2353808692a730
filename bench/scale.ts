import { parseArgs } from 'node:util';
import { reasonOf } from '../lib/errors.ts';
import { crawlSimulation, type SimulationResult } from './crawlSimulation.ts';
import { machine } from './machine.ts';
import { measurePacketFloor } from './packetFloor.ts';

type Run = SimulationResult | { readonly network: { readonly nodes: number }; readonly failed: string };

/**
 * `npm run bench -- scale --sizes 1000,5000,20000,50000 --limit 3600`: how cost grows with the network; each size a run
 * of its own, cut off after `limit` seconds. A size that fails is reported as failed, and the next one begins.
 */
export async function run(words: readonly string[]): Promise<object> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      sizes: { type: 'string', default: '1000,5000,20000,50000' },
      limit: { type: 'string', default: '3600' },
      dead: { type: 'string', default: '1' },
      visits: { type: 'string', default: '400' },
    },
  });
  const sizes = values.sizes.split(',').map((text) => whole(text, '--sizes'));
  const limitSeconds = whole(values.limit, '--limit');
  const floor = await measurePacketFloor();
  const runs: Run[] = [];
  for (const nodes of sizes) {
    console.error(`${nodes} live nodes`);
    const result = await crawlSize(nodes, Number(values.dead), limitSeconds, values.visits);
    runs.push(result);
    console.error(JSON.stringify('failed' in result ? result : { found: result.found, crawler: result.crawler }));
  }
  return { bench: 'scale', machine: machine(), floor, runs, growth: growth(runs) };
}

async function crawlSize(nodes: number, deadPerLive: number, limitSeconds: number, visits: string): Promise<Run> {
  const way = { latencyMs: 0, jitterMs: 0, loss: 0, hostile: 0 };
  try {
    return await crawlSimulation({
      nodes,
      seed: 1,
      deadPerLive,
      ...way,
      limitSeconds,
      flags: { 'max-visits': visits },
    });
  } catch (error) {
    return { network: { nodes }, failed: reasonOf(error) };
  }
}

/** Each complete run beside the smallest (CPU) and beside the one that has at least 5,000 nodes (memory). */
export function growth(runs: readonly Run[]): readonly object[] {
  const complete = runs.flatMap((one) => ('failed' in one || !one.complete ? [] : [one]));
  const [first] = complete;
  const base = complete.find(({ network }) => network.nodes >= 5_000) ?? first;
  if (first === undefined || base === undefined) return [];
  return complete
    .filter((one) => one.network.nodes > base.network.nodes)
    .map((one) => {
      const nodes = one.network.nodes - base.network.nodes;
      const ids = one.network.ids - base.network.ids;
      const more = (mib: (run: SimulationResult) => number): { perFurtherNode: number; perFurtherId: number } => {
        const bytes = (mib(one) - mib(base)) * 2 ** 20;
        return { perFurtherNode: Math.round(bytes / nodes), perFurtherId: Math.round(bytes / ids) };
      };
      const cpu = one.crawler.cpuUsPerVerifiedPacket / first.crawler.cpuUsPerVerifiedPacket;
      return {
        nodes: one.network.nodes,
        cpuPerPacket: { beside: first.network.nodes, ratio: Math.round(100 * cpu) / 100 },
        bytes: {
          beside: base.network.nodes,
          peakRss: more(({ crawler }) => crawler.peakRssMib),
          rssAtEnd: more(({ crawler }) => crawler.memoryMib.rss),
          liveHeapAtEnd: more(({ crawler }) => crawler.memoryMib.liveHeap + crawler.memoryMib.liveArrayBuffers),
        },
      };
    });
}

function whole(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${option} takes whole numbers above 0, not ${text}`);
  return value;
}
