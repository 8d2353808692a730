import { hexToBytes } from '../../p2p/wire/bytes.ts';

/** How many blobs a block may have, from an epoch on. */
export interface BlobLimit {
  readonly epoch: number;
  readonly maxBlobs: number;
}

/** A beacon chain: what its digests and times are worked out from. */
export interface ConsensusNetwork {
  /** The same as of its execution side. */
  readonly slug: string;
  readonly name: string;
  readonly validatorsRoot: Uint8Array;
  /** Seconds since the Unix epoch. */
  readonly genesisTime: number;
  readonly secondsPerEpoch: number;
  readonly forks: readonly { readonly name: string; readonly epoch: number; readonly version: Uint8Array }[];
  /** Changes of the number of blobs alone (EIP-7892). */
  readonly blobSchedule: readonly BlobLimit[];
  /** Blobs of a block from Electra on. */
  readonly electraBlobs: number;
}

const forkNames = ['Phase 0', 'Altair', 'Bellatrix', 'Capella', 'Deneb', 'Electra', 'Fulu', 'Gloas'] as const;

/** `versions`: of the forks in order, as hex; `epochs` likewise, as far as they are set. */
function forksOf(versions: readonly string[], epochs: readonly number[]): ConsensusNetwork['forks'] {
  return epochs.map((epoch, i) => ({ name: forkNames[i] ?? '', epoch, version: hexToBytes(versions[i] ?? '') }));
}

const upTo = (last: number, write: (n: number) => string): string[] =>
  Array.from({ length: last + 1 }, (_, n) => write(n));
const secondsPerEpoch = 32 * 12;
const gnosisSecondsPerEpoch = 16 * 5;

/**
 * mainnet: consensus-specs configs/mainnet.yaml; Sepolia and Hoodi: eth-clients/{sepolia,hoodi} metadata; Gnosis and
 * Chiado: gnosischain/configs. Validators' roots are those of the states at genesis.
 */
export const consensusNetworks: readonly ConsensusNetwork[] = [
  {
    slug: 'mainnet',
    name: 'Mainnet',
    validatorsRoot: hexToBytes('4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95'),
    genesisTime: 1_606_824_023,
    secondsPerEpoch,
    forks: forksOf(
      upTo(6, (n) => `0${n}000000`),
      [0, 74_240, 144_896, 194_048, 269_568, 364_032, 411_392],
    ),
    blobSchedule: [
      { epoch: 412_672, maxBlobs: 15 },
      { epoch: 419_072, maxBlobs: 21 },
    ],
    electraBlobs: 9,
  },
  {
    slug: 'sepolia',
    name: 'Sepolia',
    validatorsRoot: hexToBytes('d8ea171f3c94aea21ebc42a1ed61052acf3f9209c00e4efbaaddac09ed9b8078'),
    genesisTime: 1_655_733_600,
    secondsPerEpoch,
    forks: forksOf(
      upTo(7, (n) => `900000${69 + n}`),
      [0, 50, 100, 56_832, 132_608, 222_464, 272_640, 353_024],
    ),
    blobSchedule: [
      { epoch: 274_176, maxBlobs: 15 },
      { epoch: 275_712, maxBlobs: 21 },
    ],
    electraBlobs: 9,
  },
  {
    slug: 'hoodi',
    name: 'Hoodi',
    validatorsRoot: hexToBytes('212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f'),
    genesisTime: 1_742_213_400,
    secondsPerEpoch,
    forks: forksOf(
      upTo(7, (n) => `${n + 1}0000910`),
      [0, 0, 0, 0, 0, 2_048, 50_688, 132_352],
    ),
    blobSchedule: [
      { epoch: 52_480, maxBlobs: 15 },
      { epoch: 54_016, maxBlobs: 21 },
    ],
    electraBlobs: 9,
  },
  {
    slug: 'gnosis',
    name: 'Gnosis',
    validatorsRoot: hexToBytes('f5dcb5564e829aab27264b9becd5dfaa017085611224cb3036f573368dbb9d47'),
    genesisTime: 1_638_993_340,
    secondsPerEpoch: gnosisSecondsPerEpoch,
    forks: forksOf(
      upTo(6, (n) => `0${n}000064`),
      [0, 512, 385_536, 648_704, 889_856, 1_337_856, 1_714_688],
    ),
    blobSchedule: [],
    electraBlobs: 2,
  },
  {
    slug: 'chiado',
    name: 'Chiado',
    validatorsRoot: hexToBytes('9d642dac73058fbf39c0ae41ab1e34e4d889043cb199851ded7095bc99eb4c1e'),
    genesisTime: 1_665_396_300,
    secondsPerEpoch: gnosisSecondsPerEpoch,
    forks: forksOf(
      upTo(6, (n) => `0${n}00006f`),
      [0, 90, 180, 244_224, 516_608, 948_224, 1_353_216],
    ),
    blobSchedule: [],
    electraBlobs: 2,
  },
];
