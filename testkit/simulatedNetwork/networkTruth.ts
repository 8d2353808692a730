import type { ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { formatEnode } from '../../p2p/wire/nodeEndpoint.ts';
import { addressOf, groupsByNode, idOf, listensOnTcp, type NetworkPlan, portOf } from './networkPlan.ts';
import type { ProtocolTables } from './protocolTables.ts';
import { type NodePhase, phaseAt, type SimulatedWorld } from './simulatedWorld.ts';

/** The truth about a node from a moment on. */
export interface TruthPhase {
  /** ms since the epoch; null = from the first. */
  readonly from: number | null;
  /** It answers a PING. */
  readonly alive: boolean;
  readonly client: string;
  readonly forkId: { readonly hash: string; readonly next: string };
  /** It will follow the next fork. */
  readonly prepared: boolean;
  /** Branch of the chain that it holds, 0 = the main one. */
  readonly branch: number;
  /** Its last block, if it has one: it knows no further forks. */
  readonly lastBlock: string | null;
}

/** The truth about a node, whatever a crawler finds. */
export interface SimulatedTruth {
  /** Public key, 128 hex digits. */
  readonly id: string;
  readonly ip: string;
  readonly udp: number;
  /** 0 = it does not listen. */
  readonly tcp: number;
  readonly group: string;
  readonly speaks: ScenarioNodeGroup['speaks'];
  readonly layer: ScenarioNodeGroup['layer'];
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
  /** Its phases in the course of the run, oldest first; the fields above describe the first. */
  readonly phases: readonly TruthPhase[];
}

/** One entry per node, in order of their numbers. */
export function truthOf(plan: NetworkPlan, world: SimulatedWorld): SimulatedTruth[] {
  return groupsByNode(plan.groups).map((group, index) => {
    const phases = world.phasesOf(index, group).map(truthPhase);
    const { alive, client, forkId } = truthPhase(world.phaseAt(index, group, world.startedAt));
    return {
      id: bytesToHex(idOf(plan, index)),
      ip: addressOf(plan, index),
      udp: portOf(index),
      tcp: listensOnTcp(group) ? portOf(index) : 0,
      group: group.name,
      speaks: group.speaks,
      layer: group.layer,
      alive,
      honest: group.neighbours === 'honest',
      reachable: group.layer === 'execution' && (group.reachability === 'full' || group.reachability === 'busy'),
      identified: group.layer === 'execution' && group.reachability === 'full',
      client,
      network: group.network,
      forkId,
      phases,
    };
  });
}

/** The truth about a node at `now` (ms). */
export function truthAt({ phases }: Pick<SimulatedTruth, 'phases'>, now: number): TruthPhase {
  return phaseAt(phases, now);
}

function truthPhase({ from, up, client, forkId, prepared, branch, lastBlock }: NodePhase): TruthPhase {
  return {
    from: Number.isFinite(from) ? from : null,
    alive: up,
    client,
    forkId: { hash: bytesToHex(forkId.hash), next: String(forkId.next) },
    prepared,
    branch,
    lastBlock: lastBlock === null ? null : lastBlock.toString(),
  };
}

/** One JSON object a line: a node, and by their numbers (lines, from 0) the nodes that it knows. */
export function* truthLines(truth: readonly SimulatedTruth[], tables: ProtocolTables): Generator<string> {
  for (const [index, node] of truth.entries()) {
    const knows = node.alive && node.honest ? tables.tableOf(index) : [];
    yield `${JSON.stringify({ index, ...node, knows })}\n`;
  }
}

export function enodeOf(node: SimulatedTruth): string {
  return formatEnode({ id: Uint8Array.from(Buffer.from(node.id, 'hex')), ip: node.ip, udp: node.udp, tcp: node.tcp });
}
