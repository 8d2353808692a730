import type { z } from 'zod';
import { parseExactJson } from '../../lib/exactJson.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { genesisBlockHash } from './genesisBlock.ts';
import { readConsensus } from './genesisConsensus.ts';
import { guessFamily } from './genesisFamily.ts';
import { besuFileSchema, type GenesisFile, genesisFileSchema, isRecord, lowerKeys, readUint } from './genesisFile.ts';
import { type ReadForks, readForks } from './genesisForks.ts';
import type { GenesisFamily } from './genesisForkTables.ts';
import { nameOtherFormat } from './genesisFormats.ts';
import { unknownStart } from './genesisHeader.ts';
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
  /** Whose rules hold. Default: by what only that client reads. */
  readonly family?: GenesisFamily;
  /** Keys of `config` that count as forks although no known client counts them. */
  readonly countForks?: readonly string[];
  /** Default: what core-geth's file says, else the chain ID. */
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
  /** Whose rules it was read by. */
  readonly family: GenesisFamily;
  /** What was left out, as messages for the user. */
  readonly warnings: readonly string[];
}

/** A genesis file of which only the outer shape is known. */
interface RawGenesis {
  readonly path: string;
  /** Keys of the first level and of `config` in lower case. */
  readonly file: unknown;
  readonly config: Readonly<Record<string, unknown>>;
  /** Key in lower case → as written. */
  readonly written: ReadonlyMap<string, string>;
}

/**
 * Makes a network file from the genesis.json of geth, Besu or a client made from geth: genesis hash with the state root
 * of its alloc, and the forks that count for the fork ID, by the rules of the client that the file shows.
 * @param text the genesis file
 * @param path its name in problems
 * @throws NetworkFileError with every wrong field, or the name of a client whose rules are not known
 */
export async function importGenesis(
  text: string,
  path: string,
  options: GenesisImportOptions,
): Promise<ImportedGenesis> {
  const raw = readRaw(text, path);
  const guess = guessFamily(raw.config, options.family ?? null);
  switch (guess.at) {
    case 'refused':
      throw problemsOf(raw, [{ key: guess.key, problem: guess.problem }]);
    case 'known':
      return importAs(raw, guess.family, options);
    case 'unsure': {
      const [first, ...others] = await Promise.all(guess.families.map((family) => importAs(raw, family, options)));
      if (first === undefined || others.some((other) => !sameChain(first.network, other.network))) {
        const [missing, set] = [fieldOf(raw, guess.missing), fieldOf(raw, guess.set)];
        const problem =
          `is set and ${missing} is not: geth refuses such a file, while Besu takes a later milestone to include the ` +
          'earlier ones, and their genesis blocks or forks would differ; say which client its nodes run: --client besu or --client geth';
        throw new NetworkFileError([{ file: path, field: set, problem }]);
      }
      return first;
    }
  }
}

async function importAs(
  raw: RawGenesis,
  family: GenesisFamily,
  options: GenesisImportOptions,
): Promise<ImportedGenesis> {
  const genesis = parseGenesis(raw, family);
  const genesisTime = genesis.timestamp ?? 0n;
  const also = new Set((options.countForks ?? []).map((key) => key.toLowerCase()));
  const read = readForks(genesis.config, family, genesisTime, also);
  refuseUnclear(raw, genesis, family, read, options);
  const { consensus, changes } = readConsensus(genesis.config, family);
  const ownId = family === 'coregeth' ? readUint(genesis.config.networkid) : null;
  const file: NetworkFile = {
    version: 1,
    slug: options.slug,
    name: options.name,
    networkId: jsonUint(options.networkId ?? ownId ?? genesis.config.chainid),
    genesisHash: `0x${bytesToHex(await genesisBlockHash(genesis, family))}`,
    genesisTime: jsonUint(genesisTime),
    forks: read.forks.map(({ name, kind, at }) => ({ name, [kind]: jsonUint(at) })),
    bootnodes: [...(options.bootnodes ?? [])],
    dns: [],
    allowedCidrs: [...(options.allowedCidrs ?? [])],
    consensus: options.consensus ?? consensus,
    ...(changes.length === 0 || options.consensus !== undefined
      ? {}
      : {
          consensusChanges: changes.map(({ block, consensus: kind }) => ({ block: jsonUint(block), consensus: kind })),
        }),
    source: [`genesis.json, as ${family} reads it`],
  };
  const result = parseNetworkFile(JSON.stringify(file), options.slug);
  if ('problems' in result) throw new NetworkFileError(result.problems);
  return {
    file,
    network: result.network,
    family,
    warnings: [...read.ignored, ...read.unknown].map(
      (key) => `${fieldOf(raw, `config.${key}`)} does not count for the fork ID and is left out`,
    ),
  };
}

