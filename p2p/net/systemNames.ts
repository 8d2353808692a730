import { lookup } from 'node:dns/promises';
import { formatIp, parseIp } from '../../lib/ipAddress.ts';
import type { NameAnswer, Names } from '../ports.ts';

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

function canonical(text: string): string[] {
  const bytes = parseIp(text);
  const ip = bytes === null ? null : formatIp(bytes);
  return ip === null ? [] : [ip];
}
