import { join } from 'node:path';
import type { Network } from '../../chains/networks/networkFile.ts';
import type { DiscoveryProtocol } from '../../lib/discoveryProtocols.ts';
import { type IdentityDeps, type OpenIdentity, openIdentity } from './openIdentity.ts';
import { createSharedBudget } from './sharedBudget.ts';

/** Our identities, as configured. */
export interface IdentitySettings {
  /** Keys are kept in its folder `keys`. */
  readonly dataDir: string;
  /** `none` = not on IPv4; the same for IPv6. */
  readonly bind4: string;
  readonly bind6: string;
  /** UDP and TCP port of the discovery identity, the others take those that follow; 0 = free ones. */
  readonly port: number;
  readonly listen: boolean;
  readonly externalIp: string | null;
  /** UDP packets sent, all identities together. */
  readonly packetsPerSecond: number;
  readonly discovery: readonly DiscoveryProtocol[];
}

/** The discovery identity first, then the presence on each watched network, on the ports that follow. */
export async function openIdentities(
  deps: Omit<IdentityDeps, 'budget'>,
  watched: readonly Network[],
  settings: IdentitySettings,
  signal: AbortSignal,
): Promise<readonly [OpenIdentity, ...OpenIdentity[]]> {
  const shared: IdentityDeps = { ...deps, budget: createSharedBudget(deps.limits, settings.packetsPerSecond) };
  const bound = (text: string): string | null => (text === 'none' ? null : text);
  const open = (name: string, network: OpenIdentity['network'], offset: number): Promise<OpenIdentity> =>
    openIdentity(
      shared,
      {
        name,
        network,
        folder: join(settings.dataDir, 'keys'),
        bind4: bound(settings.bind4),
        bind6: bound(settings.bind6),
        port: settings.port === 0 ? 0 : settings.port + offset,
        listen: settings.listen,
        externalIp: settings.externalIp,
        // One identity an address: peers ban an IP of which they have seen ten (sigp/discv5, socket/filter).
        discv5: network === null && settings.discovery.includes('discv5'),
      },
      signal,
    );
  const discovery = await open('discovery', null, 0);
  const presences: OpenIdentity[] = [];
  try {
    for (const [index, network] of watched.entries()) {
      presences.push(await open(network.slug, network, index + 1));
    }
  } catch (error) {
    await Promise.all([discovery, ...presences].map((identity) => identity.close()));
    throw error;
  }
  return [discovery, ...presences];
}