/** Clients that get no more forks: a key that they do not know is one that they never read. */
const finished: ReadonlySet<GenesisFamily> = new Set(['coregeth', 'goquorum']);

/** @throws NetworkFileError where a hash or a list of forks would be a guess */
function refuseUnclear(
  raw: RawGenesis,
  genesis: GenesisFile,
  family: GenesisFamily,
  { problems, unknown }: ReadForks,
  options: GenesisImportOptions,
): void {
  if (problems.length > 0) throw problemsOf(raw, problems);
  const start = unknownStart(genesis, family);
  if (start !== null) {
    const problem =
      'a genesis block with this fork active cannot be hashed yet; write a network file with its genesisHash';
    throw problemsOf(raw, [{ key: start, problem }]);
  }
  if (genesis.statehash && (family !== 'op' || Object.keys(genesis.alloc).length > 0)) {
    const problem =
      family === 'op'
        ? 'stands for an alloc, so that alloc must be empty'
        : 'is known on the OP stack only (--client op)';
    throw new NetworkFileError([{ file: raw.path, field: fieldOf(raw, 'statehash'), problem }]);
  }
  if (unknown.length > 0 && options.family === undefined && !finished.has(family)) {
    throw problemsOf(
      raw,
      unknown.map((key) => ({
        key,
        problem:
          `this looks like a fork that Forkscope does not know of ${family}: if the nodes' client counts it, add ` +
          `--count-forks ${key}; if it pays no attention to it, add --client ${family}`,
      })),
    );
  }
}

function sameChain(a: Network, b: Network): boolean {
  const facts = ({ genesisHash, forks }: Network) =>
    `${bytesToHex(genesisHash)} ${forks.map(({ kind, at }) => `${kind} ${at}`).join(' ')}`;
  return facts(a) === facts(b);
}

function readRaw(text: string, path: string): RawGenesis {
  const exact = parseExactJson(text);
  if ('problem' in exact) throw new NetworkFileError([{ file: path, field: '', problem: exact.problem }]);
  const other = nameOtherFormat(exact.json);
  if (other !== null) throw new NetworkFileError([{ file: path, field: '', problem: other }]);
  const { file, written } = lowerKeys(exact.json);
  const config = isRecord(file) && isRecord(file.config) ? file.config : {};
  return { path, file, config, written };
}

function parseGenesis(raw: RawGenesis, family: GenesisFamily): GenesisFile {
  const parsed = (family === 'besu' ? besuFileSchema : genesisFileSchema).safeParse(raw.file);
  if (parsed.success) return parsed.data;
  throw new NetworkFileError(
    parsed.error.issues.map((issue): NetworkProblem => {
      const [first = '', second, ...rest] = issue.path;
      const head = second === undefined || first !== 'config' ? String(first) : `config.${String(second)}`;
      const tail = first === 'config' ? rest : second === undefined ? [] : [second, ...rest];
      return { file: raw.path, field: fieldPath([fieldOf(raw, head), ...tail]), problem: messageOf(issue) };
    }),
  );
}

/** A key of a record says what is wrong with it inside. */
function messageOf(issue: z.core.$ZodIssue): string {
  const inner = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
  return inner ?? issue.message;
}

/** Problems with keys of `config`. */
function problemsOf(raw: RawGenesis, problems: readonly { key: string; problem: string }[]): NetworkFileError {
  return new NetworkFileError(
    problems.map(({ key, problem }) => ({ file: raw.path, field: fieldOf(raw, `config.${key}`), problem })),
  );
}

const wellKnown: Readonly<Record<string, string>> = { gaslimit: 'gasLimit', 'config.chainid': 'config.chainId' };

/** A field as the file spells it; one that it lacks, as geth spells it. */
function fieldOf(raw: RawGenesis, key: string): string {
  return raw.written.get(key) ?? raw.written.get(`config.${key}`) ?? wellKnown[key] ?? gethSpelling(key);
}

/** `eip150block` → `config.eip150Block`. */
function gethSpelling(key: string): string {
  const fork = /^([a-z0-9]+)(block|time)$/.exec(key);
  if (fork === null) return key;
  const [, name = '', kind = ''] = fork;
  return `config.${name}${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
}

function jsonUint(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}
