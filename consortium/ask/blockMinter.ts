import { WireError } from '../../p2p/wire/errors.ts';
import { decodeRlp, type RlpItem } from '../../p2p/wire/rlp.ts';
import { BlockMinterError, RecordingError } from './errors.ts';
import { readJsonEntries } from './jsonEntries.ts';
import { isRecord, parseQuantity } from './parseNode.ts';

/** Who minted a block and when. `timestampNs`: Raft headers count nanoseconds since the epoch. */
export interface BlockMinter {
  readonly number: number;
  readonly hash: string | null;
  /** Null for the genesis, which nobody minted. */
  readonly raftId: number | null;
  readonly timestampNs: bigint;
}

const vanityBytes = 32;
const signatureBytes = 65;
/** A seal has at most 71 bytes; headers of other consensus kinds have far more. */
const maxExtraDataBytes = 1024;

/**
 * The Raft ID in a header's extraData: 32 bytes, all zero, then RLP of [Raft ID as hexadecimal text, 65-byte
 * signature]. Null when the seal is missing, as in the genesis. Throws `BlockMinterError` for anything else.
 */
export function decodeMinter(extraData: string): number | null {
  const bytes = parseHex(extraData);
  if (bytes.length < vanityBytes) {
    throw new BlockMinterError({ code: 'extraDataVanity', needBytes: vanityBytes, gotBytes: bytes.length });
  }
  if (bytes.length === vanityBytes) return null;
  return parseRaftId(readSeal(bytes.subarray(vanityBytes)));
}

/** Reads a header as `eth_getBlockByNumber` gives it. Throws `BlockMinterError`. */
export function readBlockMinter(header: unknown): BlockMinter {
  if (!isRecord(header)) throw new BlockMinterError({ code: 'headerField', field: '$' });
  const number = parseQuantity(header.number);
  if (number === null) throw new BlockMinterError({ code: 'headerField', field: 'number' });
  const { timestamp, extraData, hash } = header;
  if (typeof timestamp !== 'string' || !/^0x[0-9a-fA-F]{1,16}$/.test(timestamp)) {
    throw new BlockMinterError({ code: 'headerField', field: 'timestamp' });
  }
  if (typeof extraData !== 'string') throw new BlockMinterError({ code: 'headerField', field: 'extraData' });
  return {
    number,
    hash: typeof hash === 'string' && /^0x[0-9a-fA-F]{64}$/.test(hash) ? hash.toLowerCase() : null,
    raftId: decodeMinter(extraData),
    timestampNs: BigInt(timestamp),
  };
}

/** Reads blocks from JSON Lines or a JSON array: headers, bare or as JSON-RPC answers. */
export function parseBlocks(text: string): readonly BlockMinter[] {
  const blocks: BlockMinter[] = [];
  for (const { place, value } of readJsonEntries(text)) {
    try {
      blocks.push(readBlockMinter(isRecord(value) && isRecord(value.result) ? value.result : value));
    } catch (error) {
      if (!(error instanceof BlockMinterError)) throw error;
      throw new BlockMinterError(error.detail, `${place}: ${error.message}`, { cause: error });
    }
  }
  if (blocks.length === 0) throw new RecordingError({ code: 'recordingEmpty' });
  return blocks;
}

/** The text of the list [text, signature], strictly. */
function readSeal(rlp: Uint8Array): Uint8Array {
  const fail = (reason: string, cause?: unknown): BlockMinterError =>
    new BlockMinterError({ code: 'extraDataSeal', reason }, undefined, { cause });
  let item: RlpItem;
  try {
    item = decodeRlp(rlp, { maxDepth: 1, maxItems: 3 });
  } catch (cause) {
    if (cause instanceof WireError) throw fail(cause.code, cause);
    throw cause;
  }
  if (item instanceof Uint8Array || item.length !== 2) throw fail('not a list of two');
  const [text, signature] = item;
  if (!(text instanceof Uint8Array) || text.length < 1 || text.length > 4)
    throw fail('Raft ID is not 1 to 4 characters');
  if (!(signature instanceof Uint8Array) || signature.length !== signatureBytes)
    throw fail('signature is not 65 bytes');
  return text;
}

function parseRaftId(text: Uint8Array): number {
  const hex = String.fromCharCode(...text);
  if (!/^[1-9a-f][0-9a-f]{0,3}$/.test(hex)) {
    throw new BlockMinterError({ code: 'raftIdText', reason: 'not a hexadecimal number without leading zeros' });
  }
  return Number.parseInt(hex, 16);
}

function parseHex(text: string): Uint8Array {
  if (text.length > 2 + 2 * maxExtraDataBytes || !/^0x(?:[0-9a-fA-F]{2})*$/.test(text)) {
    throw new BlockMinterError({ code: 'extraDataHex' });
  }
  return Uint8Array.from({ length: (text.length - 2) / 2 }, (_, index) =>
    Number.parseInt(text.slice(2 + 2 * index, 4 + 2 * index), 16),
  );
}
