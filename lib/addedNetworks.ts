import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where `forkscope networks add` puts network files. */
function folderOf(dataDir: string): string {
  return join(dataDir, 'networks');
}

/** Paths of the network files in the data directory, sorted by name. Empty if there is no folder. */
export function listAddedNetworks(dataDir: string): string[] {
  const folder = folderOf(dataDir);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
}

/** Writes a network file into the data directory and returns its path. A starting crawler never reads part of it. */
export function writeAddedNetwork(dataDir: string, file: { readonly slug: string }): string {
  const path = addedNetworkPath(dataDir, file.slug);
  mkdirSync(folderOf(dataDir), { recursive: true });
  const beside = `${path}.${process.pid}.tmp`;
  writeFileSync(beside, `${JSON.stringify(file, null, 2)}\n`);
  renameSync(beside, path);
  return path;
}

export function addedNetworkPath(dataDir: string, slug: string): string {
  return join(folderOf(dataDir), `${slug}.json`);
}
