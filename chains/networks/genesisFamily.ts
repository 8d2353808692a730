import { type GenesisConfig, isRecord, lowerOwn } from './genesisFile.ts';
import { forkTables, type GenesisFamily, genesisFamilies } from './genesisForkTables.ts';

/** Which client's rules a genesis file follows. */
export type FamilyGuess =
  | { readonly at: 'known'; readonly family: GenesisFamily }
  /** geth refuses the file and Besu reads it: whether that matters shows once both have been tried. */
  | {
      readonly at: 'unsure';
      readonly families: readonly GenesisFamily[];
      readonly missing: string;
      readonly set: string;
    }
  /** `key` is the lower-case key of `config` that shows it. */
  | { readonly at: 'refused'; readonly key: string; readonly problem: string };

/** Keys of `config`, in lower case, by which a chain shows that its client is none of those whose rules are known. */
const strangers: readonly (readonly [RegExp, string])[] = [
  [/^xdpos$/, 'XDC'],
  [/^(cel2time|churritoblock|donutblock|espressoblock|gingerbread(p2)?block|hforkblock)$/, 'Celo'],
  [/^(forkid\d+\w*block|zkevm|zk|cdk|normalcyblock)$/, 'cdk-erigon (Polygon zkEVM)'],
  [/^(morph\w*|bernoullitime)$/, 'Morph'],
  [/^(scroll|archimedesblock|bernoulliblock|curieblock|darwin(v2)?time|euclid(v2)?time)$/, 'Scroll'],
  [/^(zkvm|zksync|zkconfig)$/, 'zkSync'],
  [/^(taiko|ontakeblock|pacayablock|shastatime|unzentime)$/, 'Taiko'],
  [/^(arbitrum|enablearbos)$/, 'Arbitrum'],
  [/^(apricotphase\w*|subnetevmtimestamp|feeconfig|avalanche\w*)$/, 'Avalanche'],
  [/^(istanbulcompatibleblock|londoncompatibleblock|unitprice|derivesha(impl)?|governance)$/, 'Kaia (Klaytn)'],
  [/^(aura|authorityround)$/, 'AuRa (Gnosis, POA; run by Nethermind and Erigon)'],
  [/^congress$/, 'HECO'],
  [/^(posv|tomoz\w*)$/, 'Viction (TomoChain)'],
  [/^(wemix|anzeon|pangyoblock|applepieblock|briocheblock|croissantblock)$/, 'WEMIX'],
  [/^berachain$/, 'Berachain'],
  [/^primordialpulse\w*$/, 'PulseChain'],
  [/^ethpowfork\w*$/, 'EthereumPoW'],
  [/^(mantle\w*|bvmeth\w*|metatx\w*)$/, 'Mantle'],
  [/^(satoshi|heraconfig)$/, 'Core'],
  [/^(fermat|snowtime|wright|wrighttime)$/, 'opBNB'],
  [/^(erawanblock|chaophrayablock)$/, 'Bitkub'],
  [/^(thunder|pala)$/, 'ThunderCore'],
  [/^energi\w*$/, 'Energi'],
  [/^(cbft|genesisversion)$/, 'PlatON'],
  [/^(harmony|crosstxepoch|stakingepoch)$/, 'Harmony'],
  [/^lyra2$/, 'MintMe'],
];

/** Keys that only Besu reads. */
const besuKeys: ReadonlySet<string> = new Set([
  ...['ibft2', 'qbft', 'ibft', 'constantinoplefixblock', 'zerobasefee', 'fixedbasefee', 'contractsizelimit'],
  ...['evmstacksize', 'eccurve', 'discovery', 'checkpoint', 'ispoa', 'mintgasprice'],
]);

/** What geth wants in this order and without gaps (`CheckConfigForkOrder`). */
const gethOrder = [
  ...['homesteadblock', 'eip150block', 'eip155block', 'eip158block', 'byzantiumblock', 'constantinopleblock'],
  ...['petersburgblock', 'istanbulblock', 'berlinblock', 'londonblock', 'shanghaitime'],
];
/** May be missing itself, but nothing before it. */
const gethLater = ['cancuntime', 'praguetime', 'osakatime', 'amsterdamtime', 'bogotatime'];

/**
 * Which client's rules a configuration follows, by what only that client reads.
 * @param config `config` with lower-case keys
 * @param asked what the user says
 */
export function guessFamily(config: GenesisConfig, asked: GenesisFamily | null): FamilyGuess {
  const keys = Object.keys(config).filter((key) => isSet(config[key]));
  for (const [pattern, name] of strangers) {
    const key = keys.find((one) => pattern.test(one));
    if (key !== undefined) return refuse(key, `this is the mark of ${name}`);
  }
  if (isRecord(config.istanbul) && 'lookbackwindow' in lowerOwn(config.istanbul)) {
    return refuse('istanbul', 'its lookbackwindow is the mark of Celo');
  }
  if (asked !== null) return { at: 'known', family: asked };
  const marked = markedFamily(config, keys);
  if (marked !== null) return { at: 'known', family: marked };
  const gap = forkGap(config);
  if (gap !== null) return { at: 'unsure', families: ['geth', 'besu'], ...gap };
  return { at: 'known', family: 'geth' };
}

function markedFamily(config: GenesisConfig, keys: readonly string[]): GenesisFamily | null {
  if (config.isquorum === true) return 'goquorum';
  if (isRecord(config.parlia)) return 'bsc';
  if (isRecord(config.optimism)) return 'op';
  if (isRecord(config.bor)) return 'bor';
  if (isRecord(config.consortium)) return 'ronin';
  const only = (family: GenesisFamily) => keys.some((key) => isOnlyOf(key, family));
  for (const family of ['coregeth', 'bsc', 'op', 'bor', 'ronin'] as const) if (only(family)) return family;
  const besuClique = isRecord(config.clique) && 'blockperiodseconds' in lowerOwn(config.clique);
  const besuEthash = isRecord(config.ethash) && 'fixeddifficulty' in lowerOwn(config.ethash);
  const besuTransitions = isRecord(config.transitions);
  if (besuClique || besuEthash || besuTransitions || only('besu') || keys.some((key) => besuKeys.has(key)))
    return 'besu';
  return null;
}

/** Whether a fork's key is counted by one family and no other. */
function isOnlyOf(key: string, family: GenesisFamily): boolean {
  return genesisFamilies.every((other) => key in forkTables[other].counted === (other === family));
}

/** The first fork that geth misses before one that is set. */
function forkGap(config: GenesisConfig): { missing: string; set: string } | null {
  const missing = gethOrder.find((key) => !isSet(config[key]));
  if (missing === undefined) return null;
  const after = [...gethOrder.slice(gethOrder.indexOf(missing) + 1), ...gethLater];
  const set = after.find((key) => isSet(config[key]));
  return set === undefined ? null : { missing, set };
}

function refuse(key: string, why: string): FamilyGuess {
  const problem = `${why}, whose rules Forkscope does not know: write a network file with its genesisHash and forks instead`;
  return { at: 'refused', key, problem };
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== false;
}
