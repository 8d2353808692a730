import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '../../p2p/ports.ts';
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
  const options = { keepAlive: true, maxSockets: 4, maxFreeSockets: 3 };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent({ ...options, ...tls }) };
  const gateway = new URL(endpoint.url.reveal());
  const metrics = metricsUrl === null ? gateway : new URL(metricsUrl.reveal());

  const send = (base: URL, path: string, body: string | null): Promise<EtcdReply> =>
    new Promise((resolve) => {
      const url = new URL(base);
      url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
      const headers = requestHeaders(endpoint, url);
      url.username = '';
      url.password = '';
      const secure = url.protocol === 'https:';
      const request = (secure ? httpsRequest : httpRequest)(url, {
        method: body === null ? 'GET' : 'POST',
        agent: secure ? agents.https : agents.http,
        headers: body === null ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      });
      const settle = (reply: EtcdReply): void => {
        cancelDeadline();
        resolve(reply);
      };
      const cancelDeadline = clock.after(limits.timeoutMs, () => {
        settle({ transportError: 'timeout' });
        request.destroy();
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const stale = request.reusedSocket && error.code === 'ECONNRESET';
        settle({ transportError: stale ? staleConnection : nameOf(error) });
      });
      request.on('response', (response) => {
        void readReply(response, limits.maxBodyBytes).then((reply) => {
          settle(reply);
          if ('transportError' in reply && !response.complete) request.destroy();
        });
      });
      request.end(body ?? undefined);
    });

  const ask = async (base: URL, path: string, body: string | null): Promise<EtcdReply> => {
    const reply = await send(base, path, body);
    // The server closed an idle connection just as it was used again: this says nothing about the member.
    return 'transportError' in reply && reply.transportError === staleConnection ? send(base, path, body) : reply;
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
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

const staleConnection = 'unreachable: connection was stale';

function requestHeaders(endpoint: Endpoint, url: URL): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'forkscope',
  };
  if (url.username !== '') {
    const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  }
  if (endpoint.bearerToken !== null) headers.authorization = `Bearer ${endpoint.bearerToken.reveal()}`;
  for (const [name, value] of Object.entries(endpoint.headers)) headers[name.toLowerCase()] = value.reveal();
  return headers;
}

async function readReply(response: IncomingMessage, maxBytes: number): Promise<EtcdReply> {
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) return { transportError: 'tooLarge' };
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.iterator({ destroyOnReturn: true })) {
      if (!(chunk instanceof Uint8Array)) continue;
      size += chunk.length;
      if (size > maxBytes) return { transportError: 'tooLarge' };
      chunks.push(chunk);
    }
  } catch {
    return { transportError: 'unreachable' };
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const status = response.statusCode ?? 0;
  if (status === 401 || status === 407) return { transportError: 'unauthorized' };
  if (status < 200 || status > 299) return { transportError: `httpStatus:${status}` };
  if (/^\s*</.test(text)) return { transportError: 'html' };
  return { text };
}

function nameOf(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code)) return 'tls';
  return code.startsWith('HPE_') ? 'malformed' : 'unreachable';
}
