import { join } from 'node:path';
import type { CrawlerConfig } from '../config.ts';
import type { SendBudget } from '../protocol/discv4Context.ts';
import { createSendBudget } from '../protocol/discv4Node.ts';
import type { Discv4Limits } from '../protocol/discv4Types.ts';
import { RateLimiter } from '../protocol/rateLimiter.ts';
import type { NetworkChoice } from '../selectNetworks.ts';
import { type IdentityDeps, type OpenIdentity, openIdentity } from './openIdentity.ts';

/** The discovery identity first, then the presence on each watched network, on the ports that follow. */
export async function openIdentities(
  deps: Omit<IdentityDeps, 'budget'>,
  chosen: NetworkChoice,
  config: CrawlerConfig,
  signal: AbortSignal,
): Promise<readonly [OpenIdentity, ...OpenIdentity[]]> {
  const shared: IdentityDeps = { ...deps, budget: sharedBudget(chosen.limits, config.packetsPerSecond) };
  const bound = (text: string): string | null => (text === 'none' ? null : text);
  const open = (name: string, network: OpenIdentity['network'], offset: number): Promise<OpenIdentity> =>
    openIdentity(
      shared,
      {
        name,
        network,
        folder: join(config.dataDir, 'keys'),
        bind4: bound(config.bind4),
        bind6: bound(config.bind6),
        port: config.port === 0 ? 0 : config.port + offset,
        listen: config.listen,
        externalIp: config.externalIp,
      },
      signal,
    );
  const discovery = await open('discovery', null, 0);
  const presences: OpenIdentity[] = [];
  try {
    for (const [index, network] of chosen.watched.entries()) {
      presences.push(await open(network.slug, network, index + 1));
    }
  } catch (error) {
    await Promise.all([discovery, ...presences].map((identity) => identity.close()));
    throw error;
  }
  return [discovery, ...presences];
}

/** Per address as the limits say, and in all at most `perSecond`: what one machine may cost its line. */
function sharedBudget(limits: Discv4Limits, perSecond: number): SendBudget {
  const each = createSendBudget(limits.outbound, limits.maxSources);
  const all = new RateLimiter({ perSecond, burst: Math.max(1, perSecond / 10) }, 1);
  return {
    delay: (to, now) => {
      const wait = all.peek('all', now);
      if (wait > 0) return wait;
      const own = each.delay(to, now);
      if (own === 0) all.charge('all', now);
      return own;
    },
    charge: (to, now) => {
      all.charge('all', now);
      each.charge(to, now);
    },
  };
}
