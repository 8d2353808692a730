import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { reasonOf } from './errors.ts';
import type { Logger } from './logger.ts';
import { servedHosts } from './servedHosts.ts';

export interface MetricsAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** Serves the metrics if possible; a port that is taken must not keep a process from its work. */
export async function openMetricsServer(
  registry: Registry,
  { host, port }: MetricsAddress,
  log: Logger,
): Promise<MetricsServer | null> {
  try {
    const server = await startMetricsServer(registry, host, port);
    log.info('metrics are served', { url: server.url });
    return server;
  } catch (error) {
    log.warn('cannot serve metrics; continuing without them', { host, port, reason: reasonOf(error) });
    return null;
  }
}

export interface MetricsServer extends AsyncDisposable {
  readonly url: string;
}

/** Serves GET /metrics and GET /healthz for a process that has no other HTTP server. Port 0 takes a free one. */
async function startMetricsServer(registry: Registry, host: string, port: number): Promise<MetricsServer> {
  const hosts = servedHosts(host);
  const server = createServer(async (request, response) => {
    if (!hosts.includes(request.headers.host)) {
      response.writeHead(421, { 'content-type': 'text/plain' }).end('bound to loopback: ask for localhost\n');
      return;
    }
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' || (path !== '/metrics' && path !== '/healthz')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('only GET /metrics and GET /healthz\n');
      return;
    }
    if (path === '/healthz') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
      return;
    }
    try {
      const body = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType }).end(body);
    } catch {
      response.writeHead(500, { 'content-type': 'text/plain' }).end('the metrics could not be collected\n');
    }
  });
  server.requestTimeout = 10_000;
  server.maxConnections = 100;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const shown = address.address.includes(':') ? `[${address.address}]` : address.address;
  return {
    url: `http://${shown}:${address.port}/metrics`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
