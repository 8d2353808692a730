import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../../lib/errors.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { type Network, NetworkFileError, type NetworkProblem, parseNetworkFile } from './networkFile.ts';

const builtinFolder = join(packageRoot, 'chains', 'networks', 'data');

/** A user's own file. @throws NetworkFileError with every wrong field */
export function loadNetworkFile(path: string): Network {
  return only(loadNetworkFiles([path]));
}

/** The networks that come with the package, by slug. @throws NetworkFileError */
export function loadBuiltinNetworks(): Network[] {
  const files = readdirSync(builtinFolder).filter((name) => name.endsWith('.json'));
  return loadNetworkFiles(files.sort().map((name) => join(builtinFolder, name)));
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
