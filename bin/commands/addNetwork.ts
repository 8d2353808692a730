import { existsSync, readFileSync } from 'node:fs';
import { type GenesisFamily, genesisFamilies } from '../../chains/networks/genesisForkTables.ts';
import { importGenesis } from '../../chains/networks/genesisImport.ts';
import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import {
  consensusKinds,
  type Network,
  type NetworkFile,
  NetworkFileError,
  networkFileSchema,
  parseNetworkFile,
} from '../../chains/networks/networkFile.ts';
import { checkBootnodes } from '../../crawler/checkBootnodes.ts';
import { addedNetworkPath, writeAddedNetwork } from '../../lib/addedNetworks.ts';
import { parseExactJson } from '../../lib/exactJson.ts';
import { UsageError } from './command.ts';

export interface AddNetworkOptions {
  readonly dataDir: string;
  readonly slug: string | null;
  readonly name: string | null;
  readonly networkId: string | null;
  readonly consensus: string | null;
  /** Whose rules the genesis file follows. */
  readonly client: string | null;
  readonly countForks: readonly string[];
  readonly bootnodes: readonly string[];
  readonly allowedCidrs: readonly string[];
  /** Overwrite a file with the same slug. */
  readonly replace: boolean;
}

export interface AddedNetwork {
  readonly path: string;
  readonly network: Network;
  /** Whose rules the genesis file was read by; null for a network file. */
  readonly client: GenesisFamily | null;
  readonly warnings: readonly string[];
}

/**
 * Puts a network into the data directory, from geth's genesis.json or from a network file of one's own.
 * @throws UsageError that lists every wrong field, or says why the slug cannot be used
 */
export async function addNetwork(path: string, options: AddNetworkOptions): Promise<AddedNetwork> {
  const { file, network, client, warnings } = await readNetwork(path, options);
  if (loadBuiltinNetworks().some(({ slug }) => slug === network.slug)) {
    throw new UsageError(
      `${network.slug} is one of Forkscope's own networks; choose another --slug, or give it a newer file by networks update`,
    );
  }
  const target = addedNetworkPath(options.dataDir, network.slug);
  if (existsSync(target) && !options.replace) {
    throw new UsageError(`there is already a network ${network.slug} (${target}); --replace overwrites it`);
  }
  const problems = await checkBootnodes(network);
  return { path: writeAddedNetwork(options.dataDir, file), network, client, warnings: [...warnings, ...problems] };
}

/**
 * What a file says, be it a network file or a genesis file.
 * @throws UsageError that lists every wrong field
 */
export async function readNetwork(
  path: string,
  options: Omit<AddNetworkOptions, 'dataDir' | 'replace'>,
): Promise<{ file: NetworkFile } & Omit<AddedNetwork, 'path'>> {
  try {
    const text = readFileSync(path, 'utf8');
    const file = readNetworkFile(text);
    if (file === null) {
      const { family, ...imported } = await importGenesis(text, path, genesisOptions(text, options));
      return { ...imported, client: family };
    }
    const result = parseNetworkFile(JSON.stringify(file), path);
    if ('problems' in result) throw new NetworkFileError(result.problems);
    return { file, network: result.network, client: null, warnings: [] };
  } catch (error) {
    if (error instanceof NetworkFileError) throw new UsageError(describeProblems(error));
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new UsageError(`there is no file ${path}`);
    throw error;
  }
}

/** The text as a network file of format version 1; null if it is not one, so that it should be a genesis file. */
function readNetworkFile(text: string): NetworkFile | null {
  const json = parseJson(text);
  if (json === null || !('genesisHash' in json)) return null;
  // parseNetworkFile reports what is wrong with it; here it only must not be written with fields missing.
  const parsed = networkFileSchema.safeParse(json);
  return parsed.success ? { ...parsed.data, ...textNumbers(parsed.data) } : throwProblems(text);
}

function throwProblems(text: string): never {
  const result = parseNetworkFile(text, 'the network file');
  throw new NetworkFileError('problems' in result ? result.problems : []);
}

function textNumbers(file: ReturnType<typeof networkFileSchema.parse>) {
  return {
    networkId: String(file.networkId),
    genesisTime: String(file.genesisTime),
    forks: file.forks.map(({ name, block, time }) =>
      block === undefined ? { name, time: String(time) } : { name, block: String(block) },
    ),
    consensusChanges: file.consensusChanges.map(({ block, consensus }) => ({ block: String(block), consensus })),
  };
}

function genesisOptions(text: string, options: Omit<AddNetworkOptions, 'dataDir' | 'replace'>) {
  const { networkId, bootnodes, allowedCidrs } = options;
  const chainId = readChainId(text);
  const consensus = consensusKinds.find((kind) => kind === options.consensus);
  if (options.consensus !== null && consensus === undefined) {
    throw new UsageError(`--consensus takes one of ${consensusKinds.join(', ')}`);
  }
  const family = genesisFamilies.find((one) => one === options.client?.toLowerCase());
  if (options.client !== null && family === undefined) {
    throw new UsageError(`--client takes one of ${genesisFamilies.join(', ')}`);
  }
  if (networkId !== null && !/^\d{1,20}$/.test(networkId)) throw new UsageError('--network-id takes a whole number');
  return {
    slug: options.slug ?? `chain-${chainId}`,
    name: options.name ?? options.slug ?? `Chain ${chainId}`,
    ...(networkId === null ? {} : { networkId: BigInt(networkId) }),
    ...(consensus === undefined ? {} : { consensus }),
    ...(family === undefined ? {} : { family }),
    countForks: options.countForks,
    bootnodes,
    allowedCidrs,
  };
}

/** Only for the name: the import reports what is wrong with it. */
function readChainId(text: string): string {
  const config = Object.entries(parseJson(text) ?? {}).find(([key]) => key.toLowerCase() === 'config')?.[1];
  if (typeof config !== 'object' || config === null) return '0';
  const chainId = Object.entries(config).find(([key]) => key.toLowerCase() === 'chainid')?.[1];
  return /^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(String(chainId)) ? BigInt(String(chainId)).toString() : '0';
}

function parseJson(text: string): object | null {
  const exact = parseExactJson(text);
  return 'json' in exact && typeof exact.json === 'object' ? exact.json : null;
}

function describeProblems(error: NetworkFileError): string {
  const { problems } = error.detail;
  const lines = problems.map(({ file, field, problem }) => `  ${file}: ${field === '' ? '' : `${field}: `}${problem}`);
  return `this is neither a genesis file nor a network file\n${lines.join('\n')}`;
}
