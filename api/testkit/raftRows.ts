/** Raft rows for tests, as the watcher would write them. */
import type { Sql } from '../../sql/client.ts';
import { idOf } from './testRows.ts';

const second = 1_000;

export interface TestRaftCluster {
  readonly cluster: string;
  readonly state?: string;
  readonly leader?: number | null;
  readonly votes?: number;
  readonly secondsAgo?: number;
  readonly sealers?: object;
}

/** A cluster of three with an endpoint for each: n1 and n2 answer, n3 does as `third` says. */
export async function insertRaftCluster(
  sql: Sql,
  now: number,
  given: TestRaftCluster & { readonly third?: string },
): Promise<void> {
  const { cluster, state = 'confirmed', leader = 1, votes = 2, secondsAgo = 2, third = 'timeout' } = given;
  const at = (seconds: number) => new Date(now - seconds * second);
  await sql`
    insert into raft_clusters (cluster, genesis_hash, network_id, interval_ms, first_watched, watched_since, last_round,
      state, state_since, leader_raft_id, leader_node_id, votes, voters, voters_active, learners, claims, leader_views,
      head_number, pending, stalled, churning, sealers)
    values (${cluster}, ${idOf(0).slice(0, 32)}, 10, 5000, ${at(9_000)}, ${at(9_000)}, ${at(secondsAgo)}, ${state},
      ${at(600)}, ${leader}, ${leader === null ? null : idOf(leader)}, ${votes}, 3, 3, 0, 1, 1, 812, 4, false, false,
      ${given.sealers === undefined ? null : sql.json(given.sealers as never)})`;
  for (const id of [1, 2, 3]) {
    await sql`
      insert into raft_members (cluster, raft_id, node_id, learner, present, role, active, hostname, first_seen, last_seen,
        last_active)
      values (${cluster}, ${id}, ${idOf(id)}, false, true, ${id === leader ? 'minter' : 'verifier'}, ${id !== 3},
        '10.0.0.1', ${at(9_000)}, ${at(secondsAgo)}, ${at(secondsAgo)})`;
    const ok = id < 3;
    await sql`
      insert into raft_views (cluster, node, at, result, result_since, last_view, raft_id, node_id, role, leader_at,
        leader_raft_id, head_number, pending, peer_count, sees)
      values (${cluster}, ${`n${id}`}, ${at(secondsAgo)}, ${ok ? 'ok' : third}, ${at(60)}, ${at(ok ? secondsAgo : 61)},
        ${id}, ${idOf(id)}, ${ok ? (id === leader ? 'minter' : 'verifier') : null},
        ${ok ? (leader === null ? 'none' : 'named') : null}, ${ok ? leader : null}, ${ok ? 812 : null}, ${ok ? 4 : null},
        ${ok ? 2 : null},
        ${sql.json(ok ? [1, 2, 3].map((raftId) => ({ raftId, role: raftId === leader ? 'minter' : 'verifier', active: raftId !== 3 })) : [])})`;
  }
}

export async function insertRaftEvent(
  sql: Sql,
  cluster: string,
  kind: string,
  openedAt: number,
  closedAt: number | null,
  more: { readonly confirmed?: boolean; readonly data?: object } = {},
): Promise<void> {
  const data = {
    from: { raftId: 1, nodeId: Buffer.from(idOf(1)).toString('hex') },
    to: { raftId: 2, nodeId: '' },
    votes: 2,
    voters: 3,
    observers: [{ node: 'n1', view: 2, result: 'ok' }],
    source: 'rpc',
    gap: false,
    detectedAt: new Date(openedAt).toISOString(),
    ...more.data,
  };
  await sql`
    insert into events (kind, subject, opened_at, closed_at, confirmed, data)
    values (${kind}, ${`raft/${cluster}`}, ${new Date(openedAt)}, ${closedAt === null ? null : new Date(closedAt)},
      ${more.confirmed ?? true}, ${sql.json(data)})`;
}

export async function insertRaftState(
  sql: Sql,
  cluster: string,
  from: number,
  until: number | null,
  state: string,
  raftId: number | null,
): Promise<void> {
  await sql`
    insert into raft_states (cluster, from_at, until_at, state, raft_id, node_id, votes, voters, voters_active)
    values (${cluster}, ${new Date(from)}, ${until === null ? null : new Date(until)}, ${state}, ${raftId},
      ${raftId === null ? null : idOf(raftId)}, 2, 3, 3)`;
}
