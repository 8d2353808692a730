import { displayText } from '../../lib/displayText.ts';
import type { EtcdAnswers, EtcdReply } from './etcdClient.ts';
import { type EtcdMetrics, parseEtcdMetrics } from './parseEtcdMetrics.ts';
import { classifyTransportError, isRecord, maxClusterMembers } from './parseNode.ts';
import type { ClusterEntry, LeaderView, MemberRef, MemberRole, NodeAnswer } from './round.ts';

/** One member's part of a round, and which cluster it says it belongs to; null if it did not say. */
export interface EtcdAnswer {
  readonly clusterId: string | null;
  readonly answer: NodeAnswer;
}

const maxAlarms = 16;

/**
 * Reads what a member answered. Its status names the leader; where the gateway is off or does not answer, its metrics
 * still tell whether it leads, and whether it follows anybody.
 */
export function parseEtcd(raw: EtcdAnswers): EtcdAnswer {
  const metrics = 'text' in raw.metrics ? parseEtcdMetrics(raw.metrics.text) : null;
  const status = readStatus(raw.status);
  const members = readMembers(raw.members);
  if ('why' in status) {
    // Metrics name nobody else, and would hide that a login is missing.
    const isRefused = status.answer.result === 'unauthorized';
    if (isRefused || metrics === null || metrics.id === null || metrics.hasLeader === null)
      return { clusterId: null, answer: status.answer };
    const self = toMemberRef(metrics.id);
    const leader: LeaderView = metrics.isLeader
      ? { at: 'named', leader: self }
      : { at: metrics.hasLeader ? 'unknown' : 'none' };
    return {
      clusterId: members.clusterId,
      answer: toAnswer({ self, leader, term: null, learner: metrics.isLearner, alarms: [] }, members, metrics),
    };
  }
  return { clusterId: status.clusterId, answer: toAnswer(status, members, metrics) };
}

/**
 * A member by its 64-bit ID. What is Raft ID elsewhere are the ID's lower 31 bits here, and where a public key stands is
 * the ID in hex with zeros before it.
 */
export function toMemberRef(id: bigint): MemberRef {
  return { raftId: Number(id & 0x7fff_ffffn) || 1, nodeId: id.toString(16).padStart(128, '0') };
}

interface Status {
  readonly self: MemberRef;
  readonly leader: LeaderView;
  readonly term: number | null;
  readonly learner: boolean;
  readonly alarms: readonly string[];
}

interface Members {
  readonly clusterId: string | null;
  readonly members: readonly {
    readonly ref: MemberRef;
    readonly learner: boolean;
    readonly name: string | undefined;
  }[];
  readonly unread: number;
}

function toAnswer(status: Status, { members, unread }: Members, metrics: EtcdMetrics | null): NodeAnswer {
  const { self, leader, term, learner, alarms } = status;
  const isSelf = (ref: MemberRef): boolean => ref.nodeId === self.nodeId;
  const roleOf = (ref: MemberRef, isLearner: boolean): MemberRole => {
    if (leader.at === 'none') return '';
    if (leader.at === 'named' && leader.leader.nodeId === ref.nodeId) return 'minter';
    return isLearner ? 'learner' : 'verifier';
  };
  const entries = members.map(
    ({ ref, learner: isLearner, name }): ClusterEntry => ({
      ...ref,
      // The list says who is a learner also while nobody leads.
      role: leader.at === 'none' && isLearner ? 'learner' : roleOf(ref, isLearner),
      active: isSelf(ref) ? true : metrics?.activePeers.get(ref.nodeId),
      hostname: name,
    }),
  );
  return {
    result: 'ok',
    view: {
      self,
      role: learner ? 'learner' : roleOf(self, false),
      entries,
      unread,
      leader,
      head: null,
      pending: null,
      peerCount: null,
      ...(term === null ? {} : { term }),
      ...(metrics?.changesSeen == null ? {} : { changesSeen: metrics.changesSeen }),
      alarms,
    },
  };
}

type Failed = { readonly why: 'failed'; readonly answer: NodeAnswer };

function readStatus(reply: EtcdReply): (Status & { readonly clusterId: string | null }) | Failed {
  if ('transportError' in reply) {
    const result = classifyTransportError(reply.transportError);
    return { why: 'failed', answer: { result, detail: 'maintenance/status' } };
  }
  const json = parseJson(reply.text);
  if (json === undefined) return { why: 'failed', answer: { result: 'badJson', detail: 'maintenance/status' } };
  const header = isRecord(json) && isRecord(json.header) ? json.header : {};
  const id = parseId(header.member_id);
  if (!isRecord(json) || id === null) {
    return { why: 'failed', answer: { result: 'malformed', detail: 'maintenance/status names no member' } };
  }
  const leader = parseId(json.leader);
  return {
    clusterId: parseId(header.cluster_id)?.toString() ?? null,
    self: toMemberRef(id),
    leader: leader === null ? { at: 'none' } : { at: 'named', leader: toMemberRef(leader) },
    term: parseTerm(json.raftTerm ?? header.raft_term),
    learner: json.isLearner === true,
    alarms: readAlarms(json.errors),
  };
}

/** `alarm:NOSPACE`, `alarm:CORRUPT` and the like among the errors of a status. */
function readAlarms(errors: unknown): readonly string[] {
  if (!Array.isArray(errors)) return [];
  const found = errors.slice(0, 2 * maxClusterMembers).flatMap((error: unknown) => {
    const alarm = typeof error === 'string' ? /\balarm:\s*([A-Z]{1,20})\b/.exec(error.slice(0, 300))?.[1] : undefined;
    return alarm === undefined ? [] : [alarm];
  });
  return [...new Set(found)].sort().slice(0, maxAlarms);
}

function readMembers(reply: EtcdReply): Members {
  const nothing: Members = { clusterId: null, members: [], unread: 0 };
  const json = 'text' in reply ? parseJson(reply.text) : undefined;
  if (!isRecord(json) || !Array.isArray(json.members) || json.members.length > maxClusterMembers) return nothing;
  const listed: readonly unknown[] = json.members;
  const seen = new Set<string>();
  const members = listed.flatMap((member) => {
    const id = isRecord(member) ? parseId(member.ID) : null;
    if (!isRecord(member) || id === null || seen.has(id.toString())) return [];
    seen.add(id.toString());
    return [{ ref: toMemberRef(id), learner: member.isLearner === true, name: nameOf(member) }];
  });
  const clusterId = isRecord(json.header) ? (parseId(json.header.cluster_id)?.toString() ?? null) : null;
  return { clusterId, members, unread: listed.length - members.length };
}

/** A member that was added but never started has no name yet, only the address at which it is expected. */
function nameOf(member: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof member.name === 'string' && member.name !== '') return displayText(member.name, 255);
  const first: unknown = Array.isArray(member.peerURLs) ? member.peerURLs[0] : undefined;
  return typeof first === 'string' ? displayText(first, 255) : undefined;
}

/** 64-bit numbers are decimal strings in the gateway's JSON; zero, and a key that is left out, is none. */
function parseId(value: unknown): bigint | null {
  if (typeof value !== 'string' || !/^[0-9]{1,20}$/.test(value)) return null;
  const id = BigInt(value);
  return id === 0n || id > 0xffff_ffff_ffff_ffffn ? null : id;
}

function parseTerm(value: unknown): number | null {
  if (typeof value !== 'string' || !/^[0-9]{1,16}$/.test(value)) return null;
  const term = Number(value);
  return Number.isSafeInteger(term) && term > 0 ? term : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
