import { bytesToHex } from '../../wire/bytes.ts';
import { formatEnode } from '../../wire/nodeEndpoint.ts';
import type { LongRunTables } from './longRunTables.ts';
import { addressOf, groupsByNode, idOf, listensOnTcp, type NetworkPlan, simulatedPort } from './networkPlan.ts';
import { forkIdOf, scenarioNetworks } from './simulatedIdentity.ts';

/** What is so, whatever a crawler finds. */
export interface SimulatedTruth {
  /** Public key, 128 hex digits. */
  readonly id: string;
  readonly ip: string;
  readonly udp: number;
  /** 0 = it listens on none. */
  readonly tcp: number;
  readonly group: string;
  /** It answers a PING. */
  readonly alive: boolean;
  /** It names nodes that exist. */
  readonly honest: boolean;
  /** It proves its key over TCP. */
  readonly reachable: boolean;
  /** It tells its client. */
  readonly identified: boolean;
  readonly client: string;
  readonly network: string;
  readonly forkId: { readonly hash: string; readonly next: string };
}

/** One entry a node, in the order of their numbers. */
export function truthOf(plan: NetworkPlan, now: number): SimulatedTruth[] {
  const networks = scenarioNetworks(plan.groups);
  const groups = groupsByNode(plan.groups);
  return groups.map((group, index) => {
    const network = networks.get(group.network);
    if (network === undefined) throw new RangeError(`there is no network ${group.network}`);
    const forkId = forkIdOf(group, network, now);
    return {
      id: bytesToHex(idOf(plan, index)),
      ip: addressOf(plan, index),
      udp: simulatedPort,
      tcp: listensOnTcp(group) ? simulatedPort : 0,
      group: group.name,
      alive: group.reachability !== 'dead',
      honest: group.neighbours === 'honest',
      reachable: group.reachability === 'full' || group.reachability === 'busy',
      identified: group.reachability === 'full',
      client: group.client,
      network: group.network,
      forkId: { hash: bytesToHex(forkId.hash), next: String(forkId.next) },
    };
  });
}

/** One JSON object a line: a node, and by their numbers (lines, from 0) the nodes that it knows. */
export function* truthLines(truth: readonly SimulatedTruth[], tables: LongRunTables): Generator<string> {
  for (const [index, node] of truth.entries()) {
    const knows = node.alive && node.honest ? [...tables.tableOf(index)] : [];
    yield `${JSON.stringify({ index, ...node, knows })}\n`;
  }
}

export function enodeOf(node: SimulatedTruth): string {
  return formatEnode({ id: Uint8Array.from(Buffer.from(node.id, 'hex')), ip: node.ip, udp: node.udp, tcp: node.tcp });
}
