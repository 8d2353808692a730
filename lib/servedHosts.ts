import { parseIp } from './ipAddress.ts';

/**
 * Which names a server answers to. A page anywhere can have its own name resolved to a loopback address (DNS rebinding)
 * and then read, as its own, what a server there answers: so one that is bound to loopback answers only to loopback's
 * names, and to those that the operator allows.
 */
export interface ServedHosts {
  /** Of a Host header. */
  includes(header: string | undefined): boolean;
  /**
   * The same of a question whether the server is alive: those who look after a machine ask it by whichever address it has,
   * and no name is resolved to get there.
   */
  includesProbe(header: string | undefined): boolean;
}

/**
 * `allowed`: names without a port; they and that of `boundTo` hold wherever the server is bound. Without any, a public
 * server answers to all.
 */
export function servedHosts(boundTo: string, allowed: readonly string[] = []): ServedHosts {
  const isPublic = !isLoopback(boundTo);
  if (allowed.length === 0 && isPublic) return { includes: () => true, includesProbe: () => true };
  const names = new Set([boundTo, ...allowed].map((name) => name.toLowerCase()));
  const isOurs = (name: string): boolean => isLoopback(name) || names.has(name);
  const has = (header: string | undefined, isServed: (name: string) => boolean): boolean => {
    const name = nameOf(header);
    return name !== null && isServed(name);
  };
  return {
    includes: (header) => has(header, isOurs),
    includesProbe: (header) => has(header, (name) => isOurs(name) || (isPublic && parseIp(name) !== null)),
  };
}

function isLoopback(name: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/.test(name);
}

/** In lower case, without port, brackets and the root's dot; null = it is no host. */
function nameOf(header: string | undefined): string | null {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? '') ?? [];
  return (bracketed ?? plain)?.toLowerCase().replace(/\.$/, '') ?? null;
}
