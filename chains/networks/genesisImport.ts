import { reasonOf } from '../../lib/errors.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { genesisBlockHash } from './genesisBlock.ts';
import { genesisFileSchema, lowerKeys } from './genesisFile.ts';
import { holdsAtGenesis, readConsensus, readForks } from './genesisForks.ts';
import {
  type ConsensusKind,
  fieldPath,
  type Network,
  type NetworkFile,
  NetworkFileError,
  type NetworkProblem,
  parseNetworkFile,
} from './networkFile.ts';

/** What a genesis file does not say about its network. */
export interface GenesisImportOptions {
  readonly slug: string;
  readonly name: string;
  /** Default: the chain ID. */
  readonly networkId?: bigint;
  /** Default: read from the file. */
  readonly consensus?: ConsensusKind;
  readonly bootnodes?: readonly string[];
  readonly allowedCidrs?: readonly string[];
}

export interface ImportedGenesis {
  /** Ready to be written as JSON. */
  readonly file: NetworkFile;
  readonly network: Network;
  /** What was left out, as messages for the user. */
  readonly warnings: readonly string[];
}

/**
 * Makes a network file from a geth genesis.json: genesis hash with the state root of its alloc, and the forks
 * that count for the fork ID, by GoQuorum's field rules where `isQuorum` is true.
 * @param text the genesis file
 * @param path its name in problems
 * @throws NetworkFileError with every wrong field
 */
export async function importGenesis(
  text: string,
  path: string,
  options: GenesisImportOptions,
): Promise<ImportedGenesis> {
  const { genesis, written } = parseGenesis(text, path);
  const asWritten = (key: string): string => written.get(`config.${key}`) ?? `config.${key}`;
  const { forks, ignored, problems } = readForks(genesis.config);
  if (problems.length > 0) {
    throw new NetworkFileError(problems.map(({ key, problem }) => ({ file: path, field: asWritten(key), problem })));
  }
  const start = { number: genesis.number ?? 0n, time: genesis.timestamp ?? 0n };
  if (holdsAtGenesis(forks, 'Amsterdam', start)) {
    const problem =
      'a genesis block with Amsterdam active cannot be hashed yet; write a network file with its genesisHash';
    throw new NetworkFileError([{ file: path, field: asWritten('amsterdamtime'), problem }]);
  }
  const file: NetworkFile = {
    version: 1,
    slug: options.slug,
    name: options.name,
    networkId: jsonUint(options.networkId ?? genesis.config.chainid),
    genesisHash: `0x${bytesToHex(await genesisBlockHash(genesis, forks))}`,
    genesisTime: jsonUint(start.time),
    forks: forks.map(({ name, kind, at }) => ({ name, [kind]: jsonUint(at) })),
    bootnodes: [...(options.bootnodes ?? [])],
    dns: [],
    allowedCidrs: [...(options.allowedCidrs ?? [])],
    consensus: options.consensus ?? readConsensus(genesis.config),
    source: ['genesis.json'],
  };
  const result = parseNetworkFile(JSON.stringify(file), options.slug);
  if ('problems' in result) throw new NetworkFileError(result.problems);
  return {
    file,
    network: result.network,
    warnings: ignored.map((key) => `${asWritten(key)} does not count for the fork ID and is left out`),
  };
}

function parseGenesis(text: string, path: string) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const why = reasonOf(error);
    throw new NetworkFileError([{ file: path, field: '', problem: `not JSON: ${why}` }]);
  }
  const { file, written } = lowerKeys(json);
  const parsed = genesisFileSchema.safeParse(file);
  if (parsed.success) return { genesis: parsed.data, written };
  throw new NetworkFileError(
    parsed.error.issues.map((issue): NetworkProblem => {
      const [first = '', second, ...rest] = issue.path;
      const head = second === undefined || first !== 'config' ? [String(first)] : [`config.${String(second)}`];
      const tail = first === 'config' ? rest : second === undefined ? [] : [second, ...rest];
      return {
        file: path,
        field: fieldPath([written.get(head.join('')) ?? wellKnown(head.join('')), ...tail]),
        problem: issue.message,
      };
    }),
  );
}

/** How geth spells a field that the file lacks. */
function wellKnown(key: string): string {
  return ({ gaslimit: 'gasLimit', 'config.chainid': 'config.chainId' } as Record<string, string>)[key] ?? key;
}

function jsonUint(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}
