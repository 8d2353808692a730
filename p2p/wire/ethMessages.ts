import { WireError } from './errors.ts';
import type { EthVersion } from './ethStatus.ts';
import { asBigUint, asBytes, asList, asUint } from './reader.ts';
import { decodeRlp, encodeRlp, type RlpInput, type RlpItem } from './rlp.ts';

/** Message codes of eth, relative to where it starts. Spec: caps/eth.md, "Protocol Messages". */
export const ethCodes = {
  status: 0x00,
  newBlockHashes: 0x01,
  transactions: 0x02,
  getBlockHeaders: 0x03,
  blockHeaders: 0x04,
  getBlockBodies: 0x05,
  blockBodies: 0x06,
  newBlock: 0x07,
  newPooledTransactionHashes: 0x08,
  getPooledTransactions: 0x09,
  pooledTransactions: 0x0a,
  /** Of BSC, up to eth/68. */
  upgradeStatus: 0x0b,
  getNodeData: 0x0d,
  nodeData: 0x0e,
  getReceipts: 0x0f,
  receipts: 0x10,
  blockRangeUpdate: 0x11,
  getBlockAccessLists: 0x12,
  blockAccessLists: 0x13,
  getCells: 0x14,
  cells: 0x15,
} as const;

/** Requests and answers begin with a request id from this version on (EIP-2481). */
const requestIdVersion = 66;

/** BSC's UpgradeStatus (0x0b): its extension, which says whether transactions are unwelcome. Ours says that they are not. */
export function encodeUpgradeStatus(): Uint8Array {
  return encodeRlp([[0]]);
}

/** GetBlockHeaders (0x03). */
export interface GetBlockHeaders {
  /** First block: its number, or its hash of 32 bytes. */
  readonly start: bigint | Uint8Array;
  readonly amount: number;
  readonly skip: number;
  readonly reverse: boolean;
}

/** The payload of GetBlockHeaders; `requestId` is left out before eth/66. */
export function encodeGetBlockHeaders(request: GetBlockHeaders, requestId: bigint, version: EthVersion): Uint8Array {
  const body = [request.start, request.amount, request.skip, request.reverse ? 1 : 0];
  return encodeRlp(version >= requestIdVersion ? [requestId, body] : body);
}

/**
 * Decodes GetBlockHeaders. `requestId` is null before eth/66.
 * @throws WireError messageField and those of RLP
 */
export function decodeGetBlockHeaders(
  payload: Uint8Array,
  version: EthVersion,
): GetBlockHeaders & { readonly requestId: bigint | null } {
  const { requestId, body } = readPair(payload, version);
  const [startItem, amount, skip, reverse] = asList(body, { min: 4, extra: 'ignore' });
  const start = asBytes(startItem, { max: 32 });
  if (start.length > 8 && start.length < 32) throw new WireError({ code: 'messageField', field: 'startblock' });
  return {
    requestId,
    start: start.length === 32 ? start : asBigUint(startItem, { maxBytes: 8 }),
    // Nobody serves that many, so the largest value that a number holds will do.
    amount: clampToSafe(asBigUint(amount, { maxBytes: 8 })),
    skip: clampToSafe(asBigUint(skip, { maxBytes: 8 })),
    reverse: asUint(reverse, { maxBytes: 1 }) !== 0,
  };
}

/** BlockHeaders (0x04). Each header is its RLP as it came. `requestId` is null before eth/66. */
export interface BlockHeaders {
  readonly requestId: bigint | null;
  readonly headers: readonly Uint8Array[];
}

/** geth serves at most 1024 headers; we ask for 2. */
const maxHeadersInMessage = 1024;

/** @throws WireError those of RLP */
export function decodeBlockHeaders(payload: Uint8Array, version: EthVersion): BlockHeaders {
  const { requestId, body } = readPair(payload, version);
  const headers = asList(body, { min: 0, max: maxHeadersInMessage, extra: 'reject' });
  // The reader accepts only canonical RLP, so encoding again gives the received bytes.
  return { requestId, headers: headers.map((header) => encodeRlp(asList(header, { min: 1, extra: 'ignore' }))) };
}

