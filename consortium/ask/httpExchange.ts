import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Secret } from '../../lib/secret.ts';
import type { Clock } from '../../p2p/ports.ts';

export interface HttpLimits {
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
}

/** Kept open for the next round. */
export interface Connections {
  agentFor(url: URL): HttpAgent;
  /** How often the other side has closed a connection that was kept: whatever listens there may have been started anew. */
  hangUps(): number;
  /** To be called with the socket of each request. */
  watch(socket: Socket): void;
  close(): void;
}

export function openConnections(
  bounds: { readonly maxSockets: number; readonly maxFreeSockets: number },
  tls: { readonly ca?: string; readonly cert?: string; readonly key?: string },
): Connections {
  const options = { keepAlive: true, ...bounds };
  const http = new HttpAgent(options);
  const https = new HttpsAgent({ ...options, ...tls });
  let hangUps = 0;
  // Weak, so bounded by the sockets that are open.
  const watched = new WeakSet<Socket>();
  return {
    hangUps: () => hangUps,
    watch(socket) {
      if (watched.has(socket)) return;
      watched.add(socket);
      const note = (): void => {
        const isKept = [http, https].some(({ freeSockets }) =>
          Object.values(freeSockets).some((free) => free?.includes(socket)),
        );
        if (isKept) hangUps += 1;
      };
      socket.once('end', note);
      socket.once('error', note);
    },
    agentFor: ({ protocol }) => (protocol === 'https:' ? https : http),
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}

export interface HttpRequest {
  /** Without credentials: they are in the headers. */
  readonly url: URL;
  readonly connections: Connections;
  readonly headers: Readonly<Record<string, string>>;
  /** It is POSTed; null: GET. */
  readonly body: string | null;
}

interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** What one request came to: an answer, whatever its status, or why there is none, in the words of NodeResult. */
export type HttpReply = HttpAnswer | { readonly transportError: string };

/** Sends one request; a connection that turns out to be closed is replaced once. Never rejects. */
export async function exchange(to: HttpRequest, limits: HttpLimits, clock: Pick<Clock, 'after'>): Promise<HttpReply> {
  const reply = await send(to, limits, clock);
  // The server closed an idle connection just as we reused it: this says nothing about the node.
  return 'transportError' in reply && reply.transportError === staleConnection ? send(to, limits, clock) : reply;
}

/** On the second try the answer counts: anything unknown means unreachable. */
const staleConnection = 'unreachable: connection was stale';

/** JSON is sent; credentials are those of the endpoint, else of the URL. The operator's own headers go before all. */
export function requestHeaders(
  endpoint: { readonly bearerToken: Secret | null; readonly headers: Readonly<Record<string, Secret>> },
  url: URL,
): Record<string, string> {
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

function send({ url, connections, headers, body }: HttpRequest, limits: HttpLimits, clock: Pick<Clock, 'after'>) {
  const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise<HttpReply>((resolve) => {
    const request = open(url, {
      method: body === null ? 'GET' : 'POST',
      agent: connections.agentFor(url),
      headers: body === null ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    });
    const settle = (reply: HttpReply): void => {
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
    request.on('socket', connections.watch);
    request.on('response', (response) => {
      void readAnswer(response, limits.maxBodyBytes).then((reply) => {
        settle(reply);
        if ('transportError' in reply && !response.complete) request.destroy();
      });
    });
    request.end(body ?? undefined);
  });
}

/** The body is read up to its limit whatever the status. */
async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<HttpReply> {
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
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

function nameOf(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code)) return 'tls';
  return code.startsWith('HPE_') ? 'malformed' : 'unreachable';
}
