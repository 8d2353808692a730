import { bytesToHex, concatBytes, equalBytes } from '../../p2p/wire/bytes.ts';
import { WireError } from '../../p2p/wire/errors.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { decodeRlp, encodeRlp, type RlpItem } from '../../p2p/wire/rlp.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import { isRecord, parseQuantity } from './parseNode.ts';

/** What a header shows of who made its block. Addresses are 20 bytes in lower-case hex without 0x. */
export interface SealedHeader {
  readonly number: number;
  /** 64 lower-case hex digits. */
  readonly hash: string | null;
  /** Its own timestamp, ms since the epoch: whole seconds. */
  readonly at: number;
  readonly transactions: number;
  /** `ibft` is GoQuorum's and Besu's first one, `ibft2` Besu's second; null: none of these, or not to be told. */
  readonly kind: SealKind | null;
  /** Who proposed it (IBFT, QBFT) or signed it (Clique); null if that cannot be read. */
  readonly sealer: string | null;
  /** Round changes that it needed; null where headers do not say: GoQuorum's IBFT, Clique. */
  readonly round: number | null;
  /** The set of sealers, where the header lists it. */
  readonly set: readonly string[] | null;
  /** Its sealer's vote to add or remove a sealer. */
  readonly vote: HeaderVote | null;
}

type SealKind = 'qbft' | 'ibft2' | 'ibft' | 'clique';

interface HeaderVote {
  readonly candidate: string;
  readonly add: boolean;
}

/** A set of 512 validators takes 46 kB. */
const maxExtraDataBytes = 64 * 1024;
const vanityBytes = 32;
const signatureBytes = 65;
const addressBytes = 20;
const maxRoundBytes = 4;
/** Besu's IBFT 2.0 writes a round as a whole 32-bit number, QBFT without leading zeros. */
const ibft2RoundBytes = 4;
const addVote = 0xff;
/** Marks a block of IBFT and QBFT: the end of "Istanbul practical byzantine fault tolerance". */
const istanbulMixHash = new TextEncoder().encode('ctical byzantine fault tolerance');

/**
 * Reads a header as `eth_getBlockByNumber` gives it without transactions in full. Null if it is none. QBFT: EIP draft
 * "QBFT", extraData = RLP [vanity, validators, vote, round, seals]; IBFT: EIP-650; Clique: EIP-225.
 */
export function readSealedHeader(header: unknown, curve: Pick<Curve, 'recover'>): SealedHeader | null {
  if (!isRecord(header)) return null;
  const number = parseQuantity(header.number);
  const seconds = parseQuantity(header.timestamp);
  if (number === null || seconds === null || !Array.isArray(header.transactions)) return null;
  const hash = readBytes(header.hash, 32);
  const base = {
    number,
    hash: hash === null ? null : bytesToHex(hash),
    at: seconds * 1_000,
    transactions: header.transactions.length,
  };
  const nothing = { kind: null, sealer: null, round: null, set: null, vote: null };
  const extraData = readBytes(header.extraData, null, maxExtraDataBytes);
  if (extraData === null) return { ...base, ...nothing };
  const seal =
    readBft(header, extraData) ?? readOldIbft(header, extraData, curve) ?? readClique(header, extraData, curve);
  return { ...base, ...(seal ?? nothing) };
}

type Seal = Pick<SealedHeader, 'kind' | 'sealer' | 'round' | 'set' | 'vote'>;

/** QBFT, and Besu's IBFT 2.0: the proposer is the block's miner. */
function readBft(header: Readonly<Record<string, unknown>>, extraData: Uint8Array): Seal | null {
  const parts = readList(extraData);
  const round = parts?.[3];
  if (parts?.length !== 5 || !(round instanceof Uint8Array) || round.length > maxRoundBytes) return null;
  const miner = readBytes(header.miner, addressBytes);
  const isIbft2 = round.length === ibft2RoundBytes || parts[2] instanceof Uint8Array;
  return {
    kind: isIbft2 ? 'ibft2' : 'qbft',
    sealer: miner === null || isZero(miner) ? null : bytesToHex(miner),
    round: round.reduce((sum, byte) => sum * 256 + byte, 0),
    set: readSet(parts[1]),
    vote: readBftVote(parts[2]),
  };
}

function readBftVote(item: RlpItem | undefined): HeaderVote | null {
  if (item === undefined || item instanceof Uint8Array) return null;
  const [candidate, type] = item;
  if (!(candidate instanceof Uint8Array) || candidate.length !== addressBytes || !(type instanceof Uint8Array))
    return null;
  return { candidate: bytesToHex(candidate), add: type[0] === addVote };
}

