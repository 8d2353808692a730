/** Real clusters of each kind that Forkscope watches, as the hour needs them. */
import { callEtcd, startEtcd } from '../../testkit/etcd/startEtcd.ts';
import { sendTransaction } from '../../testkit/goQuorum/askGoQuorum.ts';
import type { GoQuorumConsensus } from '../../testkit/goQuorum/genesis.ts';
import { type GoQuorumNode, startGoQuorum } from '../../testkit/goQuorum/startGoQuorum.ts';

interface HourNode {
  readonly name: string;
  /** As an operator restarts it. */
  end(): Promise<void>;
  start(): void;
}

export interface HourCluster {
  readonly name: string;
  /** As the operator configures it. */
  readonly config: unknown;
  readonly nodes: readonly HourNode[];
  /** A metric of the watcher that is 1 while all is well. */
  readonly well: string;
  /** Gives it something to do. */
  work(): Promise<unknown>;
  stop(): Promise<void>;
}

/** Rows of what there is: consensus, nodes, seconds between blocks. */
const kinds: readonly (readonly [string, GoQuorumConsensus, number, number])[] = [
  ['raft', 'raft', 3, 0],
  ['qbft', 'qbft', 4, 5],
  ['ibft', 'ibft', 4, 5],
  ['clique', 'clique', 4, 5],
  // Mints only for transactions.
  ['clique-idle', 'clique', 3, 0],
];

/** Starts all of them; `onStop` takes how each is stopped, also if a later one does not start. */
export async function startHourClusters(
  goQuorum: string,
  etcd: string,
  onStop: (stop: () => Promise<void>) => void,
): Promise<readonly HourCluster[]> {
  const clusters: HourCluster[] = [];
  for (const [name, consensus, size, period] of kinds) {
    const { nodes, stop } = await startGoQuorum(goQuorum, { consensus, size, period });
    onStop(stop);
    clusters.push({
      name,
      config: {
        name,
        endpoints: nodes.map(({ raftId, rpcUrl, probeUrl }) => ({
          name: `n${raftId}`,
          url: rpcUrl,
          ...(consensus === 'raft' ? { probeUrl } : {}),
        })),
      },
      nodes: nodes.map((node) => ({ name: `n${node.raftId}`, end: node.end, start: node.start })),
      well: wellMetric(name, consensus, period),
      work: () => workSomewhere(nodes),
      stop,
    });
  }
  const { members, stop } = await startEtcd(etcd, 3, { timing: [] });
  onStop(stop);
  clusters.push({
    name: 'etcd',
    config: { name: 'etcd', kind: 'etcd', endpoints: members.map(({ name, url }) => ({ name, url })) },
    nodes: members,
    well: wellMetric('etcd', 'raft', 0),
    work: async () => {
      const [member] = members;
      if (member !== undefined) await callEtcd(member, '/v3/kv/put', { key: 'aG91cg==', value: 'aG91cg==' });
    },
    stop,
  });
  return clusters;
}

function wellMetric(cluster: string, consensus: GoQuorumConsensus, period: number): string {
  if (consensus === 'raft') return `forkscope_raft_state{cluster="${cluster}",state="confirmed"}`;
  const state = consensus === 'clique' && period === 0 ? 'idle|well' : 'well';
  return `sum(forkscope_raft_sealers_state{cluster="${cluster}",state=~"${state}"})`;
}

/** From whichever node takes it: one of them may be away. */
async function workSomewhere(nodes: readonly GoQuorumNode[]): Promise<void> {
  for (const node of nodes) {
    const done = await sendTransaction(node).then(
      () => true,
      () => false,
    );
    if (done) return;
  }
}