/** The payload of BlockHeaders from headers in RLP. */
export function encodeBlockHeaders(
  headers: readonly Uint8Array[],
  requestId: bigint | null,
  version: EthVersion,
): Uint8Array {
  const items = headers.map((header) => decodeRlp(header));
  return encodeRlp(version >= requestIdVersion ? [requestId ?? 0n, items] : items);
}

/** BlockRangeUpdate (0x11), from eth/69. */
export interface BlockRange {
  readonly earliest: bigint;
  readonly latest: bigint;
  readonly latestHash: Uint8Array;
}

/** @throws WireError those of RLP */
export function decodeBlockRangeUpdate(payload: Uint8Array): BlockRange {
  const [earliest, latest, latestHash] = asList(decodeRlp(payload), { min: 3, extra: 'ignore' });
  return {
    earliest: asBigUint(earliest, { maxBytes: 8 }),
    latest: asBigUint(latest, { maxBytes: 8 }),
    latestHash: asBytes(latestHash, { length: 32 }),
  };
}

/** The payload of BlockRangeUpdate. */
export function encodeBlockRangeUpdate(range: BlockRange): Uint8Array {
  return encodeRlp([range.earliest, range.latest, range.latestHash]);
}

/**
 * The honest answer of a node that has nothing: code and payload for a request, null if `code` is not a request. Reads
 * only the request's id.
 * @throws WireError those of RLP
 */
export function emptyAnswer(
  code: number,
  payload: Uint8Array,
  version: EthVersion,
): { readonly code: number; readonly payload: Uint8Array } | null {
  const answer = emptyAnswers.get(code);
  if (answer === undefined || version < answer.from) return null;
  if (version < requestIdVersion) return { code: answer.code, payload: encodeRlp([]) };
  const [id] = asList(decodeRlp(payload), { min: 1, extra: 'ignore' });
  return { code: answer.code, payload: encodeRlp([asBigUint(id, { maxBytes: 8 }), ...answer.rest(version)]) };
}

interface EmptyAnswer {
  readonly code: number;
  readonly from: number;
  /** What follows the request id. */
  readonly rest: (version: EthVersion) => readonly RlpInput[];
}

const emptyList = () => [[]];

const emptyAnswers: ReadonlyMap<number, EmptyAnswer> = new Map<number, EmptyAnswer>([
  [ethCodes.getBlockHeaders, { code: ethCodes.blockHeaders, from: 62, rest: emptyList }],
  [ethCodes.getBlockBodies, { code: ethCodes.blockBodies, from: 62, rest: emptyList }],
  [ethCodes.getPooledTransactions, { code: ethCodes.pooledTransactions, from: 65, rest: emptyList }],
  [ethCodes.getNodeData, { code: ethCodes.nodeData, from: 63, rest: emptyList }],
  // eth/70 puts lastBlockIncomplete before the list (EIP-7975).
  [ethCodes.getReceipts, { code: ethCodes.receipts, from: 63, rest: (version) => (version >= 70 ? [0, []] : [[]]) }],
  [ethCodes.getBlockAccessLists, { code: ethCodes.blockAccessLists, from: 71, rest: emptyList }],
  [ethCodes.getCells, { code: ethCodes.cells, from: 72, rest: () => [[], [], new Uint8Array(16)] }],
]);

function readPair(payload: Uint8Array, version: EthVersion): { requestId: bigint | null; body: RlpItem } {
  const item = decodeRlp(payload);
  if (version < requestIdVersion) return { requestId: null, body: item };
  const [id, body] = asList(item, { min: 2, extra: 'ignore' });
  return { requestId: asBigUint(id, { maxBytes: 8 }), body: asList(body, { min: 0, extra: 'ignore' }) };
}

function clampToSafe(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}
