import type { RequestHandler } from 'express';
import { servedHosts } from '../../lib/servedHosts.ts';
import { ApiError } from './errors.ts';

export interface HostRules {
  /** Address on which it listens. */
  readonly httpHost: string;
  /** Names under which it is reached besides loopback's. */
  readonly allowedHosts: readonly string[];
}

/** What a supervisor of containers asks, by the address of the machine. */
const probes: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** Refuses requests under names that are not ours: see servedHosts. */
export function requireHost({ httpHost, allowedHosts }: HostRules): RequestHandler {
  const hosts = servedHosts(httpHost, allowedHosts);
  return (request, _response, next) => {
    const { host } = request.headers;
    if (probes.has(request.path) ? hosts.includesProbe(host) : hosts.includes(host)) return next();
    next(
      new ApiError(
        { code: 'hostNotServed' },
        'this server does not answer under that name: ask for localhost, or name it in allowedHosts (--allowed-hosts)',
      ),
    );
  };
}
