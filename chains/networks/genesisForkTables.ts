/** Clients with rules of their own for the genesis header, the forks that count, or both; also values of `--client`. */
export const genesisFamilies = ['geth', 'goquorum', 'besu', 'coregeth', 'bsc', 'op', 'bor', 'ronin'] as const;
export type GenesisFamily = (typeof genesisFamilies)[number];

interface ForkTable {
  /** Key of `config` in lower case → name, as far as the fork counts for the fork ID. */
  readonly counted: Readonly<Record<string, string>>;
  /** Keys in lower case that look like forks and do not count, which is no news to anybody. */
  readonly known: ReadonlySet<string>;
}

const frontierToBerlin = {
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

const londonToMerge = {
  londonblock: 'London',
  arrowglacierblock: 'Arrow Glacier',
  grayglacierblock: 'Gray Glacier',
  mergenetsplitblock: 'Merge Netsplit',
};

const gethTimes = {
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
};

/** GoQuorum (geth 1.9.7 and 1.10.3 underneath) counts these as well. */
const quorumBlocks = {
  yolov3block: 'YOLO v3',
  ewasmblock: 'Ewasm',
  catalystblock: 'Catalyst',
  maxcodesizechangeblock: 'Max Code Size Change',
  privacyenhancementsblock: 'Privacy Enhancements',
  privacyprecompileblock: 'Privacy Precompile',
  enablegaspriceblock: 'Enable Gas Price',
};

const bscBlocks = {
  ramanujanblock: 'Ramanujan',
  nielsblock: 'Niels',
  mirrorsyncblock: 'Mirror Sync',
  brunoblock: 'Bruno',
  eulerblock: 'Euler',
  gibbsblock: 'Gibbs',
  nanoblock: 'Nano',
  moranblock: 'Moran',
  planckblock: 'Planck',
  lubanblock: 'Luban',
  platoblock: 'Plato',
  hertzblock: 'Hertz',
  hertzfixblock: 'Hertz Fix',
};

const bscTimes = {
  keplertime: 'Kepler',
  feynmantime: 'Feynman',
  feynmanfixtime: 'Feynman Fix',
  habertime: 'Haber',
  haberfixtime: 'Haber Fix',
  bohrtime: 'Bohr',
  pascaltime: 'Pascal',
  lorentztime: 'Lorentz',
  maxwelltime: 'Maxwell',
  fermitime: 'Fermi',
  mendeltime: 'Mendel',
  pasteurtime: 'Pasteur',
};

const opForks = {
  bedrockblock: 'Bedrock',
  regolithtime: 'Regolith',
  canyontime: 'Canyon',
  ecotonetime: 'Ecotone',
  fjordtime: 'Fjord',
  granitetime: 'Granite',
  holocenetime: 'Holocene',
  isthmustime: 'Isthmus',
  joviantime: 'Jovian',
  karsttime: 'Karst',
  interoptime: 'Interop',
};

/** Bor went back to block numbers; its own forks stand in `config.bor` and do not count. */
const borBlocks = {
  shanghaiblock: 'Shanghai',
  cancunblock: 'Cancun',
  pragueblock: 'Prague',
  verkleblock: 'Verkle',
  osakablock: 'Osaka',
};

const roninBlocks = {
  odysseusblock: 'Odysseus',
  fenixblock: 'Fenix',
  consortiumv2block: 'Consortium v2',
  puffyblock: 'Puffy',
  bubablock: 'Buba',
  olekblock: 'Olek',
  shillinblock: 'Shillin',
  antennablock: 'Antenna',
  mikoblock: 'Miko',
  trippblock: 'Tripp',
  aaronblock: 'Aaron',
  shanghaiblock: 'Shanghai',
  cancunblock: 'Cancun',
  venokiblock: 'Venoki',
};

/** Earlier Besu knew Ethereum Classic. */
const besuClassic = {
  classicforkblock: 'Classic Fork',
  ecip1015block: 'ECIP-1015',
  diehardblock: 'Die Hard',
  gothamblock: 'Gotham',
  ecip1041block: 'Defuse Difficulty Bomb',
  atlantisblock: 'Atlantis',
  aghartablock: 'Agharta',
  phoenixblock: 'Phoenix',
  thanosblock: 'Thanos',
  magnetoblock: 'Magneto',
  mystiqueblock: 'Mystique',
  spiralblock: 'Spiral',
};

const { eip155block: _, ...besuFrontier } = frontierToBerlin;

/** core-geth has a key for each proposal; those of one moment are named after the fork that most know. */
const coreGethForks = {
  ...{ eip2fblock: 'Homestead', eip7fblock: 'Homestead', daoforkblock: 'DAO Fork', eip150block: 'EIP-150' },
  ...{ eip155block: 'EIP-155', eip160block: 'EIP-160', eip161fblock: 'EIP-161', eip170fblock: 'EIP-170' },
  ...{ eip100fblock: 'EIP-100', eip140fblock: 'EIP-140', eip198fblock: 'EIP-198', eip211fblock: 'EIP-211' },
  ...{ eip212fblock: 'EIP-212', eip213fblock: 'EIP-213', eip214fblock: 'EIP-214', eip658fblock: 'EIP-658' },
  ...{ eip145fblock: 'EIP-145', eip1014fblock: 'EIP-1014', eip1052fblock: 'EIP-1052', eip1283fblock: 'EIP-1283' },
  ...{ petersburgblock: 'Petersburg', eip152fblock: 'EIP-152', eip1108fblock: 'EIP-1108' },
  ...{ eip1344fblock: 'EIP-1344', eip1884fblock: 'EIP-1884', eip2028fblock: 'EIP-2028' },
  ...{ eip2200fblock: 'EIP-2200', eip2200disablefblock: 'EIP-2200 off', eip1706fblock: 'EIP-1706' },
  ...{ eip2537fblock: 'EIP-2537', eip2315fblock: 'EIP-2315', eip2565fblock: 'EIP-2565' },
  ...{ eip2718fblock: 'EIP-2718', eip2929fblock: 'EIP-2929', eip2930fblock: 'EIP-2930' },
  ...{ eip3198fblock: 'EIP-3198', eip4399fblock: 'EIP-4399', eip1559fblock: 'EIP-1559' },
  ...{ eip3541fblock: 'EIP-3541', eip3529fblock: 'EIP-3529', ecip1080fblock: 'ECIP-1080' },
  ...{ eip3651fblock: 'EIP-3651', eip3855fblock: 'EIP-3855', eip3860fblock: 'EIP-3860' },
  ...{ eip4895fblock: 'EIP-4895', eip6049fblock: 'EIP-6049', eip4844fblock: 'EIP-4844' },
  ...{ eip7516fblock: 'EIP-7516', eip1153fblock: 'EIP-1153', eip5656fblock: 'EIP-5656' },
  ...{ eip6780fblock: 'EIP-6780', eip4788fblock: 'EIP-4788', verklefblock: 'Verkle' },
  ...{ mergenetsplitvblock: 'Merge Netsplit' },
  ...{ eip3651ftime: 'EIP-3651', eip3855ftime: 'EIP-3855', eip3860ftime: 'EIP-3860' },
  ...{ eip4895ftime: 'EIP-4895', eip6049ftime: 'EIP-6049', eip4844ftime: 'EIP-4844' },
  ...{ eip7516ftime: 'EIP-7516', eip1153ftime: 'EIP-1153', eip5656ftime: 'EIP-5656' },
  ...{ eip6780ftime: 'EIP-6780', eip4788ftime: 'EIP-4788', verkleftime: 'Verkle' },
};

/** These count in core-geth only where the chain is mined by Ethash. */
export const coreGethEthashForks: Readonly<Record<string, string>> = {
  ecip1010pauseblock: 'ECIP-1010',
  ecip1017fblock: 'ECIP-1017',
  disposalblock: 'ECIP-1041',
  ecip1099fblock: 'ECIP-1099',
};

/** core-geth takes these from `difficultyBombDelays`, whatever the key itself says, and counts no best practices. */
const coreGethInert = [
  ...['eip2384fblock', 'eip3554fblock', 'eip4345fblock', 'eip5133fblock'],
  ...['ecbp1100fblock', 'ecbp1100deactivatefblockfblock', 'ecbp1100deactivatefblock'],
];

/** What no present client of the line of geth counts although the key ends like a fork. */
const inert = ['yolov1block', 'yolov2block', ...Object.keys(quorumBlocks), 'verkletime', 'qip714block', 'deltatime'];

function table(counted: Readonly<Record<string, string>>, ...known: readonly string[]): ForkTable {
  return { counted, known: new Set(known) };
}

/**
 * The forks that each family counts for the fork ID. go-ethereum and those made from it count every `…Block` and
 * `…Time` of their ChainConfig (`gatherForks`), Besu a list of its own, core-geth its transitions.
 */
export const forkTables: Readonly<Record<GenesisFamily, ForkTable>> = {
  geth: table({ ...frontierToBerlin, ...londonToMerge, ...gethTimes, bogotatime: 'Bogotá', ubttime: 'UBT' }, ...inert),
  goquorum: table(
    { ...frontierToBerlin, ...quorumBlocks },
    ...Object.keys({ ...londonToMerge, ...gethTimes }),
    ...inert,
  ),
  besu: table(
    {
      ...besuFrontier,
      constantinoplefixblock: 'Petersburg',
      ...londonToMerge,
      ...gethTimes,
      bogotatime: 'Bogotá',
      futureeipstime: 'Future EIPs',
      experimentaleipstime: 'Experimental EIPs',
      ...besuClassic,
    },
    'eip155block',
    'terminalblock',
    ...inert,
  ),
  coregeth: table({ ...coreGethForks, ...coreGethEthashForks }, ...coreGethInert),
  bsc: table({
    ...frontierToBerlin,
    ...{ yolov3block: 'YOLO v3', catalystblock: 'Catalyst' },
    ...londonToMerge,
    ...gethTimes,
    verkletime: 'Verkle',
    ...bscBlocks,
    ...bscTimes,
  }),
  op: table(
    { ...frontierToBerlin, ...londonToMerge, ...gethTimes, verkletime: 'Verkle', ...opForks },
    ...inert,
    'pectrablobscheduletime',
  ),
  bor: table({ ...frontierToBerlin, ...londonToMerge, ...borBlocks }, ...inert),
  ronin: table(
    { ...frontierToBerlin, londonblock: 'London', arrowglacierblock: 'Arrow Glacier', ...roninBlocks },
    ...inert,
  ),
};