/** The first IBFT: vanity, then RLP of [validators, the proposer's seal, committed seals]. */
function readOldIbft(
  header: Readonly<Record<string, unknown>>,
  extraData: Uint8Array,
  curve: Pick<Curve, 'recover'>,
): Seal | null {
  const mixHash = readBytes(header.mixHash, 32);
  if (mixHash === null || !equalBytes(mixHash, istanbulMixHash)) return null;
  const parts = readList(extraData.subarray(vanityBytes));
  const [validators, seal] = parts ?? [];
  if (parts?.length !== 3 || validators === undefined || !(seal instanceof Uint8Array)) return null;
  const signed = concatBytes(extraData.subarray(0, vanityBytes), encodeRlp([validators, new Uint8Array(0), []]));
  const digest = sealDigest(header, signed);
  return {
    kind: 'ibft',
    // Its signatures are over the hash of the hash.
    sealer: digest === null ? null : recoverAddress(keccak256(digest), seal, curve),
    round: null,
    set: readSet(validators),
    vote: readNonceVote(header),
  };
}

/** Clique: vanity, at checkpoints all signers, the signature. */
function readClique(
  header: Readonly<Record<string, unknown>>,
  extraData: Uint8Array,
  curve: Pick<Curve, 'recover'>,
): Seal | null {
  const listed = extraData.length - vanityBytes - signatureBytes;
  const difficulty = parseQuantity(header.difficulty);
  if (listed < 0 || listed % addressBytes !== 0 || (difficulty !== 1 && difficulty !== 2)) return null;
  const digest = sealDigest(header, extraData.subarray(0, -signatureBytes));
  const signers = Array.from({ length: listed / addressBytes }, (_, index) =>
    bytesToHex(extraData.subarray(vanityBytes + index * addressBytes, vanityBytes + (index + 1) * addressBytes)),
  );
  return {
    kind: 'clique',
    sealer: digest === null ? null : recoverAddress(digest, extraData.subarray(-signatureBytes), curve),
    round: null,
    set: signers.length === 0 ? null : signers,
    vote: readNonceVote(header),
  };
}

/** IBFT and Clique name the candidate as the block's miner; the nonce says yes or no. */
function readNonceVote(header: Readonly<Record<string, unknown>>): HeaderVote | null {
  const candidate = readBytes(header.miner, addressBytes);
  if (candidate === null || isZero(candidate)) return null;
  if (header.nonce !== '0xffffffffffffffff' && header.nonce !== '0x0000000000000000') return null;
  return { candidate: bytesToHex(candidate), add: header.nonce === '0xffffffffffffffff' };
}

/** Hash of a header with other extra data; null if a field is missing. */
function sealDigest(header: Readonly<Record<string, unknown>>, extraData: Uint8Array): Uint8Array | null {
  const before = headFields.map((name) => readBytes(header[name], null));
  const numbers = numberFields.map((name) => readNumber(header[name]));
  const [mixHash, nonce] = [readBytes(header.mixHash, 32), readBytes(header.nonce, 8)];
  // London adds a field.
  const baseFee = header.baseFeePerGas === undefined ? [] : [readNumber(header.baseFeePerGas)];
  const fields = [...before, ...numbers, extraData, mixHash, nonce, ...baseFee];
  const whole = fields.flatMap((field) => (field === null ? [] : [field]));
  return whole.length === fields.length ? keccak256(encodeRlp(whole)) : null;
}

const headFields = ['parentHash', 'sha3Uncles', 'miner', 'stateRoot', 'transactionsRoot', 'receiptsRoot', 'logsBloom'];
const numberFields = ['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp'];

function recoverAddress(digest: Uint8Array, seal: Uint8Array, curve: Pick<Curve, 'recover'>): string | null {
  try {
    return bytesToHex(keccak256(curve.recover(digest, seal)).subarray(-addressBytes));
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function readSet(item: RlpItem | undefined): readonly string[] | null {
  if (item === undefined || item instanceof Uint8Array || item.length === 0) return null;
  const addresses = item.flatMap((each) =>
    each instanceof Uint8Array && each.length === addressBytes ? [bytesToHex(each)] : [],
  );
  return addresses.length === item.length ? addresses : null;
}

function readList(bytes: Uint8Array): readonly RlpItem[] | null {
  try {
    const item = decodeRlp(bytes, { maxDepth: 3, maxItems: 2_048 });
    return item instanceof Uint8Array ? null : item;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function readBytes(value: unknown, length: number | null, max = 1_024): Uint8Array | null {
  if (typeof value !== 'string' || value.length > 2 + 2 * max || !/^0x(?:[0-9a-f]{2})*$/i.test(value)) return null;
  const bytes = Uint8Array.from(Buffer.from(value.slice(2), 'hex'));
  return length === null || bytes.length === length ? bytes : null;
}

function readNumber(value: unknown): bigint | null {
  return typeof value === 'string' && /^0x[0-9a-f]{1,64}$/i.test(value) ? BigInt(value) : null;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
