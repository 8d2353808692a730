import { lookup, Resolver } from 'node:dns/promises';
import { formatIp, parseIp } from '../../lib/ipAddress.ts';
import type { NameAnswer, Names, Texts } from '../ports.ts';

/** By the system's own rules, so that what works for other programs of the machine works here. */
export const systemNames: Names = {
  async lookUp(name): Promise<NameAnswer> {
    try {
      const found = await lookup(name, { all: true, verbatim: true });
      const ips = found.flatMap(({ address }) => canonical(address));
      return ips.length === 0 ? { at: 'unknown' } : { at: 'found', ips: [...new Set(ips)] };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      return { at: code === 'ENOTFOUND' || code === 'ENODATA' ? 'unknown' : 'unanswered' };
    }
  },
};

/** Asks the name servers of the system, or these (`address:port`). */
export function createSystemTexts(servers: readonly string[] = []): Texts {
  const resolver = new Resolver({ timeout: 5_000, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    async lookUpTexts(name) {
      try {
        return (await resolver.resolveTxt(name)).map((strings) => strings.join(''));
      } catch {
        return null;
      }
    },
  };
}

function canonical(text: string): string[] {
  const bytes = parseIp(text);
  const ip = bytes === null ? null : formatIp(bytes);
  return ip === null ? [] : [ip];
}
