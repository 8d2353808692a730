import { classifyTransportError, isNoLeader, isRecord, parseNode, parseQuantity, type RawNode } from './parseNode.ts';
import type { RawRound } from './parseRound.ts';
import { kindOf } from './round.ts';
import type { RpcCall, RpcClient } from './rpcClient.ts';
import { chainMethods } from './rpcMethods.ts';

/**
 * How far a node is, as its answers show it. GoQuorum opens its HTTP port first and reads its snapshot after that. Its
 * raft_cluster and raft_role take a read lock twice, and the start takes the write lock once for each member: a writer
 * between the two locks up all of the node's Raft for good, not only the question. raft_leader takes the read lock once
 * and harms nobody; it names a leader only when the start is through. So it is asked first. Measured on v24.4.1: of 30
 * starts that were asked all the time, raft_cluster locked up 13, raft_leader none.
 */
type Phase =
  /** Nothing is known yet. */
  | { readonly at: 'new' }
  /** It may be started again: nothing listened on its port, or it was silent for long. */
  | { readonly at: 'down' }
  /** It answers since `since`. `ledSince`: since when it has named a leader; it was last asked for one at `askedAt`. */
  | {
      readonly at: 'comingUp';
      readonly since: number;
      readonly ledSince: number | null;
      readonly askedAt: number | null;
    }
  /** It is asked everything. */
  | { readonly at: 'up'; readonly silentSince: number | null }
  /** It lists no members and has no peers: removed, or not yet added, and its start then goes on when it is. */
  | { readonly at: 'apart' }
  /** Its Raft methods hang while others answer; raft_leader is asked again now and then. */
  | { readonly at: 'hangs'; readonly askedAt: number };

/** What a poller remembers about an endpoint, so that it asks only for what it needs and does no harm. */
interface EndpointMemory {
  /** An old release: raft_cluster is missing, or lists no roles, so that raft_role and raft_leader must be asked too. */
  readonly old: boolean;
  readonly phase: Phase;
  /** As its client had counted them before it was asked last. */
  readonly hangUps: number;
  /** Hang-ups that were no sign of its going down, and when the last of them was seen. */
  readonly vain: { readonly count: number; readonly at: number };
}
/** BOUNDED: by the clients. */
export type EndpointMemories = Map<string, EndpointMemory>;

/** How long a node that comes up is left alone at least. */
export const startGraceMs = 10_000;
/** From the leader's name to the last member that a node adds under its lock, where it has just joined a cluster. */
const settleMs = 2_000;
/** A node that names no leader for so long has started, and there is none. */
const leaderlessMs = 30_000;
/** Where there is no leader, raft_leader is a line in the node's log each time: longer and longer pauses. */
const leaderPauseMs = 5_000;
/** So many hang-ups without a node that goes down, none longer after the one before, are the habit of a proxy. */
const habit = { hangUps: 3, withinMs: 600_000 };
/** Silence after which the machine may have been restarted. */
const longSilenceMs = 20_000;
/** Each request to a locked-up node leaves something behind in it. */
const hangingPauseMs = 30_000;

const chainCalls: readonly RpcCall[] = chainMethods.map((method) => ({ method }));
const memberCalls: readonly RpcCall[] = [{ method: 'raft_cluster' }];
const leaderCalls: readonly RpcCall[] = [{ method: 'raft_leader' }];
const oldCalls: readonly RpcCall[] = [...memberCalls, { method: 'raft_role' }, ...leaderCalls];

/** Asks all endpoints at once. Never rejects; takes as long as the slowest, each of whose requests takes a time-out at most. */
export async function pollRound(
  clients: readonly RpcClient[],
  t: number,
  memories: EndpointMemories,
  graceMs = startGraceMs,
): Promise<RawRound> {
  const nodes = await Promise.all(
    clients.map(async (client): Promise<[string, RawNode]> => {
      const { name } = client.endpoint;
      const hangUps = client.hangUps();
      const before = memories.get(name);
      const hungUp = before?.phase.at === 'up' && before.hangUps !== hangUps;
      const vain = hungUp ? countVain(before.vain, t) : (before?.vain ?? { count: 0, at: t });
      // A restart between two rounds is seen by nothing else.
      const isKnown = before !== undefined && (!hungUp || vain.count >= habit.hangUps);
      const phase: Phase = isKnown ? before.phase : graceMs > 0 ? { at: 'new' } : { at: 'up', silentSince: null };
      const { raw, memory } = await pollNode(client, t, { old: before?.old ?? false, phase }, graceMs);
      memories.set(name, { ...memory, hangUps, vain: memory.phase.at === 'down' ? { count: 0, at: t } : vain });
      return [name, raw];
    }),
  );
  return { t, nodes: Object.fromEntries(nodes) };
}

