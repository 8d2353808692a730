import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../../lib/errors.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { equalBytes } from '../../p2p/wire/bytes.ts';
import { sameForkHash } from '../../p2p/wire/forkId.ts';
import { type Network, NetworkFileError, type NetworkProblem, parseNetworkFile } from './networkFile.ts';

const builtinFolder = join(packageRoot, 'chains', 'networks', 'data');

/** A user's own file. @throws NetworkFileError with every wrong field */
export function loadNetworkFile(path: string): Network {
  return only(loadNetworkFiles([path]));
}

/** The networks that come with the package, by slug. @throws NetworkFileError */
export function loadBuiltinNetworks(): Network[] {
  return loadNetworkFiles(builtinSlugs().map((slug) => join(builtinFolder, `${slug}.json`)));
}

/** Slugs of the networks that come with the package. */
function builtinSlugs(): string[] {
  const files = readdirSync(builtinFolder).filter((name) => name.endsWith('.json'));
  return files.map((name) => name.slice(0, -'.json'.length)).sort();
}

/**
 * Of files in the data directory, those that stand in for a network of the package, and those of networks beside it. A
 * file that cannot be read is among the latter, so that whoever loads it says what is wrong.
 */
export function sortAddedNetworks(paths: readonly string[]): { updates: string[]; own: string[] } {
  const shipped = new Set(builtinSlugs());
  const isUpdate = (path: string): boolean => {
    const result = readNetworkFile(path);
    return 'network' in result && shipped.has(result.network.slug);
  };
  return { updates: paths.filter(isUpdate), own: paths.filter((path) => !isUpdate(path)) };
}

/**
 * The networks of the package with newer files in place of theirs.
 * @throws NetworkFileError for a file with another genesis or network id than the network that it stands in for
 */
export function updateNetworks(shipped: readonly Network[], updates: readonly string[]): Network[] {
  const newer = new Map<string, Network>();
  const problems: NetworkProblem[] = [];
  for (const [index, network] of loadNetworkFiles(updates).entries()) {
    const old = shipped.find(({ slug }) => slug === network.slug);
    if (old === undefined || !sameChain(old, network)) {
      const problem = `is not the genesis and network id of ${network.slug}: give another slug to another chain`;
      problems.push({ file: updates[index] ?? '', field: 'genesisHash', problem });
    } else if (!isOlder(network, old)) newer.set(network.slug, network);
  }
  if (problems.length > 0) throw new NetworkFileError(problems);
  return shipped.map((network) => newer.get(network.slug) ?? network);
}

export function sameChain(a: Network, b: Network): boolean {
  return equalBytes(a.genesisHash, b.genesisHash) && a.networkId === b.networkId;
}

/** Whether `network` has all of its forks in common with `other`, which has more: the package has overtaken the file. */
export function isOlder(network: Network, other: Network): boolean {
  const length = network.forkHashes.length;
  return length < other.forkHashes.length && startsWith(other.forkHashes, network.forkHashes);
}

function startsWith(hashes: readonly Uint8Array[], first: readonly Uint8Array[]): boolean {
  return first.every((hash, index) => sameForkHash(hash, hashes[index] ?? new Uint8Array()));
}

/** Several files at once. @throws NetworkFileError with all problems of all files; two files with one slug are a problem */
export function loadNetworkFiles(paths: readonly string[]): Network[] {
  const networks: Network[] = [];
  const problems: NetworkProblem[] = [];
  const fileOfSlug = new Map<string, string>();
  for (const path of paths) {
    const result = readNetworkFile(path);
    if ('problems' in result) {
      problems.push(...result.problems);
      continue;
    }
    const first = fileOfSlug.get(result.network.slug);
    if (first !== undefined) problems.push({ file: path, field: 'slug', problem: `already taken by ${first}` });
    fileOfSlug.set(result.network.slug, path);
    networks.push(result.network);
  }
  if (problems.length > 0) throw new NetworkFileError(problems);
  return networks;
}

function readNetworkFile(path: string): ReturnType<typeof parseNetworkFile> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = reasonOf(error);
    return { problems: [{ file: path, field: '', problem: `cannot be read: ${why}` }] };
  }
  return parseNetworkFile(text, path);
}

function only(networks: readonly Network[]): Network {
  const [network] = networks;
  if (network === undefined) throw new NetworkFileError([]);
  return network;
}
