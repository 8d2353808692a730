import type { ChangesSeen } from './round.ts';

/** What a member's `/metrics` tells beside its status; null for what it does not show. */
export interface EtcdMetrics {
  readonly id: bigint | null;
  readonly hasLeader: boolean | null;
  readonly isLeader: boolean;
  readonly isLearner: boolean;
  readonly changesSeen: ChangesSeen | null;
  /** Whether its streams to a member are up, by the member's ID as in MemberRef. */
  readonly activePeers: ReadonlyMap<string, boolean>;
}

const maxPeers = 1_024;
/** The families that are read: a whole answer has some 2,000 lines. */
const sample =
  /^(etcd_server_id|etcd_server_has_leader|etcd_server_is_leader|etcd_server_is_learner|etcd_server_leader_changes_seen_total|etcd_network_active_peers|process_start_time_seconds)(?:\{([^}\n]{0,400})\})? ([0-9.eE+-]{1,40})$/gm;

/** Reads the few families that matter. IDs are hex here, unlike in the gateway's JSON. */
export function parseEtcdMetrics(text: string): EtcdMetrics {
  let id: bigint | null = null;
  const values = new Map<string, number>();
  const activePeers = new Map<string, boolean>();
  for (const [, name = '', labels = '', written = ''] of text.matchAll(sample)) {
    const value = Number(written);
    if (!Number.isFinite(value)) continue;
    if (name === 'etcd_server_id') {
      if (value === 1) id = parseHexId(labelOf(labels, 'server_id'));
    } else if (name === 'etcd_network_active_peers') {
      const remote = parseHexId(labelOf(labels, 'Remote'));
      if (remote !== null && activePeers.size < maxPeers) {
        activePeers.set(remote.toString(16).padStart(128, '0'), value > 0);
      }
    } else values.set(name, value);
  }
  const hasLeader = values.get('etcd_server_has_leader');
  const count = values.get('etcd_server_leader_changes_seen_total');
  const startedAt = values.get('process_start_time_seconds');
  return {
    id,
    hasLeader: hasLeader === undefined ? null : hasLeader === 1,
    isLeader: values.get('etcd_server_is_leader') === 1,
    isLearner: values.get('etcd_server_is_learner') === 1,
    changesSeen:
      count === undefined || !Number.isSafeInteger(count) || count < 0 ? null : { count, startedAt: startedAt ?? null },
    activePeers,
  };
}

function labelOf(labels: string, name: string): string {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
}

function parseHexId(text: string): bigint | null {
  return /^[0-9a-f]{1,16}$/.test(text) ? BigInt(`0x${text}`) : null;
}
