import type { Clock } from '../../p2p/ports.ts';
import { createEtcdClient } from './etcdClient.ts';
import { createEtcdSource } from './etcdSource.ts';
import { type ClusterKind, createRpcSource, type RoundSource } from './roundSource.ts';
import { createRpcClient, type Endpoint, type RpcClient, type RpcLimits } from './rpcClient.ts';

export interface OpenedSource {
  readonly source: RoundSource;
  /** Empty for members that speak no JSON-RPC. The source closes them. */
  readonly clients: readonly RpcClient[];
}

/** Opens what asks the members of a cluster of this kind. */
export function openSource(
  cluster: {
    readonly kind: ClusterKind;
    readonly endpoints: readonly Endpoint[];
    readonly rpc: RpcLimits;
    readonly startGraceMs: number;
  },
  clock: Pick<Clock, 'after' | 'now'>,
): OpenedSource {
  const { kind, endpoints, rpc, startGraceMs } = cluster;
  if (kind === 'etcd') {
    const members = endpoints.map((endpoint) => createEtcdClient(endpoint, clock, rpc));
    return { source: createEtcdSource(members), clients: [] };
  }
  const clients = endpoints.map((endpoint) => createRpcClient(endpoint, clock, rpc));
  return { source: createRpcSource(clients, startGraceMs), clients };
}
