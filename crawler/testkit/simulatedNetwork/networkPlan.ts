import { createHash } from 'node:crypto';
import type { Scenario, ScenarioNodeGroup } from '../../../lib/scenarioFile.ts';
import { idHash } from '../../wire/nodeEndpoint.ts';
import type { Curve } from '../../wire/secp256k1.ts';

/** UDP and TCP port of every simulated node: each has an address of its own. */
export const simulatedPort = 30_303;

/** Who is in a simulated network, decided by its seed alone. Nodes are numbered; those of one group stand together. */
export interface NetworkPlan {
  readonly seed: number;
  readonly groups: readonly ScenarioNodeGroup[];
  /** Addresses are taken from 127.`second`.1.1 on. */
  readonly second: number;
  readonly size: number;
  /** 32 bytes a node. */
  readonly privateKeys: Uint8Array;
  /** 64 bytes a node. */
  readonly ids: Uint8Array;
  /** 32 bytes a node: its place in the DHT. */
  readonly hashes: Uint8Array;
}

export function planNetwork(curve: Curve, scenario: Pick<Scenario, 'seed' | 'nodes'>, second: number): NetworkPlan {
  const { seed, nodes: groups } = scenario;
  const size = groups.reduce((sum, group) => sum + group.count, 0);
  const plan: NetworkPlan = {
    seed,
    groups,
    second,
    size,
    privateKeys: new Uint8Array(32 * size),
    ids: new Uint8Array(64 * size),
    hashes: new Uint8Array(32 * size),
  };
  if (second + Math.floor((size - 1) / nodesPerOctet) > 255) throw new RangeError(`no room for ${size} addresses`);
  for (let index = 0; index < size; index++) {
    const key = createHash('sha256').update(`simulated ${seed} ${index}`).digest();
    const id = curve.publicKey(key);
    plan.privateKeys.set(key, 32 * index);
    plan.ids.set(id, 64 * index);
    plan.hashes.set(idHash(id), 32 * index);
  }
  return plan;
}

const nodesPerOctet = 250 * 250;

/** 127.x.y.z, y and z from 1 to 250. */
export function addressOf(plan: Pick<NetworkPlan, 'second'>, index: number): string {
  const third = Math.floor((index % nodesPerOctet) / 250);
  return `127.${plan.second + Math.floor(index / nodesPerOctet)}.${third + 1}.${(index % 250) + 1}`;
}

export function idOf(plan: Pick<NetworkPlan, 'ids'>, index: number): Uint8Array {
  return plan.ids.subarray(64 * index, 64 * index + 64);
}

export function privateKeyOf(plan: Pick<NetworkPlan, 'privateKeys'>, index: number): Uint8Array {
  return plan.privateKeys.subarray(32 * index, 32 * index + 32);
}

/** The group of each node. */
export function groupsByNode(groups: readonly ScenarioNodeGroup[]): ScenarioNodeGroup[] {
  return groups.flatMap((group) => Array.from({ length: group.count }, () => group));
}

/** Whether it listens on TCP. */
export function listensOnTcp({ reachability }: ScenarioNodeGroup): boolean {
  return reachability === 'full' || reachability === 'busy' || reachability === 'silent';
}
