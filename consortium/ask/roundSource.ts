import { parseRound } from './parseRound.ts';
import { type EndpointMemories, pollRound } from './pollRound.ts';
import type { Round } from './round.ts';
import type { RpcClient } from './rpcClient.ts';

/** Software whose members can be watched. The strings are also the values in the database. */
export const clusterKinds = ['goQuorum', 'etcd'] as const;
export type ClusterKind = (typeof clusterKinds)[number];

/** Where the judge's rounds come from: anything that tells whom each member takes for the leader. */
export interface RoundSource {
  /** Never rejects: a failure is an answer. */
  ask(t: number): Promise<Round>;
  close(): void;
}

/** GoQuorum's members, by JSON-RPC. */
export function createRpcSource(clients: readonly RpcClient[], graceMs: number): RoundSource {
  // BOUNDED: by the clients
  const memories: EndpointMemories = new Map();
  return {
    ask: async (t) => parseRound(await pollRound(clients, t, memories, graceMs)),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}
