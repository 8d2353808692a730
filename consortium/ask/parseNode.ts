import { isDeepStrictEqual } from 'node:util';
import type { ClusterEntry, LeaderView, MemberRef, MemberRole, NodeAnswer, NodeResult } from './round.ts';
import { memberRoles } from './round.ts';

/** One method's raw answer: JSON-RPC result, JSON-RPC error, or why there is none. */
export type RawAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } }
  | { readonly transportError: string };
export type RawNode = Readonly<Record<string, RawAnswer>>;

/** Far above any real cluster (Raft slows down beyond a dozen voters); bounds the work on one answer. */
export const maxClusterMembers = 512;
const maxHostnameLength = 255;
const methodMissing = -32601;

/**
 * Reads one endpoint's answers into a view, or into the reason why there is none. Tolerates what GoQuorum releases leave
 * out: `role`, `nodeActive` and `hostname` of members, the list if there is no leader, or the list altogether.
 */
export function parseNode(raw: RawNode): NodeAnswer {
  const cluster = own(raw, 'raft_cluster');
  if (cluster === undefined) return withoutMembers(raw);
  if ('transportError' in cluster) return failed(classifyTransportError(cluster.transportError), 'raft_cluster');
  if ('error' in cluster) {
    if (isMethodMissing(cluster.error)) return withoutMembers(raw);
    if (isNoLeader(cluster.error)) return ok(raw, null, nothingListed, { at: 'none' });
    return failed(classOfRpcError(cluster.error), `raft_cluster answered with error ${cluster.error.code}`);
  }
  const listed = parseEntries(cluster.result);
  if (typeof listed === 'string') return failed('malformed', listed);
  const { entries } = listed;
  if (entries.length === 0) return failed('removed', 'the node lists no members');
  const self = findSelf(raw, listed);
  return ok(raw, self, listed, leaderOf(raw, entries, self));
}

