import { join } from 'node:path';
import type { CrawlerConfig } from '../config.ts';
import type { NetworkChoice } from '../selectNetworks.ts';
import { type IdentityDeps, type OpenIdentity, openIdentity } from './openIdentity.ts';
import { createSharedBudget } from './sharedBudget.ts';

/** The discovery identity first, then the presence on each watched network, on the ports that follow. */
export async function openIdentities(
  deps: Omit<IdentityDeps, 'budget'>,
  chosen: NetworkChoice,
  config: CrawlerConfig,
  signal: AbortSignal,
): Promise<readonly [OpenIdentity, ...OpenIdentity[]]> {
  const shared: IdentityDeps = { ...deps, budget: createSharedBudget(chosen.limits, config.packetsPerSecond) };
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
