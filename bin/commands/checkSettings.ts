import { type RaftConfig, readSecret } from '../../consortium/config.ts';
import type { CrawlerConfig } from '../../crawler/config.ts';

/**
 * What the crawler would refuse, found before anything is made or started.
 * @throws SettingsError
 */
export async function checkNetworks(config: CrawlerConfig): Promise<void> {
  const { findNetworks } = await import('../../crawler/selectNetworks.ts');
  const { readBootnodeFiles } = await import('../../crawler/readBootnodeFiles.ts');
  findNetworks(config);
  readBootnodeFiles(config.bootnodeFiles);
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
