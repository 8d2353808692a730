import { crawlSimulation, type SimulationOptions } from './crawlSimulation.ts';

/**
 * A crawl of a network of which a third speaks discv4 alone, a third discv5 alone and a third both, beside one of discv4
 * alone on a network of the same size that speaks nothing else, and where `DEVP2P` names geth's tool, beside its crawl.
 */
export async function measureMix(options: SimulationOptions): Promise<object> {
  const { flags, ...network } = options;
  const path = process.env.DEVP2P ?? '';
  const alone = await crawlSimulation({ ...network, flags: { ...flags, discovery: 'discv4' } });
  const mixed = await crawlSimulation({
    ...network,
    mix: true,
    flags: { ...flags, discovery: 'discv4,discv5' },
    ...(path === '' ? {} : { devp2p: { path, seconds: 60 } }),
  });
  const { found, byProtocol, devp2p } = mixed;
  const speakers = byProtocol.aliveTruth.discv5 + byProtocol.aliveTruth.both;
  return {
    goals: {
      foundShare: [found.foundShare, 0.999],
      countedTwice: [found.storedAlive - found.found, 0],
      cpuToDiscv4Alone: [ratio(byProtocol.cpuMsPerLive, alone.byProtocol.cpuMsPerLive), 1.5],
      discv5PacketsPerLive: [byProtocol.discv5SentPerLive, 14],
      recordChecksPerLive: [byProtocol.recordChecksPerLive, 3],
      liveASecondToDevp2p: devp2p === null ? null : [ratio(speakers / mixed.tookSeconds, devp2p.livePerSecond), 20],
    },
    mixed,
    alone: { tookSeconds: alone.tookSeconds, livePerSecond: alone.livePerSecond, ...alone.byProtocol },
  };
}

function ratio(one: number, other: number): number {
  return Number((one / other).toFixed(2));
}
