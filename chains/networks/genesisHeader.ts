import { hexToBytes } from '../../p2p/wire/bytes.ts';
import type { RlpInput } from '../../p2p/wire/rlp.ts';
import { type GenesisFile, isRecord, readUint } from './genesisFile.ts';
import type { GenesisFamily } from './genesisForkTables.ts';

/** Root of the empty trie. */
export const emptyRoot = hexToBytes('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
/** keccak256 of the empty list's RLP. */
export const emptyListHash = hexToBytes('1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347');
/** SHA-256 of nothing (EIP-7685). */
const emptyRequestsHash = hexToBytes('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
/** EIP-1559, INITIAL_BASE_FEE. */
const initialBaseFee = 1_000_000_000n;

/** The fields that forks have added to the header, in their order; null = not there. */
interface Extras {
  readonly baseFee: bigint | null;
  readonly withdrawalsRoot: Uint8Array | null;
  /** EIP-4844: both fields. */
  readonly blobs: boolean;
  /** EIP-4788: always zero. */
  readonly beaconRoot: boolean;
  readonly requestsHash: boolean;
  /** EIP-7928 and EIP-7843: hash of the block's access list, and the slot. */
  readonly amsterdam: boolean;
}

/**
 * What follows the nonce in the genesis header, by the rules of each family's client.
 * @param passerRoot storage root of the OP stack's L2ToL1MessagePasser
 */
export function headerExtras(file: GenesisFile, family: GenesisFamily, passerRoot: Uint8Array): RlpInput[] {
  const extras = extrasOf(file, family, passerRoot);
  const fields = [
    extras.baseFee,
    extras.withdrawalsRoot,
    extras.blobs ? (file.blobgasused ?? 0n) : null,
    extras.blobs ? (file.excessblobgas ?? 0n) : null,
    extras.beaconRoot ? new Uint8Array(32) : null,
    extras.requestsHash ? emptyRequestsHash : null,
    extras.amsterdam ? emptyListHash : null,
    extras.amsterdam ? (file.slotnumber ?? 0n) : null,
  ];
  // Besu ends the header at the first field that is missing; in Go a missing one before another is empty.
  const end = family === 'besu' ? fields.indexOf(null) : fields.findLastIndex((field) => field !== null) + 1;
  return fields.slice(0, end === -1 ? fields.length : end).map((field) => field ?? new Uint8Array());
}

/** A fork, as a key in lower case, that is active from the start and whose genesis header or state is not known; null = none. */
export function unknownStart(file: GenesisFile, family: GenesisFamily): string | null {
  const unknown = family === 'geth' || family === 'besu' ? [] : ['amsterdamtime'];
  const keys = [
    ...unknown,
    'bogotatime',
    'ubttime',
    'verkletime',
    'verkleblock',
    'futureeipstime',
    'experimentaleipstime',
  ];
  return keys.find((key) => holds(file, key)) ?? null;
}

function extrasOf(file: GenesisFile, family: GenesisFamily, passerRoot: Uint8Array): Extras {
  const given = file.basefeepergas ?? null;
  const nothing = {
    ...{ baseFee: null, withdrawalsRoot: null, blobs: false, beaconRoot: false, requestsHash: false },
    amsterdam: false,
  };
  const london = holds(file, family === 'coregeth' ? 'eip1559fblock' : 'londonblock');
  const later = (key: string) => london && holds(file, key);
  const baseFee = given ?? (london ? initialBaseFee : null);
  switch (family) {
    case 'goquorum':
      return nothing;
    case 'ronin':
      return { ...nothing, baseFee };
    case 'bor': {
      const cancun = later('cancunblock');
      const withdrawalsRoot = later('shanghaiblock') ? emptyRoot : null;
      return { ...nothing, baseFee, withdrawalsRoot, blobs: cancun, beaconRoot: cancun };
    }
    case 'bsc':
      return bscExtras(file, london, given);
    case 'coregeth': {
      const either = (name: string) => holds(file, `${name}fblock`) || holds(file, `${name}ftime`);
      const withdrawalsRoot = either('eip4895') ? emptyRoot : null;
      return { ...nothing, baseFee, withdrawalsRoot, blobs: either('eip4844'), beaconRoot: either('eip4788') };
    }
    case 'besu':
      return {
        // Only where the file names it: a later milestone implies London's rules, yet not its first base fee.
        baseFee: given ?? (readUint(file.config.londonblock) === 0n ? initialBaseFee : null),
        withdrawalsRoot: besuHolds(file, 'shanghaitime') ? emptyRoot : null,
        blobs: besuHolds(file, 'cancuntime'),
        beaconRoot: besuHolds(file, 'cancuntime'),
        requestsHash: besuHolds(file, 'praguetime'),
        amsterdam: besuHolds(file, 'amsterdamtime'),
      };
    case 'geth':
    case 'op': {
      const cancun = later('cancuntime');
      const isthmus = family === 'op' && isRecord(file.config.optimism) && holds(file, 'isthmustime');
      const withdrawalsRoot = isthmus ? passerRoot : later('shanghaitime') ? emptyRoot : null;
      return {
        ...{ baseFee, withdrawalsRoot, blobs: cancun, beaconRoot: cancun, requestsHash: later('praguetime') },
        amsterdam: later('amsterdamtime'),
      };
    }
  }
}

/** BNB Smart Chain: no base fee to begin with, withdrawals from Cancun on, the beacon root from Bohr on. */
function bscExtras(file: GenesisFile, london: boolean, given: bigint | null): Extras {
  const parlia = isRecord(file.config.parlia);
  const later = (key: string) => london && holds(file, key);
  const cancun = later('cancuntime');
  return {
    baseFee: given ?? (london ? (parlia ? 0n : initialBaseFee) : null),
    withdrawalsRoot: (parlia ? cancun : later('shanghaitime')) ? emptyRoot : null,
    blobs: cancun,
    beaconRoot: cancun && (!parlia || later('bohrtime')),
    requestsHash: later('praguetime'),
    amsterdam: false,
  };
}

/** Whether a fork is active in the genesis block. */
function holds(file: GenesisFile, key: string): boolean {
  const at = readUint(file.config[key]);
  if (at === null) return false;
  return at <= (key.endsWith('block') ? (file.number ?? 0n) : (file.timestamp ?? 0n));
}

const besuMilestones = [
  ...['shanghaitime', 'cancuntime', 'praguetime', 'osakatime', 'amsterdamtime'],
  ...['futureeipstime', 'experimentaleipstime'],
];

/** Besu: a milestone that the file leaves out is active if the next one that it names is. */
function besuHolds(file: GenesisFile, key: string): boolean {
  const named = besuMilestones.slice(besuMilestones.indexOf(key)).find((one) => readUint(file.config[one]) !== null);
  return named !== undefined && holds(file, named);
}
