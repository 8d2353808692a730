import { WireError } from './errors.ts';
import { keccak256 } from './keccak.ts';
import { asBigUint, asBytes, asList } from './reader.ts';
import { decodeRlp, type RlpItem } from './rlp.ts';

/** A block header. Fields of later forks are null where the header ends before them. */
export interface BlockHeader {
  readonly parentHash: Uint8Array;
  readonly ommersHash: Uint8Array;
  readonly miner: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly transactionsRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  readonly difficulty: bigint;
  readonly number: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  /** Seconds since the epoch; GoQuorum's Raft counts nanoseconds. */
  readonly timestamp: bigint;
  readonly extraData: Uint8Array;
  /** null if the seal does not have ethash's shape (AuRa: a step and a signature). */
  readonly mixHash: Uint8Array | null;
  readonly nonce: Uint8Array | null;
  readonly baseFeePerGas: bigint | null;
  readonly withdrawalsRoot: Uint8Array | null;
  readonly blobGasUsed: bigint | null;
  readonly excessBlobGas: bigint | null;
  readonly parentBeaconBlockRoot: Uint8Array | null;
  readonly requestsHash: Uint8Array | null;
}

/** A plain header is about 600 bytes; IBFT and QBFT carry every validator and seal in extraData. */
export const maxHeaderBytes = 32_768;
/** 21 fields today; chains of their own append more. */
const maxHeaderFields = 64;

/**
 * Decodes a header from its RLP. Unknown additional fields are accepted and ignored, so that the next fork does not
 * break us. Spec: Yellow Paper 4.3.3, EIP-1559, EIP-4895, EIP-4844, EIP-4788, EIP-7685.
 * @throws WireError messageSize and those of RLP
 */
export function decodeHeader(raw: Uint8Array): BlockHeader {
  if (raw.length > maxHeaderBytes) throw new WireError({ code: 'messageSize', limit: maxHeaderBytes, got: raw.length });
  const fields = asList(decodeRlp(raw), { min: 15, max: maxHeaderFields, extra: 'reject' });
  asBytes(fields[6], { length: 256 });
  return {
    parentHash: asHash(fields[0]),
    ommersHash: asHash(fields[1]),
    miner: asBytes(fields[2], { length: 20 }),
    stateRoot: asHash(fields[3]),
    transactionsRoot: asHash(fields[4]),
    receiptsRoot: asHash(fields[5]),
    difficulty: asBigUint(fields[7], { maxBytes: 32 }),
    number: asU64(fields[8]),
    gasLimit: asU64(fields[9]),
    gasUsed: asU64(fields[10]),
    timestamp: asU64(fields[11]),
    extraData: asBytes(fields[12]),
    mixHash: ofLength(fields[13], 32),
    nonce: ofLength(fields[14], 8),
    baseFeePerGas: optional(fields[15], (item) => asBigUint(item, { maxBytes: 32 })),
    withdrawalsRoot: optional(fields[16], asHash),
    blobGasUsed: optional(fields[17], asU64),
    excessBlobGas: optional(fields[18], asU64),
    parentBeaconBlockRoot: optional(fields[19], asHash),
    requestsHash: optional(fields[20], asHash),
  };
}

/** Hash of a header as received: keccak256 of its RLP. IBFT and QBFT have their own hash rules. */
export function headerHash(raw: Uint8Array): Uint8Array {
  return keccak256(raw);
}

function asHash(item: RlpItem | undefined): Uint8Array {
  return asBytes(item, { length: 32 });
}

function asU64(item: RlpItem | undefined): bigint {
  return asBigUint(item, { maxBytes: 8 });
}

function ofLength(item: RlpItem | undefined, length: number): Uint8Array | null {
  const bytes = asBytes(item);
  return bytes.length === length ? bytes : null;
}

function optional<T>(item: RlpItem | undefined, read: (item: RlpItem) => T): T | null {
  return item === undefined ? null : read(item);
}
