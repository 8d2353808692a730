import { isRecord } from './genesisFile.ts';
import type { ConsensusKind } from './networkFile.ts';

/** A fork of a genesis file that counts for the fork ID. */
export interface GenesisFork {
  readonly name: string;
  readonly kind: 'block' | 'time';
  readonly at: bigint;
}

/** `config` with lower-case keys. */
type Config = Readonly<Record<string, unknown>>;

/** Keys in lower case → name; what go-ethereum counts (`gatherForks`: every *Block and *Time of its ChainConfig). */
const blockForks: Readonly<Record<string, string>> = {
  homesteadblock: 'Homestead',
  daoforkblock: 'DAO Fork',
  eip150block: 'EIP-150',
  eip155block: 'EIP-155',
  eip158block: 'EIP-158',
  byzantiumblock: 'Byzantium',
  constantinopleblock: 'Constantinople',
  petersburgblock: 'Petersburg',
  istanbulblock: 'Istanbul',
  muirglacierblock: 'Muir Glacier',
  berlinblock: 'Berlin',
};

const laterBlockForks: Readonly<Record<string, string>> = {
  londonblock: 'London',
  arrowglacierblock: 'Arrow Glacier',
  grayglacierblock: 'Gray Glacier',
  mergenetsplitblock: 'Merge Netsplit',
};

const timeForks: Readonly<Record<string, string>> = {
  shanghaitime: 'Shanghai',
  cancuntime: 'Cancun',
  praguetime: 'Prague',
  osakatime: 'Osaka',
  bpo1time: 'BPO1',
  bpo2time: 'BPO2',
  bpo3time: 'BPO3',
  bpo4time: 'BPO4',
  bpo5time: 'BPO5',
  amsterdamtime: 'Amsterdam',
  bogotatime: 'Bogotá',
  ubttime: 'UBT',
};

/** GoQuorum (geth 1.9.7 and 1.10.3 underneath) counts these as well; `qip714Block` is the one it leaves out. */
const quorumForks: Readonly<Record<string, string>> = {
  yolov3block: 'YOLO v3',
  ewasmblock: 'Ewasm',
  catalystblock: 'Catalyst',
  maxcodesizechangeblock: 'Max Code Size Change',
  privacyenhancementsblock: 'Privacy Enhancements',
  privacyprecompileblock: 'Privacy Precompile',
  enablegaspriceblock: 'Enable Gas Price',
};
const quorumOwn = new Set(['qip714block']);

function isQuorum(config: Config): boolean {
  return config.isquorum === true;
}

/**
 * The forks of a genesis configuration that count for the fork ID, and the keys that look like forks but do not count.
 * `problems` are values that are neither a block number nor a time.
 */
export function readForks(config: Config): {
  forks: GenesisFork[];
  ignored: string[];
  problems: { key: string; problem: string }[];
} {
  const blocks = isQuorum(config) ? { ...blockForks, ...quorumForks } : { ...blockForks, ...laterBlockForks };
  const times = isQuorum(config) ? {} : timeForks;
  const forks: GenesisFork[] = [];
  const ignored: string[] = [];
  const problems: { key: string; problem: string }[] = [];
  for (const [key, value] of Object.entries(config)) {
    const kind = key.endsWith('block') ? 'block' : key.endsWith('time') ? 'time' : null;
    if (kind === null || value === null || value === undefined) continue;
    const name = kind === 'block' ? blocks[key] : times[key as keyof typeof times];
    if (name === undefined) {
      if (!quorumOwn.has(key)) ignored.push(key);
      continue;
    }
    const at = readUint(value);
    if (at === null) problems.push({ key, problem: 'expected a whole number from 0' });
    else forks.push({ name, kind, at });
  }
  return { forks, ignored, problems };
}

/** How the chain makes its blocks, as far as its configuration shows. */
export function readConsensus(config: Config): ConsensusKind {
  const istanbul = config.istanbul;
  if (isRecord(config.qbft)) return 'qbft';
  if (isRecord(istanbul)) return readUint(istanbul.testQBFTBlock) === 0n ? 'qbft' : 'ibft1';
  if (isRecord(config.ibft2)) return 'ibft2';
  if (isRecord(config.ibft)) return 'ibft1';
  if (isRecord(config.parlia)) return 'parlia';
  if (isRecord(config.bor)) return 'bor';
  if (isRecord(config.optimism)) return 'optimism';
  if (config.terminaltotaldifficultypassed === true || readUint(config.terminaltotaldifficulty) === 0n) return 'pos';
  if (isRecord(config.clique)) return 'clique';
  return isQuorum(config) ? 'raft' : 'pow';
}

/** Whether a fork of the configuration is already active in the genesis block. */
export function holdsAtGenesis(
  forks: readonly GenesisFork[],
  name: string,
  genesis: { number: bigint; time: bigint },
): boolean {
  return forks.some((fork) => fork.name === name && fork.at <= (fork.kind === 'block' ? genesis.number : genesis.time));
}

function readUint(value: unknown): bigint | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : null;
  if (typeof value !== 'string' || !/^(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$/.test(value)) return null;
  const number = BigInt(value);
  return number < 1n << 64n ? number : null;
}
