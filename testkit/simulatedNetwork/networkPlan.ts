import { createHash } from 'node:crypto';
import type { Scenario, ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import { idHash } from '../../p2p/wire/nodeEndpoint.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';

/**
 * UDP and TCP port of a simulated node. Each has an address of its own too: the kernel looks through all sockets of a
 * port before it gives up on an address where nobody is, which with thousands on one port costs more than the crawl.
 */
export function portOf(index: number): number {
  return 30_303 + (index % 2_000);
}

/** Who is in a simulated network, determined by its seed alone. Nodes are numbered, group by group. */
export interface NetworkPlan {
  readonly seed: number;
  readonly groups: readonly ScenarioNodeGroup[];
  /** Addresses are taken from `first`.`second`.1.1 on; 127 = loopback. */
  readonly first: number;
  readonly second: number;
  readonly addresses: Scenario['addresses'];
  /** Nodes that share one /24, from 127.`second`.`third`.1 on. */
  readonly sharedSubnets: readonly { readonly from: number; readonly to: number; readonly third: number }[];
  readonly size: number;
  /** Nodes that share addresses, so many each. */
  readonly sharedIps: readonly { readonly from: number; readonly to: number; readonly perIp: number }[];
  /** 32 bytes a node. */
  readonly privateKeys: Uint8Array;
  /** 64 bytes a node. */
  readonly ids: Uint8Array;
  /** 32 bytes a node: its place in the DHT. */
  readonly hashes: Uint8Array;
}

export type PlannedScenario = Pick<Scenario, 'seed' | 'addresses' | 'nodes'>;

export function planNetwork(curve: Curve, scenario: PlannedScenario, second: number, first = 127): NetworkPlan {
  const { seed, addresses, nodes: groups } = scenario;
  const size = groups.reduce((sum, group) => sum + group.count, 0);
  const plan: NetworkPlan = {
    seed,
    groups,
    first,
    second,
    addresses,
    sharedSubnets: shareSubnets(groups),
    sharedIps: shareIps(groups),
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

type Addressing = Pick<NetworkPlan, 'second' | 'addresses' | 'sharedSubnets'> &
  Partial<Pick<NetworkPlan, 'first' | 'sharedIps'>>;

/** first.x.y.z, y and z from 1 to 250; y from 251 on for groups that share a /24. */
export function addressOf(plan: Addressing, node: number): string {
  const { first = 127, second, addresses, sharedSubnets, sharedIps = [] } = plan;
  const machine = sharedIps.find(({ from, to }) => node >= from && node < to);
  const index = machine === undefined ? node : node - ((node - machine.from) % machine.perIp);
  const shared = sharedSubnets.find(({ from, to }) => index >= from && index < to);
  if (shared !== undefined) return `${first}.${second}.${shared.third}.${index - shared.from + 1}`;
  const octet = second + Math.floor(index / nodesPerOctet);
  const [one, other] = [Math.floor((index % nodesPerOctet) / 250) + 1, (index % 250) + 1];
  return addresses === 'packed' ? `${first}.${octet}.${one}.${other}` : `${first}.${octet}.${other}.${one}`;
}

export function shareIps(groups: readonly ScenarioNodeGroup[]): NetworkPlan['sharedIps'] {
  let from = 0;
  return groups.flatMap(({ count, perIp, rotation }) => {
    const range = { from, to: from + count, perIp: rotation === undefined ? perIp : count };
    from += count;
    return range.perIp > 1 ? range : [];
  });
}

/** @throws RangeError for more groups, or more nodes in one, than there is room for */
export function shareSubnets(groups: readonly ScenarioNodeGroup[]): NetworkPlan['sharedSubnets'] {
  let from = 0;
  const shared: { from: number; to: number; third: number }[] = [];
  for (const { subnet, count } of groups) {
    const third = 251 + shared.length;
    if (subnet === 'shared') {
      if (third > 254 || count > 250) throw new RangeError('at most four groups of 250 share a /24');
      shared.push({ from, to: from + count, third });
    }
    from += count;
  }
  return shared;
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

/** Whether it names a TCP port of its own, even if nobody gets through to it. */
export function namesTcp(group: ScenarioNodeGroup): boolean {
  return listensOnTcp(group) || group.calls !== undefined || group.layer === 'consensus';
}

export function speaksDiscv4(group: ScenarioNodeGroup | undefined): boolean {
  return group !== undefined && group.speaks !== 'discv5';
}

export function speaksDiscv5(group: ScenarioNodeGroup | undefined): boolean {
  return group !== undefined && group.speaks !== 'discv4';
}

/** Whether it listens on TCP, for RLPx. */
export function listensOnTcp({ reachability, calls, layer }: ScenarioNodeGroup): boolean {
  if (calls !== undefined || layer === 'consensus') return false;
  return reachability === 'full' || reachability === 'busy' || reachability === 'silent';
}
