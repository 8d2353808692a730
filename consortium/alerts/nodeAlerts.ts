import type { Condition } from '../../notify/alertBook.ts';
import type { NodeResult, NodeView } from '../ask/round.ts';
import { isAlive } from '../judge/isAlive.ts';
import type { SealersVerdict } from '../judge/sealersVerdict.ts';
import type { RoundTally } from '../judge/tallyRound.ts';
import { type AlertName, type ClusterAbout, conditionOf, nodeKind } from './alertRules.ts';

/** Clocks may differ by so much, ms. */
export const clockMs = 2_000;
/** A node may be so many blocks behind. */
const behindBlocks = 10;

/** What came of asking an endpoint. */
export interface LookedAt {
  readonly node: string;
  readonly result: NodeResult;
}

/** That nothing is seen of a cluster. `what` it is, before the endpoints are listed; `unknown`: of what nothing is known. */
export function unseenCondition(
  name: 'RaftClusterUnseen' | 'RaftSealersUnseen',
  nodes: readonly LookedAt[],
  told: { readonly isSeen: (node: LookedAt) => boolean; readonly what: string; readonly unknown: string },
): Condition {
  // Of a Raft cluster, an endpoint that refuses us is seen.
  const mayRefuse = name === 'RaftSealersUnseen';
  const reasons = nodes.map(({ node, result }) => `${node} ${result}`);
  return conditionOf(name, {
    kind: 'raftUnseen',
    holds: nodes.length > 0 && !nodes.some(told.isSeen),
    summary: `${told.what}: ${reasons.slice(0, 10).join(', ')}${reasons.length > 10 ? ', …' : ''}`,
    description: `All its nodes are down, ${mayRefuse ? 'refuse us, ' : ''}or the way to them is broken; after each name stands which. Check the network from this machine first. ${mayRefuse ? `${refusals} ` : ''}Until one answers, nothing is known of ${told.unknown}.`,
    hides: mayRefuse ? ['RaftNodeDown'] : ['RaftNodeDown', 'RaftNodeUnaskable'],
  });
}

/** What is wrong with single members of a Raft cluster. `led`: whether it has a confirmed leader; null = not known. */
export function raftNodeConditions(
  { cluster, kind, clockOffsets }: ClusterAbout,
  { nodes }: Pick<RoundTally, 'nodes'>,
  led: boolean | null,
): readonly Condition[] {
  return nodes.flatMap(({ node, result, hasLeader, view }) => [
    alarm(cluster, node, view),
    down(cluster, { node, result }),
    nodeCondition('RaftNodeUnaskable', node, {
      holds: result !== 'ok' && isAlive(result),
      summary: `${node} of ${cluster} answers, but gives no view: ${result}`,
      description: `${unaskable}, and whether its raft API is exposed.`,
    }),
    nodeCondition('RaftNodeIsolated', node, {
      holds: hasLeader === null || led === null ? null : !hasLeader && led,
      summary: `${node} of ${cluster} follows no leader while the cluster has one`,
      description: `It is cut off from the others: check its ${kind === 'etcd' ? 'peer URL (default port 2380)' : 'Raft port'} and the links to it.${kind === 'etcd' ? '' : ' When it comes back, expect one leader change.'}`,
    }),
    clockOffset(cluster, node, clockOffsets.get(node) ?? null),
  ]);
}

/** The same of the nodes of a chain of sealers. */
export function sealerNodeConditions(
  { cluster }: ClusterAbout,
  asked: readonly LookedAt[],
  { nodes, state }: Pick<SealersVerdict, 'nodes' | 'state'>,
): readonly Condition[] {
  return asked.flatMap(({ node, result }) => {
    const behind = nodes.find((each) => each.node === node)?.behind ?? null;
    return [
      down(cluster, { node, result }),
      nodeCondition('RaftNodeUnaskable', node, {
        holds: result !== 'notRaft' && isAlive(result),
        summary: `${node} of ${cluster} answers, but tells nothing of the chain: ${result}`,
        description: `${unaskable}, and whether its eth API is exposed.`,
      }),
      nodeCondition('RaftSealerNodeBehind', node, {
        holds: behind === null || state === 'unknown' ? null : behind > behindBlocks,
        summary: `${node} of ${cluster} is ${behind} blocks behind`,
        description:
          'It is cut off from the others, or cannot keep up. A sealer that is behind cannot seal: check its peers, its disk and its log.',
      }),
    ];
  });
}

const refusals =
  'unauthorized: its token or login. vhost: the node allows other host names. tls: its certificate. html, httpStatus: what stands before the node.';

const unaskable =
  'It may be healthy; the way to ask it is not. Look at its token (etcd with auth on: `login` of the endpoint), its allowed host names, what stands before it';

function nodeCondition(
  name: AlertName,
  node: string,
  more: Pick<Condition, 'holds' | 'summary' | 'description'>,
): Condition {
  return conditionOf(name, { ...more, kind: nodeKind(node), labels: { node } });
}

function down(cluster: string, { node, result }: LookedAt): Condition {
  return nodeCondition('RaftNodeDown', node, {
    holds: !isAlive(result),
    summary: `${node} of ${cluster} does not answer: ${result}`,
    description:
      'refused: its process is down. timeout: it is frozen, or something on the way drops what is sent. unreachable: its name does not resolve, there is no route to it, or it hangs up (is its URL http where it speaks https, or the reverse?). raftHangs: only a restart of the node helps.',
  });
}

function alarm(cluster: string, node: string, view: NodeView | null): Condition {
  const alarms = view?.alarms ?? [];
  return nodeCondition('RaftNodeAlarm', node, {
    holds: view === null ? null : alarms.length > 0,
    summary: `${node} of ${cluster} raises an alarm: ${alarms.join(', ')}`,
    description:
      'With NOSPACE, the whole etcd cluster refuses writes until it is compacted and defragmented and the alarm is disarmed. With CORRUPT, the data of its members differ.',
  });
}

function clockOffset(cluster: string, node: string, offsetMs: number | null): Condition {
  const seconds = (Math.abs(offsetMs ?? 0) / 1_000).toFixed(1);
  return nodeCondition('RaftClockOffset', node, {
    holds: offsetMs === null ? null : Math.abs(offsetMs) > clockMs,
    summary: `The clock of ${node} in ${cluster} is ${seconds} s ${(offsetMs ?? 0) < 0 ? 'behind' : 'ahead of'} ours`,
    description: 'Check NTP on that node, and on this machine if all nodes show the same offset.',
  });
}
