import type { Secret } from '../../lib/secret.ts';
import type { Clock } from '../../p2p/ports.ts';
import { createManners, type EndpointManners, unknownMethod } from './endpointManners.ts';
import { exchange, type HttpLimits, type HttpReply, openConnections, requestHeaders } from './httpExchange.ts';
import { isRecord, type RawAnswer } from './parseNode.ts';
import { isReadOnlyMethod, type ReadOnlyMethod } from './rpcMethods.ts';

/** One JSON-RPC endpoint. The URL may hold credentials: only `name` is ever shown. */
export interface Endpoint {
  readonly name: string;
  readonly url: Secret;
  readonly headers: Readonly<Record<string, Secret>>;
  readonly bearerToken: Secret | null;
  /** Private state identifier of a multi-tenant node; becomes `?PSI=`. */
  readonly psi: string | null;
  /** PEM certificates to trust instead of the system's. */
  readonly ca: string | null;
  /** Base URL of the node's Raft port, for GET /raft/probing; null: not asked. */
  readonly probeUrl: string | null;
  /** Only for members of etcd. */
  readonly etcd?: EtcdAccess;
}

/** What only etcd's endpoints need beside the rest. */
export interface EtcdAccess {
  /** PEM of a client certificate and its key, for members that ask for one; null: none. */
  readonly cert: string | null;
  readonly key: Secret | null;
  /** Base URL of `--listen-metrics-urls`; null: metrics are read from the client URL. */
  readonly metricsUrl: Secret | null;
  /** For a cluster whose auth is on; null: none. */
  readonly login: { readonly user: string; readonly password: Secret } | null;
}

export type RpcLimits = HttpLimits;

/** A list of a hundred members takes 40 kB, so no honest answer has a megabyte. */
export const rpcDefaults: RpcLimits = { timeoutMs: 1_500, maxBodyBytes: 1024 * 1024 };

export interface RpcCall {
  readonly method: ReadOnlyMethod;
  readonly params?: readonly unknown[];
}

export interface RpcClient {
  readonly endpoint: Endpoint;
  /** One answer per call, in order. Never rejects: a failure is an answer. */
  ask(calls: readonly RpcCall[]): Promise<readonly RawAnswer[]>;
  /** How often the node has closed a connection that was kept: it may have been restarted. */
  hangUps(): number;
  close(): void;
}

/** All clients of an endpoint share what is remembered of it. */
const mannersOf = new WeakMap<Endpoint, EndpointManners>();

/**
 * A client that sends all calls of one `ask` as a batch, or one by one to a server that refuses batches. It leaves out
 * methods that the node does not know, and pauses where it is refused; both are answered from memory: endpointManners.ts.
 */
export function createRpcClient(
  endpoint: Endpoint,
  clock: Pick<Clock, 'after' | 'now'>,
  limits: RpcLimits = rpcDefaults,
): RpcClient {
  const url = new URL(endpoint.url.reveal());
  if (endpoint.psi !== null) url.searchParams.set('PSI', endpoint.psi);
  const tls = endpoint.ca === null ? {} : { ca: endpoint.ca };
  const connections = openConnections({ maxSockets: 8, maxFreeSockets: 1 }, tls);
  const manners = mannersOf.get(endpoint) ?? createManners();
  mannersOf.set(endpoint, manners);
  const headers = { accept: 'application/json', ...requestHeaders(endpoint, url) };
  url.username = '';
  url.password = '';
  let batches = true;

  const post = async (payload: unknown): Promise<Reply> =>
    readReply(await exchange({ url, connections, headers, body: JSON.stringify(payload) }, limits, clock));

  const askOne = async (call: RpcCall): Promise<RawAnswer> => {
    const reply = await post(encodeCall(call, 1));
    return 'transportError' in reply ? reply : toAnswer(reply.json);
  };

  const sendAll = async (calls: readonly RpcCall[], alone = false): Promise<readonly RawAnswer[]> => {
    if (calls.length === 0) return [];
    if (batches && (calls.length > 1 || alone)) {
      const reply = await post(calls.map((call, index) => encodeCall(call, index + 1)));
      if ('transportError' in reply) return calls.map(() => reply);
      if (Array.isArray(reply.json)) return matchAnswers(reply.json, calls.length);
      batches = false;
    }
    return Promise.all(calls.map(askOne));
  };

  return {
    endpoint,
    async ask(calls) {
      for (const { method } of calls) {
        // The type ensures this already; this check is for callers that bypass it.
        if (!isReadOnlyMethod(method)) throw new RangeError('not a read-only method');
      }
      const now = clock.now();
      const refusal = manners.refusal(now);
      if (refusal !== null) return calls.map(() => ({ transportError: refusal }));
      const asked = calls.filter(({ method }) => manners.mayAsk(method, now));
      const answers = await sendAll(asked);
      for (const [index, { method }] of asked.entries()) {
        const answer = answers[index];
        if (answer !== undefined) manners.note(method, answer, now);
      }
      if (manners.wantsModules(now)) manners.noteModules((await sendAll([{ method: 'rpc_modules' }], true))[0], now);
      // A node that is away is away for all of them.
      const [first] = answers;
      const failed = first !== undefined && answers.every((answer) => 'transportError' in answer);
      const leftOut = failed ? first : { error: unknownMethod };
      let next = 0;
      return calls.map((call) => (call === asked[next] ? answers[next++] : undefined) ?? leftOut);
    },
    hangUps: connections.hangUps,
    close: () => connections.close(),
  };
}

type Reply = { readonly transportError: string } | { readonly json: unknown };

function encodeCall(call: RpcCall, id: number): unknown {
  return { jsonrpc: '2.0', id, method: call.method, params: call.params ?? [] };
}

/** The text of a 403 distinguishes a wrong host from a wrong token. */
function readReply(reply: HttpReply): Reply {
  if ('transportError' in reply) return reply;
  const { status, contentType, text } = reply;
  if (status === 401 || status === 407) return { transportError: 'unauthorized' };
  if (status === 403 && /invalid host/i.test(text)) return { transportError: 'vhost' };
  if (status < 200 || status > 299) return { transportError: `httpStatus:${status}` };
  if (/^\s*</.test(text) || /text\/html/i.test(contentType)) return { transportError: 'html' };
  try {
    return { json: JSON.parse(text) };
  } catch {
    return { transportError: 'badJson' };
  }
}

/** Answers of a batch come in any order. */
function matchAnswers(answers: readonly unknown[], count: number): readonly RawAnswer[] {
  const byId = new Map<number, RawAnswer>();
  for (const answer of answers.slice(0, 2 * count)) {
    if (isRecord(answer) && typeof answer.id === 'number') byId.set(answer.id, toAnswer(answer));
  }
  return Array.from({ length: count }, (_, index) => byId.get(index + 1) ?? { transportError: 'malformed' });
}

function toAnswer(json: unknown): RawAnswer {
  if (!isRecord(json)) return { transportError: 'malformed' };
  const { error } = json;
  if (isRecord(error) && typeof error.code === 'number') {
    return {
      error: { code: error.code, message: typeof error.message === 'string' ? error.message.slice(0, 200) : '' },
    };
  }
  return 'result' in json ? { result: json.result } : { transportError: 'malformed' };
}