/** The class of a transport failure, from a system error code, an HTTP status, or one of our own result names. */
export function classifyTransportError(text: string): Exclude<NodeResult, 'ok' | 'removed'> {
  for (const name of transportResults) if (text === name || text.startsWith(`${name}:`)) return name;
  if (/timed?[ _-]?out|timeout|abort/i.test(text)) return 'timeout';
  if (/refused/i.test(text)) return 'refused';
  if (/\b401\b|\b407\b|unauthori[sz]ed/i.test(text)) return 'unauthorized';
  if (/invalid host/i.test(text)) return 'vhost';
  if (/\b(?:http|status)\b.*\b\d{3}\b|forbidden|bad gateway|^[345]\d\d\b/i.test(text)) return 'httpStatus';
  if (/html|token '?</i.test(text)) return 'html';
  if (/json|unexpected (?:token|end)/i.test(text)) return 'badJson';
  if (/cert|tls|ssl/i.test(text)) return 'tls';
  return 'unreachable';
}

const transportResults = [
  'timeout',
  'starting',
  'raftHangs',
  'refused',
  'unreachable',
  'tls',
  'unauthorized',
  'vhost',
  'httpStatus',
  'html',
  'tooLarge',
  'badJson',
  'malformed',
] as const;

/** Before 2.2.5 there was no list, only `raft_role`; and a node that lacks both is not in Raft mode. */
function withoutMembers(raw: RawNode): NodeAnswer {
  const role = own(raw, 'raft_role');
  if (role === undefined) return failed('notRaft', 'no Raft method was answered');
  if ('transportError' in role) return failed(classifyTransportError(role.transportError), 'raft_role');
  if ('error' in role) {
    if (isMethodMissing(role.error)) return failed('notRaft', 'the Raft methods are not available');
    return failed(classOfRpcError(role.error), `raft_role answered with error ${role.error.code}`);
  }
  if (!isRole(role.result)) return failed('malformed', 'raft_role is not a role');
  return ok(raw, null, nothingListed, role.result === '' ? { at: 'none' } : { at: 'unknown' });
}

function ok(raw: RawNode, self: MemberRef | null, { entries, unread }: Listed, leader: LeaderView): NodeAnswer {
  const said = resultOf(raw, 'raft_role');
  const listed = self === null ? undefined : entries.find((entry) => entry.raftId === self.raftId)?.role;
  const pool = resultOf(raw, 'txpool_status');
  return {
    result: 'ok',
    view: {
      self,
      // The list is a single answer, so its role and its leader agree; raft_role was asked at another moment.
      role: listed ?? (isRole(said) ? said : undefined),
      entries,
      unread,
      leader,
      head: parseQuantity(resultOf(raw, 'eth_blockNumber')),
      pending: isRecord(pool) ? parseQuantity(pool.pending) : null,
      peerCount: parseQuantity(resultOf(raw, 'net_peerCount')),
    },
  };
}

function failed(result: Exclude<NodeResult, 'ok'>, detail: string): NodeAnswer {
  return { result, detail };
}

/** What can be read of a list of members. */
interface Listed {
  readonly entries: readonly ClusterEntry[];
  readonly unread: number;
  /** Of the last one, with which a node lists itself: null if it cannot be read. */
  readonly last: ClusterEntry | null;
}

const nothingListed: Listed = { entries: [], unread: 0, last: null };

/** One that cannot be read does not discard the others; none that can, or a list that contradicts itself, is malformed. */
function parseEntries(value: unknown): Listed | string {
  if (value === null) return nothingListed;
  if (!Array.isArray(value)) return 'raft_cluster is not a list';
  if (value.length > maxClusterMembers) return `raft_cluster lists more than ${maxClusterMembers} members`;
  const entries: ClusterEntry[] = [];
  for (const item of value) {
    const entry = parseEntry(item);
    if (entry === null) continue;
    const twin = entries.find(({ raftId }) => raftId === entry.raftId);
    if (twin === undefined) entries.push(entry);
    else if (!isDeepStrictEqual(twin, entry)) return 'raft_cluster lists a Raft ID twice';
  }
  if (entries.filter((entry) => entry.role === 'minter').length > 1) return 'raft_cluster lists two minters';
  if (entries.length === 0 && value.length > 0) return 'raft_cluster holds nothing that is a member';
  return { entries, unread: value.length - entries.length, last: parseEntry(value.at(-1)) };
}

function parseEntry(item: unknown): ClusterEntry | null {
  if (!isRecord(item)) return null;
  const { raftId, role, nodeActive } = item;
  const nodeId = parseNodeId(item.nodeId);
  if (typeof raftId !== 'number' || !Number.isInteger(raftId) || raftId < 1 || raftId > 0xffff) return null;
  if (nodeId === null || (role !== undefined && !isRole(role))) return null;
  if (nodeActive !== undefined && typeof nodeActive !== 'boolean') return null;
  const host = item.hostname ?? item.ip;
  const hostname = typeof host === 'string' && host.length <= maxHostnameLength ? host : undefined;
  return { raftId, nodeId, role, active: nodeActive, hostname };
}

/** `admin_nodeInfo` names the node if it is exposed; otherwise the node lists itself last. */
function findSelf(raw: RawNode, { entries, last }: Listed): MemberRef | null {
  const info = resultOf(raw, 'admin_nodeInfo');
  const enode = isRecord(info) && typeof info.enode === 'string' ? info.enode : '';
  const nodeId = parseNodeId(/^enode:\/\/([0-9a-fA-F]{128})@/.exec(enode)?.[1]);
  const self = (nodeId === null ? undefined : entries.find((entry) => entry.nodeId === nodeId)) ?? last;
  return self === null ? null : { raftId: self.raftId, nodeId: self.nodeId };
}

function leaderOf(raw: RawNode, entries: readonly ClusterEntry[], self: MemberRef | null): LeaderView {
  const minter = entries.find((entry) => entry.role === 'minter');
  if (minter !== undefined) return { at: 'named', leader: { raftId: minter.raftId, nodeId: minter.nodeId } };
  if (entries.some((entry) => entry.role !== undefined)) {
    return entries.every((entry) => !entry.role) ? { at: 'none' } : { at: 'unknown' };
  }
  const role = resultOf(raw, 'raft_role');
  if (role === 'minter') return self === null ? { at: 'unknown' } : { at: 'named', leader: self };
  if (role === '') return { at: 'none' };
  const answer = own(raw, 'raft_leader');
  if (answer !== undefined && 'error' in answer && isNoLeader(answer.error)) return { at: 'none' };
  const nodeId = parseNodeId(resultOf(raw, 'raft_leader'));
  const leader = entries.find((entry) => entry.nodeId === nodeId);
  if (leader === undefined) return { at: 'unknown' };
  return { at: 'named', leader: { raftId: leader.raftId, nodeId: leader.nodeId } };
}

/** A JSON-RPC quantity below 2^53; null for anything else. */
export function parseQuantity(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null;
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,14}$/.test(value)) return null;
  const number = Number.parseInt(value, 16);
  return Number.isSafeInteger(number) ? number : null;
}

function parseNodeId(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 132) return null;
  return /^(?:0x)?([0-9a-fA-F]{128})$/.exec(value)?.[1]?.toLowerCase() ?? null;
}

function own(raw: RawNode, method: string): RawAnswer | undefined {
  return Object.hasOwn(raw, method) ? raw[method] : undefined;
}

function resultOf(raw: RawNode, method: string): unknown {
  const answer = own(raw, method);
  return answer !== undefined && 'result' in answer ? answer.result : undefined;
}

function isMethodMissing(error: { readonly code: number; readonly message: string }): boolean {
  return error.code === methodMissing || /does not exist\/is not available/.test(error.message);
}

/** The security plugin refuses with a JSON-RPC error. */
function classOfRpcError(error: { readonly message: string }): 'rpcError' | 'unauthorized' {
  return /unauthorized|access token|access denied/i.test(error.message) ? 'unauthorized' : 'rpcError';
}

export function isNoLeader(error: { readonly code: number; readonly message: string }): boolean {
  return /no leader is currently elected/.test(error.message);
}

function isRole(value: unknown): value is MemberRole {
  return memberRoles.some((role) => role === value);
}

/** True for a JSON object; arrays and null are none. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
