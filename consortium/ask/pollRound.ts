import { classifyTransportError, isRecord, parseNode, parseQuantity, type RawNode } from './parseNode.ts';
import type { RawRound } from './parseRound.ts';
import type { RpcCall, RpcClient } from './rpcClient.ts';
import { chainMethods } from './rpcMethods.ts';

/** What a poller remembers about an endpoint, so that it asks only for what it needs and does no harm. */
interface EndpointMemory {
  /** An old release: raft_cluster is missing, or lists no roles, so that raft_role and raft_leader must be asked too. */
  readonly old: boolean;
  /** It may be starting: nothing listened on its port, or it was silent for long. */
  readonly down: boolean;
  /** When it answered again after it was down; null once it has been up for long enough. */
  readonly upSince: number | null;
  /** Since when, after it was down, another member shows a live Raft stream to it. */
  readonly streamedSince: number | null;
  readonly silentSince: number | null;
  /** Its Raft methods hang while others answer; they are asked again now and then. */
  readonly hangs: boolean;
  readonly raftAskedAt: number;
}
/** BOUNDED: by the clients. */
export type EndpointMemories = Map<string, EndpointMemory>;

const unknown: EndpointMemory = {
  old: false,
  down: false,
  upSince: null,
  streamedSince: null,
  silentSince: null,
  hangs: false,
  raftAskedAt: Number.NEGATIVE_INFINITY,
};

/**
 * After opening its HTTP port, a GoQuorum node reads its snapshot, and a raft_cluster or raft_role during that time can
 * lock it up for good: its list of members takes a read lock twice, and the start's write lock can come in between. So a
 * node that comes up is left alone for a while. Measured on v24.4.1.
 */
export const startGraceMs = 10_000;
/**
 * On a busy machine the snapshot may be read later than that. While other members show that its Raft is not up, the node
 * is left alone so long at most.
 */
const longStartMs = 60_000;
/** The same for a node without a peer, which has applied no member yet, or is alone. */
const aloneStartMs = 30_000;
/** From the first stream to the last member that the node adds under its lock. */
const streamedMs = 2_000;

/** Whether another member has a live Raft stream to the endpoint of that name; null: none can tell. */
export type StreamKnowledge = (endpoint: string) => boolean | null;
/** Silence after which the machine may have been restarted. */
const longSilenceMs = 20_000;
/** Each request to a locked-up node leaves something behind in it. */
const hangingPauseMs = 30_000;

const chainCalls: readonly RpcCall[] = chainMethods.map((method) => ({ method }));
const memberCalls: readonly RpcCall[] = [{ method: 'raft_cluster' }];
const oldCalls: readonly RpcCall[] = [...memberCalls, { method: 'raft_role' }, { method: 'raft_leader' }];

/** Asks all endpoints at once. Never rejects; takes as long as the slowest, at most two time-outs (four without batches). */
export async function pollRound(
  clients: readonly RpcClient[],
  t: number,
  memories: EndpointMemories,
  graceMs = startGraceMs,
  isStreamed: StreamKnowledge = () => null,
): Promise<RawRound> {
  const nodes = await Promise.all(
    clients.map(async (client): Promise<[string, RawNode]> => {
      const { name } = client.endpoint;
      const { raw, memory } = await pollNode(client, t, memories.get(name) ?? unknown, graceMs, isStreamed(name));
      memories.set(name, memory);
      return [name, raw];
    }),
  );
  return { t, nodes: Object.fromEntries(nodes) };
}

interface Polled {
  readonly raw: RawNode;
  readonly memory: EndpointMemory;
}

async function pollNode(
  client: RpcClient,
  t: number,
  before: EndpointMemory,
  graceMs: number,
  streamed: boolean | null,
): Promise<Polled> {
  if (graceMs > 0 && (before.down || before.upSince !== null)) {
    return pollStarting(client, t, before, graceMs, streamed);
  }
  if (before.hangs || before.silentSince !== null) return pollApart(client, t, before);
  const raw = await ask(client, [...(before.old ? oldCalls : memberCalls), ...chainCalls]);
  const asked = { ...before, raftAskedAt: t };
  const old = isOld(raw) ?? before.old;
  const more = old && !before.old ? await ask(client, oldCalls.slice(memberCalls.length)) : {};
  return { raw: { ...raw, ...more }, memory: withSilence({ ...asked, old }, raw, t) };
}

/** Asks only what does no harm until the node has been up for a while. */
async function pollStarting(
  client: RpcClient,
  t: number,
  before: EndpointMemory,
  graceMs: number,
  streamed: boolean | null,
): Promise<Polled> {
  const raw = await ask(client, chainCalls);
  const failure = failureOf(raw);
  if (failure !== null) {
    return {
      raw: { ...raw, raft_cluster: { transportError: failure } },
      memory: { ...before, down: true, upSince: null, streamedSince: null },
    };
  }
  const upSince = before.down ? t : (before.upSince ?? t);
  const streamedSince = streamed === true && !before.down ? (before.streamedSince ?? t) : null;
  const isSafe =
    streamed === null
      ? hasPeers(raw) !== false || t - upSince >= aloneStartMs
      : t - upSince >= longStartMs || (streamedSince !== null && t - streamedSince >= streamedMs);
  const up = t - upSince >= graceMs && isSafe;
  const memory = {
    ...before,
    down: false,
    upSince: up ? null : upSince,
    streamedSince: up ? null : streamedSince,
    silentSince: null,
    hangs: false,
  };
  if (up) return pollNode(client, t, memory, 0, streamed);
  return { raw: { ...raw, raft_cluster: { transportError: 'starting' } }, memory };
}

/** A node in Raft mode has p2p peers only once it has applied its members. Null: it does not say. */
function hasPeers({ net_peerCount: answer }: RawNode): boolean | null {
  const count = answer !== undefined && 'result' in answer ? parseQuantity(answer.result) : null;
  return count === null ? null : count > 0;
}

/** A batch waits for its slowest call. Asked separately, the others show whether only the Raft methods hang. */
async function pollApart(client: RpcClient, t: number, before: EndpointMemory): Promise<Polled> {
  const due = !before.hangs || t - before.raftAskedAt >= hangingPauseMs;
  const [chain, members] = await Promise.all([
    ask(client, chainCalls),
    due ? ask(client, before.old ? oldCalls : memberCalls) : null,
  ]);
  const asked = { ...before, raftAskedAt: due ? t : before.raftAskedAt };
  const failure = failureOf(chain);
  if (failure !== null) {
    const raw = { ...chain, raft_cluster: { transportError: failure } };
    return { raw, memory: withSilence({ ...asked, hangs: false }, raw, t) };
  }
  if (members === null || failureOf(members) === 'timeout') {
    const memory = { ...asked, hangs: true, silentSince: null };
    return { raw: { ...chain, raft_cluster: { transportError: 'raftHangs' } }, memory };
  }
  const raw = { ...chain, ...members };
  return { raw, memory: withSilence({ ...asked, hangs: false }, raw, t) };
}

function withSilence(memory: EndpointMemory, raw: RawNode, t: number): EndpointMemory {
  const failure = failureOf(raw);
  if (failure === 'refused' || failure === 'unreachable') {
    return { ...memory, down: true, upSince: null, silentSince: null };
  }
  if (failure !== 'timeout') return { ...memory, silentSince: null };
  const silentSince = memory.silentSince ?? t;
  return { ...memory, silentSince, down: t - silentSince >= longSilenceMs };
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
