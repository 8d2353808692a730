import { parseArgs } from 'node:util';
import { crawlSimulation } from './crawlSimulation.ts';
import { machine } from './machine.ts';
import { measurePacketFloor } from './packetFloor.ts';

/** `npm run bench -- scale --sizes 1000,5000,20000,50000`: how cost grows with the network; each size a run of its own. */
export async function run(words: readonly string[]): Promise<object> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      sizes: { type: 'string', default: '1000,5000,20000,50000' },
      visits: { type: 'string', default: '400' },
    },
  });
  const floor = await measurePacketFloor();
  const runs: Awaited<ReturnType<typeof crawlSimulation>>[] = [];
  for (const nodes of values.sizes.split(',').map(Number)) {
    const result = await crawlSimulation({
      nodes,
      seed: 1,
      deadPerLive: 1,
      latencyMs: 0,
      jitterMs: 0,
      loss: 0,
      hostile: 0,
      flags: { 'max-visits': values.visits },
    });
    runs.push(result);
    console.error(JSON.stringify({ nodes, took: result.tookSeconds, found: result.found, crawler: result.crawler }));
  }
  const first = runs[0];
  const last = runs.at(-1);
  return {
    bench: 'scale',
    machine: machine(),
    floor,
    runs,
    ...(first === undefined || last === undefined ? {} : { growth: growth(first, last, runs[1] ?? first) }),
  };
}

type Run = Awaited<ReturnType<typeof crawlSimulation>>;

function growth(first: Run, last: Run, middle: Run): object {
  const bytes = (last.crawler.peakRssMib - middle.crawler.peakRssMib) * 2 ** 20;
  const moreIds = last.network.ids - middle.network.ids;
  return {
    cpuPerPacketLastToFirst: round(last.crawler.cpuUsPerVerifiedPacket / first.crawler.cpuUsPerVerifiedPacket),
    bytesPerFurtherLiveNode: round(bytes / (last.network.nodes - middle.network.nodes)),
    bytesPerFurtherId: round(bytes / moreIds),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
