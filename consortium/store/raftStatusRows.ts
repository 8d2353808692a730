import { toIso } from '../../lib/time.ts';
import { storableText } from '../../sql/client.ts';
import type { ProbeOutcome } from '../ask/probeClock.ts';
import type { MemberRef } from '../ask/round.ts';
import { memberKey } from '../judge/membership.ts';
import type { SealersVerdict } from '../judge/sealersVerdict.ts';
import type { ClusterStatus, RaftRecord } from '../watch/raftRecords.ts';
import { storeSealerBook } from './sealerEventRows.ts';

/** A cluster's row, in the names of its columns; keys and hashes in hex. */
export function toClusterRow(status: ClusterStatus) {
  const { cluster, kind, intervalMs, watchedSince, identity, current, tally, chain, stall } = status;
  const { churning, sealers, sealerBook } = status;
  return {
    cluster,
    kind,
    genesis_hash: identity?.genesisHash ?? null,
    network_id: identity?.networkId ?? null,
    interval_ms: intervalMs,
    watched_since: toIso(watchedSince),
    last_round: toIso(tally.t),
    state: current?.state ?? null,
    state_since: toIso(current?.t ?? null),
    ...leaderColumns('leader', current?.leader ?? null),
    votes: tally.verdict.votes,
    voters: tally.voters,
    voters_active: tally.votersActive,
    learners: tally.learners,
    claims: tally.claims.length,
    leader_views: tally.leaderViews,
    head_number: tally.head ?? sealers?.head ?? null,
    pending: tally.pending ?? sealers?.pending ?? null,
    stalled: stall.on,
    stall,
    churning,
    chain_block: chain.block,
    chain_raft_id: chain.raftId,
    sealers: sealers && toShownSealers(sealers),
    sealer_book: storeSealerBook(sealerBook),
  };
}

/** As the API gives it: addresses with 0x, numbers of blocks as text, times in ISO form. */
function toShownSealers({ clockAheadMs: _, ...verdict }: SealersVerdict) {
  return {
    ...verdict,
    stateSince: toIso(verdict.stateSince),
    head: numberText(verdict.head),
    headAt: toIso(verdict.headAt),
    pending: numberText(verdict.pending),
    sealers: verdict.sealers.map((sealer) => ({
      ...sealer,
      address: hex(sealer.address),
      lastSealed: numberText(sealer.lastSealed),
      lastSealedAt: toIso(sealer.lastSealedAt),
    })),
    nodes: verdict.nodes.map((node) => ({
      ...node,
      address: node.address === null ? null : hex(node.address),
      head: numberText(node.head),
      headHash: node.headHash === null ? null : hex(node.headHash),
    })),
    votes: verdict.votes.map((vote) => ({
      ...vote,
      candidate: hex(vote.candidate),
      voters: vote.voters.map(hex),
    })),
    timeline: verdict.timeline.map(({ number, at, sealer, round, empty, missed }) => ({
      number: String(number),
      at: toIso(at),
      sealer: sealer === null ? null : hex(sealer),
      round,
      empty,
      missed: missed.map(hex),
    })),
  };
}

function numberText(value: number | null): string | null {
  return value === null ? null : String(value);
}

function hex(digits: string): string {
  return `0x${digits}`;
}

export function leaderColumns<P extends string>(prefix: P, leader: MemberRef | null) {
  return { [`${prefix}_raft_id`]: leader?.raftId ?? null, [`${prefix}_node_id`]: leader?.nodeId ?? null };
}

/** The settled members, as the views of the round show them. */
export function toMemberRows({ membership, tally }: ClusterStatus) {
  const views = tally.nodes.flatMap(({ view }) => (view === null ? [] : [view]));
  return membership.map(({ raftId, nodeId, learner }) => {
    const key = memberKey({ raftId, nodeId });
    const entries = views.flatMap((view) => {
      const entry = view.entries.find((candidate) => memberKey(candidate) === key);
      return entry === undefined ? [] : [entry];
    });
    const shown = entries.flatMap(({ active }) => (active === undefined ? [] : [active]));
    const hostname = entries.find((entry) => entry.hostname !== undefined)?.hostname;
    return {
      raft_id: raftId,
      node_id: nodeId,
      learner,
      role: mostFrequent(entries.flatMap(({ role }) => (role === undefined ? [] : [role]))),
      active: shown.length === 0 ? null : shown.includes(true),
      hostname: hostname === undefined ? null : storableText(hostname),
    };
  });
}

/** The newest answer of each endpoint. */
export function toViewRows({ tally, probes }: ClusterStatus) {
  return tally.nodes.map(({ node, result, self, view }) => ({
    node,
    ...probeColumns(probes.get(node)),
    result,
    raft_id: self?.raftId ?? null,
    node_id: self?.nodeId ?? null,
    role: view?.role ?? null,
    leader_at: view?.leader.at ?? null,
    leader_raft_id: view?.leader.at === 'named' ? view.leader.leader.raftId : null,
    head_number: view?.head ?? null,
    pending: view?.pending ?? null,
    peer_count: view?.peerCount ?? null,
    term: view?.term ?? null,
    sees: (view?.entries ?? []).map(({ raftId, role, active }) => ({
      raftId,
      role: role ?? null,
      active: active ?? null,
    })),
  }));
}

/** Offsets beyond an int4 of ms, three weeks, are capped. */
const maxOffsetMs = 0x7fff_ffff;

function probeColumns(probe: ProbeOutcome | undefined) {
  const offset = probe?.at === 'alive' ? Math.round(probe.offsetMs) : null;
  return {
    raft_port_up: probe === undefined ? null : probe.at === 'alive',
    clock_offset_ms: offset === null ? null : Math.max(-maxOffsetMs, Math.min(maxOffsetMs, offset)),
  };
}

/** Each state from its start to the start of the next; the last is still open. */
export function toStateRows(records: readonly RaftRecord[]) {
  const transitions = records.flatMap((record) => record.transitions);
  // A state without duration does not count.
  const rows = transitions.filter(({ t }, index) => transitions[index + 1]?.t !== t);
  return rows.map(({ t, state, leader, votes, voters, votersActive }, index) => {
    const next = rows[index + 1];
    return {
      from_at: toIso(t),
      until_at: toIso(next?.t ?? null),
      state,
      raft_id: leader?.raftId ?? null,
      node_id: leader?.nodeId ?? null,
      votes,
      voters,
      voters_active: votersActive,
    };
  });
}

function mostFrequent(values: readonly string[]): string | null {
  const told = values.filter((value) => value !== '');
  if (told.length === 0) return values.length === 0 ? null : '';
  const counts = new Map<string, number>();
  for (const value of told) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? null;
}
