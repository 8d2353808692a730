import type { Clock } from '../../p2p/ports.ts';
import { exchange, type HttpReply, openConnections, requestHeaders } from './httpExchange.ts';
import { isRecord } from './parseNode.ts';
import type { Endpoint, RpcLimits } from './rpcClient.ts';

/** What one request came to: the body, or why there is none, in the words of NodeResult. */
export type EtcdReply = { readonly text: string } | { readonly transportError: string };

/** What a member answered in one round. */
export interface EtcdAnswers {
  readonly status: EtcdReply;
  readonly members: EtcdReply;
  readonly metrics: EtcdReply;
}

export interface EtcdClient {
  readonly name: string;
  /** Asks for status, members and metrics at once. Never rejects. */
  ask(): Promise<EtcdAnswers>;
  close(): void;
}

/** Nothing else is ever asked but for a token, and none of these changes anything. */
const paths = {
  status: '/v3/maintenance/status',
  members: '/v3/cluster/member/list',
  metrics: '/metrics',
  token: '/v3/auth/authenticate',
} as const;
/** Pause after a login that failed, or that opened nothing: each one goes through the members' log. */
const loginPauseMs = 30_000;

/** A client of one member, over the HTTP gateway on its client port. */
export function createEtcdClient(
  endpoint: Endpoint,
  clock: Pick<Clock, 'after' | 'now'>,
  limits: RpcLimits,
): EtcdClient {
  const { cert = null, key = null, metricsUrl = null, login = null } = endpoint.etcd ?? {};
  const tls = {
    ...(endpoint.ca === null ? {} : { ca: endpoint.ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key: key.reveal() }),
  };
  const connections = openConnections({ maxSockets: 4, maxFreeSockets: 3 }, tls);
  const gateway = new URL(endpoint.url.reveal());
  const metrics = metricsUrl === null ? gateway : new URL(metricsUrl.reveal());

  /** What shows who we are to this member, once it has given it. */
  let token: string | null = null;
  /** Of the last login, while nothing was opened by it. */
  let vainAt = Number.NEGATIVE_INFINITY;

  const ask = async (base: URL, path: string, body: string | null): Promise<EtcdReply> => {
    const url = new URL(base);
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
    const headers = requestHeaders(endpoint, url);
    // Not a Bearer: the gateway hands it on as it is.
    if (token !== null && base === gateway) headers.authorization = token;
    url.username = '';
    url.password = '';
    return readReply(await exchange({ url, connections, headers, body }, limits, clock));
  };

  /** False if it was tried lately, or nobody may log in. */
  const logIn = async (): Promise<boolean> => {
    const now = clock.now();
    if (login === null || now - vainAt < loginPauseMs) return false;
    [token, vainAt] = [null, now];
    const reply = await ask(
      gateway,
      paths.token,
      JSON.stringify({ name: login.user, password: login.password.reveal() }),
    );
    token = 'text' in reply ? readToken(reply.text) : null;
    return token !== null;
  };
  const askAll = async (): Promise<EtcdAnswers> => {
    const [status, members, text] = await Promise.all([
      ask(gateway, paths.status, '{}'),
      ask(gateway, paths.members, '{}'),
      ask(metrics, paths.metrics, null),
    ]);
    return { status, members, metrics: text };
  };

  return {
    name: endpoint.name,
    async ask() {
      const answers = await askAll();
      // A token ends with its time, and with the member that gave it.
      if (!isRefused(answers) || !(await logIn())) return answers;
      const opened = await askAll();
      if (!isRefused(opened)) vainAt = Number.NEGATIVE_INFINITY;
      return opened;
    },
    close: () => connections.close(),
  };
}

function readToken(text: string): string | null {
  try {
    const json: unknown = JSON.parse(text);
    const given = isRecord(json) ? json.token : null;
    return typeof given === 'string' && /^[\x21-\x7e]{1,4096}$/.test(given) ? given : null;
  } catch {
    return null;
  }
}

function isRefused({ status, members }: EtcdAnswers): boolean {
  return isUnauthorized(status) || isUnauthorized(members);
}

function isUnauthorized(reply: EtcdReply): boolean {
  return 'transportError' in reply && reply.transportError === 'unauthorized';
}

/** In etcd's own words, whatever status the gateway gives them. */
const refusal = /"etcdserver: (?:user name is empty|permission denied|invalid auth token|authentication failed)/;

function readReply(reply: HttpReply): EtcdReply {
  if ('transportError' in reply) return reply;
  const { status, text } = reply;
  if (status === 401 || status === 407 || (status >= 400 && refusal.test(text)))
    return { transportError: 'unauthorized' };
  if (status < 200 || status > 299) return { transportError: `httpStatus:${status}` };
  return /^\s*</.test(text) ? { transportError: 'html' } : { text };
}
