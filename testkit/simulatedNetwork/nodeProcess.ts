/** One process of a simulated network: a share of its nodes, on their own sockets. Started by simulatedNetwork.ts. */
import { readFileSync } from 'node:fs';
import { systemClock } from '../../p2p/net/systemClock.ts';
import { systemRandom } from '../../p2p/net/systemRandom.ts';
import { systemSockets } from '../../p2p/net/systemSockets.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { type NetworkPlan, shareIps, shareSubnets } from './networkPlan.ts';
import { type NodeShare, type ServedNodes, serveNodes } from './serveNodes.ts';
import { type RunTimeFault, type SimulatedScenario, SimulatedWorld } from './simulatedWorld.ts';

/** Passes over a channel with 64-bit values (`serialization: 'advanced'`). */
export interface NodeProcessOrder extends NodeShare {
  readonly scenario: SimulatedScenario;
  readonly startedAt: number;
  readonly second: number;
  readonly size: number;
  /** File: private keys, IDs, hashes, one after the other. */
  readonly planFile: string;
}

export type NodeProcessMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'stats'; readonly counts: ServedNodes['counts']; readonly cpuSeconds: number };

process.on('message', (message: unknown) => {
  if (isOrder(message)) void serve(message);
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal reaches this process too; its parent decides when it ends.
process.on('SIGINT', () => {});

function isOrder(message: unknown): message is NodeProcessOrder {
  return typeof message === 'object' && message !== null && 'planFile' in message;
}

function isStrike(message: unknown): message is { readonly strike: readonly RunTimeFault[] } {
  return typeof message === 'object' && message !== null && 'strike' in message;
}

async function serve(order: NodeProcessOrder): Promise<void> {
  const world = new SimulatedWorld(order.scenario, order.startedAt);
  const curve = await chooseCurve();
  const real = { curve, clock: systemClock, random: systemRandom, sockets: systemSockets };
  const nodes = await serveNodes({ ...real, plan: readPlan(order), world }, order);
  process.on('message', (message: unknown) => {
    if (isStrike(message)) return world.strike(message.strike);
    if (message !== 'stats') return;
    const { user, system } = process.cpuUsage();
    tell({ kind: 'stats', counts: nodes.counts, cpuSeconds: (user + system) / 1e6 });
  });
  tell({ kind: 'ready' });
}

function tell(message: NodeProcessMessage): void {
  process.send?.(message);
}

function readPlan({ scenario, second, size, planFile }: NodeProcessOrder): NetworkPlan {
  const bytes = new Uint8Array(readFileSync(planFile));
  return {
    seed: scenario.seed,
    first: 127,
    second,
    addresses: scenario.addresses,
    sharedSubnets: shareSubnets(scenario.nodes),
    sharedIps: shareIps(scenario.nodes),
    size,
    groups: scenario.nodes,
    privateKeys: bytes.subarray(0, 32 * size),
    ids: bytes.subarray(32 * size, 96 * size),
    hashes: bytes.subarray(96 * size, 128 * size),
  };
}
