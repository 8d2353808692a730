import { WireError } from '../../p2p/wire/errors.ts';
import { decodeRlp, type RlpItem } from '../../p2p/wire/rlp.ts';
import { isRecord, parseQuantity } from './parseNode.ts';

/** What a header of IBFT 2.0 or QBFT says about its rounds. */
export interface SealRound {
  readonly number: number;
  /** 0: the first proposal was accepted. Each further round is a round change. */
  readonly round: number;
}

/** A set of 512 validators takes 46 kB. */
const maxExtraDataBytes = 64 * 1024;
const partsOfExtraData = 5;
const maxRoundBytes = 4;

/**
 * The round in which a block was agreed on: extraData is RLP of [vanity, validators, vote, round, seals]; Besu's
 * IBFT 2.0 and QBFT write it so, and GoQuorum's QBFT. Null for anything else: GoQuorum's IBFT does not record it.
 */
export function decodeSealRound(extraData: unknown): number | null {
  if (typeof extraData !== 'string' || extraData.length > 2 + 2 * maxExtraDataBytes) return null;
  if (!/^0x(?:[0-9a-f]{2})+$/i.test(extraData)) return null;
  const parts = decodeParts(Uint8Array.from(Buffer.from(extraData.slice(2), 'hex')));
  const round = parts?.[3];
  if (parts?.length !== partsOfExtraData || !(round instanceof Uint8Array) || round.length > maxRoundBytes) return null;
  return round.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** Reads a header as `eth_getBlockByNumber` gives it. */
export function readSealRound(header: unknown): SealRound | null {
  if (!isRecord(header)) return null;
  const number = parseQuantity(header.number);
  const round = decodeSealRound(header.extraData);
  return number === null || round === null ? null : { number, round };
}

/** When a block was made, and whether it holds anything; as `eth_getBlockByNumber` gives it without transactions in full. */
export function readBlockTime(header: unknown): { number: number; at: number; empty: boolean } | null {
  if (!isRecord(header)) return null;
  const number = parseQuantity(header.number);
  const seconds = parseQuantity(header.timestamp);
  if (number === null || seconds === null || !Array.isArray(header.transactions)) return null;
  return { number, at: seconds * 1_000, empty: header.transactions.length === 0 };
}

function decodeParts(bytes: Uint8Array): readonly RlpItem[] | null {
  try {
    const item = decodeRlp(bytes, { maxDepth: 3, maxItems: 2_048 });
    return item instanceof Uint8Array ? null : item;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