/** With the hang-up that has just been seen. */
function countVain({ count, at }: EndpointMemory['vain'], t: number): EndpointMemory['vain'] {
  return { count: t - at <= habit.withinMs ? count + 1 : 1, at: t };
}

interface Polled {
  readonly raw: RawNode;
  readonly memory: Known;
}
type Known = Omit<EndpointMemory, 'hangUps' | 'vain'>;

function pollNode(client: RpcClient, t: number, { old, phase }: Known, graceMs: number): Promise<Polled> {
  switch (phase.at) {
    case 'new':
      return pollNew(client, t, old);
    case 'down':
      return pollComingUp(client, t, old, { at: 'comingUp', since: t, ledSince: null, askedAt: null }, graceMs);
    case 'comingUp':
      return pollComingUp(client, t, old, phase, graceMs);
    case 'apart':
      return pollApart(client, t, old);
    case 'hangs':
      return pollHanging(client, t, old, phase);
    case 'up':
      return phase.silentSince === null ? pollAll(client, t, old, phase) : pollSilent(client, t, old, phase);
  }
}

/** Everything, in one batch. */
async function pollAll(client: RpcClient, t: number, before: boolean, phase: Phase): Promise<Polled> {
  const raw = await ask(client, [...(before ? oldCalls : memberCalls), ...chainCalls]);
  const old = isOld(raw) ?? before;
  const more = old && !before ? await ask(client, oldCalls.slice(memberCalls.length)) : {};
  const isApart = listsNobody(raw) && hasPeers(raw) === false;
  return { raw: { ...raw, ...more }, memory: { old, phase: isApart ? { at: 'apart' } : afterAnswer(raw, phase, t) } };
}

/** Nobody saw its start, if it was one: a node that names a leader is asked at once. */
async function pollNew(client: RpcClient, t: number, old: boolean): Promise<Polled> {
  const [chain, leader] = await Promise.all([ask(client, chainCalls), askLeader(client)]);
  const failure = failureOf(chain);
  if (failure !== null) return failed(chain, failure, { old, phase: afterAnswer(chain, { at: 'new' }, t) });
  if (leader.at === 'told') return pollAll(client, t, old, { at: 'up', silentSince: null });
  if (leader.at === 'refused') return failed(chain, leader.why, { old, phase: { at: 'new' } });
  return failed(chain, 'starting', { old, phase: { at: 'comingUp', since: t, ledSince: null, askedAt: t } });
}

/** Asks only what does no harm until the node has told that its start is through, or must be. */
async function pollComingUp(
  client: RpcClient,
  t: number,
  old: boolean,
  { since, ledSince: before, askedAt }: Phase & { at: 'comingUp' },
  graceMs: number,
): Promise<Polled> {
  const upMs = t - since;
  const isLate = upMs >= Math.max(graceMs, leaderlessMs);
  const isDue = isLate || (askedAt === null ? upMs >= graceMs / 2 : t - askedAt >= leaderPauseMs + (askedAt - since));
  const [chain, leader] = await Promise.all([
    ask(client, chainCalls),
    before === null && isDue ? askLeader(client) : null,
  ]);
  const failure = failureOf(chain);
  if (failure !== null) return failed(chain, failure, { old, phase: { at: 'down' } });
  const ledSince = leader?.at === 'told' ? t : before;
  const hasSettled = ledSince !== null && upMs >= graceMs && t - ledSince >= Math.min(settleMs, graceMs);
  if (hasSettled || (isLate && leader?.at === 'none')) return pollAll(client, t, old, { at: 'up', silentSince: null });
  if (isLate && leader?.at === 'silent') return failed(chain, 'raftHangs', { old, phase: { at: 'hangs', askedAt: t } });
  const phase: Phase = { at: 'comingUp', since, ledSince, askedAt: leader === null ? askedAt : t };
  return failed(chain, leader?.at === 'refused' ? leader.why : 'starting', { old, phase });
}

/** Who is added to a cluster has peers then, and takes its members in: asking it about them meanwhile does harm. */
async function pollApart(client: RpcClient, t: number, old: boolean): Promise<Polled> {
  const chain = await ask(client, chainCalls);
  const failure = failureOf(chain);
  if (failure !== null) return failed(chain, failure, { old, phase: afterAnswer(chain, { at: 'apart' }, t) });
  if (hasPeers(chain) === false) {
    return { raw: { ...chain, raft_cluster: { result: [] } }, memory: { old, phase: { at: 'apart' } } };
  }
  return failed(chain, 'starting', { old, phase: { at: 'comingUp', since: t, ledSince: null, askedAt: null } });
}

/** A batch waits for its slowest call. Asked separately, the others show whether only the Raft methods hang. */
async function pollSilent(client: RpcClient, t: number, old: boolean, before: Phase): Promise<Polled> {
  const [chain, leader] = await Promise.all([ask(client, chainCalls), askLeader(client)]);
  const failure = failureOf(chain);
  if (failure !== null) return failed(chain, failure, { old, phase: afterAnswer(chain, before, t) });
  if (leader.at === 'silent') return failed(chain, 'raftHangs', { old, phase: { at: 'hangs', askedAt: t } });
  if (leader.at === 'refused') return failed(chain, leader.why, { old, phase: before });
  return pollAll(client, t, old, { at: 'up', silentSince: null });
}

