import { type RaftConfig, readSecret } from '../../consortium/config.ts';
import type { CrawlerConfig } from '../../crawler/config.ts';
import { SettingsError } from '../../lib/errors.ts';

export class NothingToWatchError extends SettingsError<{ code: 'nothingToWatch' }> {
  constructor() {
    super(
      { code: 'nothingToWatch' },
      'there is nothing to watch: give networks by slug with --networks, a file with --network, or raftClusters',
    );
  }
}

/**
 * What the crawler would refuse, found before anything is made or started. Resolves with the number of watched networks.
 * @throws SettingsError
 */
export async function checkNetworks(config: CrawlerConfig): Promise<number> {
  const { findNetworks } = await import('../../crawler/selectNetworks.ts');
  const { watched } = findNetworks(config);
  if (config.sources.length > 0) {
    const { chooseCurve } = await import('../../p2p/wire/secp256k1.ts');
    const { selectSources } = await import('../../crawler/sources/selectSources.ts');
    selectSources(await chooseCurve(), config.sources, []);
  }
  return watched.length;
}

/**
 * The same for the Raft watcher.
 * @throws SettingsError
 */
export async function checkRaft(config: RaftConfig): Promise<void> {
  if (config.raftClusters.length === 0) return;
  const { toRaftSetup } = await import('../../consortium/raftEndpoints.ts');
  toRaftSetup(config, readSecret);
}
