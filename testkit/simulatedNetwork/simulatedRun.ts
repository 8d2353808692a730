import { parseIp } from '../../lib/ipAddress.ts';
import type { Clock, Random, Sockets } from '../../p2p/ports.ts';
import { type Enr, signEnr } from '../../p2p/wire/enr.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { ProvenCall } from './callers.ts';
import { type NetworkPlan, planNetwork, privateKeyOf } from './networkPlan.ts';
import { enodeOf, type SimulatedTruth, truthLines, truthOf } from './networkTruth.ts';
import type { Callee } from './nodeServing.ts';
import { protocolTables } from './protocolTables.ts';
import { scenarioNetworkFiles } from './scenarioChains.ts';
import { serveNodes } from './serveNodes.ts';
import type { Lie } from './simulatedNodes.ts';
import { type RunTimeFault, type SimulatedScenario, SimulatedWorld } from './simulatedWorld.ts';

/** A running simulated network, wherever its nodes are. */
export interface SimulatedRun {
  /** ms since the epoch. */
  readonly startedAt: number;
  /** Files of the networks that are not as the crawler knows them, by slug. */
  readonly networkFiles: ReadonlyMap<string, string>;
  /** As of now for the whole run: faults that strike later change it. */
  readonly truth: readonly SimulatedTruth[];
  /** Makes faults happen now; their own times are ignored. */
  strike(...faults: readonly RunTimeFault[]): void;
  /** `count` live honest nodes that speak discv4, as enode URLs. */
  bootnodes(count: number): string[];
}

export interface SimulatedStats {
  /** Packets that came in, went out, were lost on the way, and were heeded by nobody; FINDNODEs answered; TCP sessions. */
  readonly received: number;
  readonly sent: number;
  readonly lost: number;
  readonly dropped: number;
  readonly findnodes: number;
  readonly sessions: number;
  readonly cpuSeconds: number;
}

export interface RunPlan {
  readonly curve: Curve;
  readonly now: () => number;
  readonly scenario: SimulatedScenario;
  readonly startedAt: number;
  /** First octet of the addresses; 127 when left out. */
  readonly first?: number;
  readonly second: number;
}

/** Who is in the network and what is so of it; `pass` tells the nodes of faults that strike later. */
export function planRun(
  { curve, now, scenario, startedAt, first, second }: RunPlan,
  pass: (faults: readonly RunTimeFault[]) => void,
): { readonly plan: NetworkPlan; readonly world: SimulatedWorld; readonly run: SimulatedRun } {
  const plan = planNetwork(curve, scenario, second, first);
  const world = new SimulatedWorld(scenario, startedAt);
  let truth = truthOf(plan, world);
  const run: SimulatedRun = {
    startedAt,
    networkFiles: scenarioNetworkFiles(scenario, startedAt),
    get truth() {
      return truth;
    },
    strike: (...faults) => {
      const at = now() - startedAt;
      const struck = faults.map((fault) => ({ ...fault, at }));
      world.strike(struck);
      truth = truthOf(plan, world);
      pass(struck);
    },
    bootnodes: (count) =>
      truth
        .filter(({ alive, honest, speaks }) => alive && honest && speaks !== 'discv5')
        .slice(0, count)
        .map(enodeOf),
  };
  return { plan, world, run };
}

export interface InProcessOptions extends Omit<RunPlan, 'now'> {
  readonly clock: Clock;
  readonly random: Random;
  readonly sockets: Sockets;
  /** The crawlers' identities, for nodes that call them. */
  readonly callees?: () => readonly Callee[];
}

export interface InProcessNetwork extends SimulatedRun {
  /** Who is who and who knows whom, one JSON object a line. */
  truthLines(): Iterable<string>;
  stats(): Omit<SimulatedStats, 'cpuSeconds'>;
  /** Records of `count` live honest nodes, as they would sign them. */
  records(count: number): Enr[];
  /** What came of the calls of those behind NAT, oldest first. */
  readonly calls: readonly ProvenCall[];
  readonly lies: readonly Lie[];
  close(): Promise<void>;
}

/** The same network in this process, over sockets and a clock that may be simulated too. */
export async function openSimulatedNetwork(options: InProcessOptions): Promise<InProcessNetwork> {
  const { curve, clock, random, sockets, callees = () => [] } = options;
  const { plan, world, run } = planRun({ ...options, now: () => clock.now() }, () => {});
  const nodes = await serveNodes({ curve, clock, random, sockets, plan, world, callees }, { from: 0, to: plan.size });
  return {
    ...run,
    get truth() {
      return run.truth;
    },
    truthLines: () => truthLines(run.truth, protocolTables(plan)),
    records: (count) =>
      run.truth
        .flatMap(({ alive, honest, ip, udp, tcp }, index) =>
          alive && honest
            ? signEnr(curve, privateKeyOf(plan, index), {
                seq: 1n,
                pairs: { ip: parseIp(ip) ?? undefined, udp, ...(tcp > 0 ? { tcp } : {}) },
              })
            : [],
        )
        .slice(0, count),
    stats: () => nodes.counts,
    calls: nodes.calls,
    lies: nodes.lies,
    close: () => nodes.close(),
  };
}
