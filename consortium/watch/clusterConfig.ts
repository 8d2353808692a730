import { startGraceMs } from '../ask/pollRound.ts';
import type { ClusterKind } from '../ask/roundSource.ts';
import { type Endpoint, type RpcLimits, rpcDefaults } from '../ask/rpcClient.ts';
import type { BlockRule } from '../judge/blockRule.ts';
import type { JudgeConfig } from '../judge/judgeConfig.ts';

/** A cluster as it is watched. */
export interface ClusterConfig {
  /** The operator's name for the cluster. */
  readonly name: string;
  /** Whose members these are. */
  readonly kind: ClusterKind;
  readonly endpoints: readonly Endpoint[];
  readonly intervalMs: number;
  /** The chain's own rule of empty blocks: see BlockRule; null = learned. */
  readonly emptyBlockMs: BlockRule['emptyMs'];
  /** Pause before another round if one contradicts the settled state. */
  readonly repollMs: number;
  /** Pause between two looks at the Raft ports' clocks. */
  readonly probeMs: number;
  readonly rpc: RpcLimits;
  /** How long a node that comes up is not asked about Raft: see pollRound.ts. */
  readonly startGraceMs: number;
  readonly thresholds: Partial<Omit<JudgeConfig, 'cluster' | 'endpoints'>>;
}

export const clusterDefaults: Omit<ClusterConfig, 'name' | 'endpoints'> = {
  kind: 'goQuorum',
  intervalMs: 5_000,
  emptyBlockMs: null,
  repollMs: 200,
  probeMs: 30_000,
  rpc: rpcDefaults,
  startGraceMs,
  thresholds: {},
};
