import type { Clock } from '../../p2p/ports.ts';
import { exchange, type HttpReply, openConnections, requestHeaders } from './httpExchange.ts';
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

/** Nothing else is ever asked, and none of these changes anything. */
const paths = { status: '/v3/maintenance/status', members: '/v3/cluster/member/list', metrics: '/metrics' } as const;

/** A client of one member, over the HTTP gateway on its client port. */
export function createEtcdClient(endpoint: Endpoint, clock: Pick<Clock, 'after'>, limits: RpcLimits): EtcdClient {
  const { cert = null, key = null, metricsUrl = null } = endpoint.etcd ?? {};
  const tls = {
    ...(endpoint.ca === null ? {} : { ca: endpoint.ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key: key.reveal() }),
  };
  const connections = openConnections({ maxSockets: 4, maxFreeSockets: 3 }, tls);
  const gateway = new URL(endpoint.url.reveal());
  const metrics = metricsUrl === null ? gateway : new URL(metricsUrl.reveal());

  const ask = async (base: URL, path: string, body: string | null): Promise<EtcdReply> => {
    const url = new URL(base);
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
    const headers = requestHeaders(endpoint, url);
    url.username = '';
    url.password = '';
    return readReply(await exchange({ url, connections, headers, body }, limits, clock));
  };

  return {
    name: endpoint.name,
    async ask() {
      const [status, members, text] = await Promise.all([
        ask(gateway, paths.status, '{}'),
        ask(gateway, paths.members, '{}'),
        ask(metrics, paths.metrics, null),
      ]);
      return { status, members, metrics: text };
    },
    close: () => connections.close(),
  };
}

function readReply(reply: HttpReply): EtcdReply {
  if ('transportError' in reply) return reply;
  const { status, text } = reply;
  if (status === 401 || status === 407) return { transportError: 'unauthorized' };
  if (status < 200 || status > 299) return { transportError: `httpStatus:${status}` };
  return /^\s*</.test(text) ? { transportError: 'html' } : { text };
}