/** Only a restart releases it, which may have been a quick one. */
async function pollHanging(
  client: RpcClient,
  t: number,
  old: boolean,
  { askedAt }: Phase & { at: 'hangs' },
): Promise<Polled> {
  const isDue = t - askedAt >= hangingPauseMs;
  const [chain, leader] = await Promise.all([ask(client, chainCalls), isDue ? askLeader(client) : null]);
  const failure = failureOf(chain);
  if (failure !== null) {
    return failed(chain, failure, { old, phase: afterAnswer(chain, { at: 'up', silentSince: null }, t) });
  }
  if (leader === null || leader.at === 'silent') {
    return failed(chain, 'raftHangs', { old, phase: { at: 'hangs', askedAt: isDue ? t : askedAt } });
  }
  const ledSince = leader.at === 'told' ? t : null;
  return failed(chain, leader.at === 'refused' ? leader.why : 'starting', {
    old,
    phase: { at: 'comingUp', since: t, ledSince, askedAt: t },
  });
}

/**
 * `told`: it names one, or answers otherwise, as nodes do that are not in Raft mode; `none`: there is none, or not yet;
 * `refused`: what stands before the node does not let the question through, which tells nothing of the node.
 */
type LeaderAnswer = { readonly at: 'told' | 'none' | 'silent' } | { readonly at: 'refused'; readonly why: string };

async function askLeader(client: RpcClient): Promise<LeaderAnswer> {
  const { raft_leader: answer } = await ask(client, leaderCalls);
  if (answer === undefined) return { at: 'silent' };
  if ('transportError' in answer) {
    const why = answer.transportError;
    // A proxy answers with 502 to 504 for a node that is silent.
    const isSilent = kindOf(classifyTransportError(why)) !== 'unaskable' || /^httpStatus:5/.test(why);
    return isSilent ? { at: 'silent' } : { at: 'refused', why };
  }
  return { at: 'error' in answer && isNoLeader(answer.error) ? 'none' : 'told' };
}

/** No view, and why. */
function failed(chain: RawNode, why: string, memory: Known): Polled {
  return { raw: { ...chain, raft_cluster: { transportError: why } }, memory };
}

/** The phase after an answer to everything, or none. */
function afterAnswer(raw: RawNode, phase: Phase, t: number): Phase {
  const failure = failureOf(raw);
  if (failure === 'refused' || failure === 'unreachable') return { at: 'down' };
  // A proxy keeps our connection while the node behind it is started anew.
  if (phase.at === 'up' && (failure === 'httpStatus' || failure === 'html')) return { at: 'new' };
  if (phase.at !== 'up') return phase;
  if (failure !== 'timeout') return { at: 'up', silentSince: null };
  const silentSince = phase.silentSince ?? t;
  return t - silentSince >= longSilenceMs ? { at: 'down' } : { at: 'up', silentSince };
}

function listsNobody({ raft_cluster: answer }: RawNode): boolean {
  return answer !== undefined && 'result' in answer && Array.isArray(answer.result) && answer.result.length === 0;
}

/** Null: it does not say. */
function hasPeers({ net_peerCount: answer }: RawNode): boolean | null {
  const count = answer !== undefined && 'result' in answer ? parseQuantity(answer.result) : null;
  return count === null ? null : count > 0;
}

async function ask(client: RpcClient, calls: readonly RpcCall[]): Promise<RawNode> {
  const answers = await client.ask(calls);
  return Object.fromEntries(
    calls.flatMap(({ method }, index) => {
      const answer = answers[index];
      return answer === undefined ? [] : [[method, answer]];
    }),
  );
}

/** Why nothing was answered; null if something was. */
function failureOf(raw: RawNode): string | null {
  const failures = Object.values(raw).map((answer) => ('transportError' in answer ? answer.transportError : null));
  const [first = null] = failures;
  return first === null || failures.includes(null) ? null : classifyTransportError(first);
}

/** Null if this answer does not show it. */
function isOld({ raft_cluster: members }: RawNode): boolean | null {
  // Nearly every answer ends here, so that its list is not read twice per round.
  if (members !== undefined && 'result' in members && Array.isArray(members.result)) {
    const first: unknown = members.result[0];
    if (isRecord(first) && first.role !== undefined) return false;
  }
  const answer = parseNode(members === undefined ? {} : { raft_cluster: members });
  if (answer.result === 'notRaft') return true;
  if (answer.result !== 'ok' || answer.view.entries.length === 0) return null;
  return answer.view.entries.every((entry) => entry.role === undefined);
}
