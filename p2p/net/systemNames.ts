import { lookup, Resolver } from 'node:dns/promises';
import { formatIp, parseIp } from '../../lib/ipAddress.ts';
import type { NameAnswer, Names, TextAnswer, Texts } from '../ports.ts';

/** By the system's own rules, so that what works for other programs of the machine works here. */
export const systemNames: Names = {
  async lookUp(name): Promise<NameAnswer> {
    try {
      const found = await lookup(name, { all: true, verbatim: true });
      const ips = found.flatMap(({ address }) => canonical(address));
      return ips.length === 0 ? { at: 'unknown' } : { at: 'found', ips: [...new Set(ips)] };
    } catch (error) {
      return { at: isNone(error) ? 'unknown' : 'unanswered' };
    }
  },
};

/** Asks the name servers of the system, or these (`address:port`). */
export function createSystemTexts(servers: readonly string[] = []): Texts {
  // One for each signal: cancelling ends all questions of a resolver.
  const resolvers = new WeakMap<AbortSignal, Resolver>();
  const resolverOf = (signal: AbortSignal): Resolver => {
    const known = resolvers.get(signal);
    if (known !== undefined) return known;
    const resolver = new Resolver({ timeout: 5_000, tries: 2 });
    if (servers.length > 0) resolver.setServers(servers);
    signal.addEventListener('abort', () => resolver.cancel(), { once: true });
    resolvers.set(signal, resolver);
    return resolver;
  };
  return {
    async lookUpTexts(name, signal): Promise<TextAnswer> {
      if (signal.aborted) return { at: 'unanswered' };
      try {
        const found = await resolverOf(signal).resolveTxt(name);
        return { at: 'found', texts: found.map((strings) => strings.join('')) };
      } catch (error) {
        return { at: isNone(error) ? 'unknown' : 'unanswered' };
      }
    },
  };
}

/** Whether a name server said that there is nothing, and not that it could not tell. */
function isNone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'ENODATA');
}

function canonical(text: string): string[] {
  const bytes = parseIp(text);
  const ip = bytes === null ? null : formatIp(bytes);
  return ip === null ? [] : [ip];
}
