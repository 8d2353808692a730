import { parseArgs } from 'node:util';
import type { BenchNetwork } from './benchScenario.ts';
import { crawlSimulation } from './crawlSimulation.ts';
import { machine } from './machine.ts';
import { measureMix } from './mixedDiscovery.ts';
import { measurePacketFloor } from './packetFloor.ts';

/**
 * `npm run bench -- discovery --nodes 5000`: a single run over a simulated network with as many dead IDs as live nodes,
 * crawler and simulator on the same machine; with `--mix` as `mixedDiscovery.ts` says. With `--udp-only` nobody listens on TCP: what is left is discovery and database.
 */
export async function run(words: readonly string[]): Promise<object> {
  const { network, profile, snapshot, flags, mix } = readOptions(words);
  if (mix) return { bench: 'discovery --mix', machine: machine(), ...(await measureMix({ ...network, flags })) };
  const floor = await measurePacketFloor();
  const result = await crawlSimulation({
    ...network,
    flags,
    ...(profile === '' ? {} : { profileFolder: profile }),
    ...(snapshot === '' ? {} : { snapshotFile: snapshot }),
  });
  const cpuPerPacketToFloor = Number((result.crawler.cpuUsPerVerifiedPacket / floor.sumUs).toFixed(2));
  return { bench: 'discovery', machine: machine(), ...result, cpuPerPacketToFloor, floor };
}

export function readOptions(words: readonly string[]): {
  network: BenchNetwork;
  profile: string;
  snapshot: string;
  flags: Record<string, string>;
  mix: boolean;
} {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    args: [...words],
    options: {
      nodes: text('5000'),
      seed: text('1'),
      dead: text('1'),
      latency: text('0'),
      jitter: text('0'),
      loss: text('0'),
      hostile: text('0'),
      visits: text('400'),
      profile: text(''),
      'udp-only': { type: 'boolean', default: false },
      snapshot: text(''),
      mix: { type: 'boolean', default: false },
    },
  });
  const network = {
    nodes: Number(values.nodes),
    seed: Number(values.seed),
    deadPerLive: Number(values.dead),
    latencyMs: Number(values.latency),
    jitterMs: Number(values.jitter),
    loss: Number(values.loss),
    hostile: Number(values.hostile),
    udpOnly: values['udp-only'],
  };
  const flags = { 'max-visits': values.visits };
  return { network, profile: values.profile, snapshot: values.snapshot, flags, mix: values.mix };
}
