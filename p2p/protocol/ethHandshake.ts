import { decodeHeader, maxHeaderBytes } from '../wire/blockHeader.ts';
import { WireError } from '../wire/errors.ts';
import {
  type BlockRange,
  decodeBlockHeaders,
  decodeBlockRangeUpdate,
  emptyAnswer,
  encodeGetBlockHeaders,
  encodeUpgradeStatus,
  ethCodes,
  type GetBlockHeaders,
} from '../wire/ethMessages.ts';
import { decodeStatus, type EthStatus, type EthVersion, encodeStatus, maxStatusBytes } from '../wire/ethStatus.ts';
import type { HeaderWant, HeaderWants, RlpxHeaders } from './rlpxOutcome.ts';

/** Body of a message, opened (uncompressed) to at most `maxBytes`. Throws WireError snappySize or messageSize. */
export type OpenBody = (maxBytes: number) => Uint8Array;

/** A message to send; `code` is relative to where eth begins. */
export interface EthMessage {
  readonly code: number;
  readonly payload: Uint8Array;
}

/** Two headers, the most that we ask for at a time. */
const maxAnswerBytes = 2 * maxHeaderBytes + 64;
/** Only the id of a request is read; this is the size of the largest lists of hashes. */
const maxRequestBytes = 65_536;
const maxRangeBytes = 256;

/** What BSC's nodes offer besides eth. */
export const bscCapability = 'bsc';
/** BNB Smart Chain and its test network, Chapel. */
const bscNetworkIds: ReadonlySet<bigint> = new Set([56n, 97n]);

type Want = { readonly want: HeaderWant; readonly id: bigint };

type State =
  | { readonly at: 'awaitStatus' }
  /** `open` were asked and not yet answered, `queued` not yet asked (before eth/66 one at a time: answers have no id). */
  | { readonly at: 'awaitHeaders'; readonly status: EthStatus; open: readonly Want[]; queued: readonly Want[] }
  | { readonly at: 'done' };

/**
 * The eth part of a session. Waits for the peer's Status, answers with the same data, asks for the wanted headers, and
 * is done once each request is answered. Requests from the peer get empty answers.
 * Spec: caps/eth.md. BSC's nodes want one message more, UpgradeStatus, before any other, and end the session without it.
 */
export class EthHandshake {
  readonly version: EthVersion;
  readonly #wantsOf: HeaderWants;
  readonly #isBsc: boolean;
  #wants: readonly HeaderWant[] = [];
  /** BOUNDED: by wants; nothing else is ever set. */
  readonly #answers = new Map<HeaderWant, readonly Uint8Array[]>();
  #state: State = { at: 'awaitStatus' };
  #peerStatus: EthStatus | null = null;
  #range: BlockRange | null = null;
  #ignored = 0;
  #upgraded = false;

  /** `isBsc`: its Hello offers BSC's own protocol; else its network id tells. */
  constructor(version: EthVersion, wants: HeaderWants, isBsc = false) {
    this.version = version;
    this.#wantsOf = wants;
    this.#isBsc = isBsc;
  }

  get at(): State['at'] {
    return this.#state.at;
  }

  get status(): EthStatus | null {
    return this.#peerStatus;
  }

  get blockRange(): BlockRange | null {
    return this.#range;
  }

  /** How many answers are wanted; 0 before Status. */
  get wanted(): number {
    return this.#wants.length;
  }

  get ignoredMessages(): number {
    return this.#ignored;
  }

  /** The answered wants, in the order of the plan. */
  get headers(): readonly RlpxHeaders[] {
    return this.#wants.flatMap((want) => {
      const headers = this.#answers.get(want);
      return headers === undefined ? [] : [{ want, headers }];
    });
  }

  /**
   * Takes a message of the peer and returns what to send.
   * @throws WireError when Status, a request or a block range is malformed
   */
  receive(code: number, open: OpenBody): readonly EthMessage[] {
    if (this.#state.at === 'awaitStatus') {
      if (code !== ethCodes.status) return this.#ignore();
      return this.#acceptStatus(decodeStatus(open(maxStatusBytes), this.version));
    }
    if (code === ethCodes.blockHeaders) return this.#acceptHeaders(open);
    if (code === ethCodes.blockRangeUpdate && this.version >= 69) {
      this.#range = decodeBlockRangeUpdate(open(maxRangeBytes));
      return [];
    }
    if (code === ethCodes.upgradeStatus) return this.#acceptUpgrade();
    const answer = isRequest(code) ? emptyAnswer(code, open(maxRequestBytes), this.version) : null;
    return answer === null ? this.#ignore() : [answer];
  }

  #acceptStatus(status: EthStatus): readonly EthMessage[] {
    this.#peerStatus = status;
    this.#wants = typeof this.#wantsOf === 'function' ? this.#wantsOf(status) : this.#wantsOf;
    const queued = this.#wants.map((want, i) => ({ want, id: BigInt(i + 1) }));
    this.#state = { at: 'awaitHeaders', status, open: [], queued };
    const isBsc = this.#isBsc || bscNetworkIds.has(status.networkId);
    return [
      { code: ethCodes.status, payload: encodeStatus(status, this.version) },
      ...(isBsc && this.version >= 67 && this.version <= 68 ? this.#upgrade() : []),
      ...this.#ask(),
    ];
  }

  #upgrade(): readonly EthMessage[] {
    this.#upgraded = true;
    return [{ code: ethCodes.upgradeStatus, payload: encodeUpgradeStatus() }];
  }

  /** Who sends it wants one; ours may be on its way already. From eth/69 on the code means nothing. */
  #acceptUpgrade(): readonly EthMessage[] {
    return this.#upgraded || this.version > 68 ? this.#ignore() : this.#upgrade();
  }

  #ask(): readonly EthMessage[] {
    const state = this.#state;
    if (state.at !== 'awaitHeaders') return [];
    const room = this.version >= 66 ? state.queued.length : 1 - state.open.length;
    const asked = state.queued.slice(0, room);
    state.open = [...state.open, ...asked];
    state.queued = state.queued.slice(room);
    if (state.open.length === 0) this.#state = { at: 'done' };
    return asked.map(({ want, id }) => ({
      code: ethCodes.getBlockHeaders,
      payload: encodeGetBlockHeaders(requestOf(want, state.status), id, this.version),
    }));
  }

  #acceptHeaders(open: OpenBody): readonly EthMessage[] {
    const state = this.#state;
    if (state.at !== 'awaitHeaders') return this.#ignore();
    const answer = this.#readAnswer(open);
    const asked = state.open.find(
      ({ id }) => answer !== null && (answer.requestId === null || answer.requestId === id),
    );
    if (answer === null || asked === undefined || !isAnswer(asked.want, answer.headers)) return this.#ignore();
    this.#answers.set(asked.want, answer.headers);
    state.open = state.open.filter((want) => want !== asked);
    return this.#ask();
  }

  /** An unreadable header is a wrong answer, but not the end of the session. */
  #readAnswer(open: OpenBody): ReturnType<typeof decodeBlockHeaders> | null {
    try {
      return decodeBlockHeaders(open(maxAnswerBytes), this.version);
    } catch (error) {
      if (error instanceof WireError) return null;
      throw error;
    }
  }

  #ignore(): readonly EthMessage[] {
    this.#ignored += 1;
    return [];
  }
}

function isRequest(code: number): boolean {
  return requestCodes.has(code);
}

const requestCodes: ReadonlySet<number> = new Set([
  ethCodes.getBlockHeaders,
  ethCodes.getBlockBodies,
  ethCodes.getPooledTransactions,
  ethCodes.getNodeData,
  ethCodes.getReceipts,
  ethCodes.getBlockAccessLists,
  ethCodes.getCells,
]);

function requestOf(want: HeaderWant, status: EthStatus): GetBlockHeaders {
  switch (want.by) {
    case 'number':
      return { start: want.number, amount: want.amount, skip: 0, reverse: false };
    case 'hash':
      return { start: want.hash, amount: 1, skip: 0, reverse: false };
    case 'head':
      return { start: status.headHash, amount: 1, skip: 0, reverse: false };
  }
}

/**
 * Whether headers can be the answer to a want. Numbers must be as asked. Hashes cannot be judged here: IBFT and
 * QBFT hash by rules of their own.
 */
function isAnswer(want: HeaderWant, headers: readonly Uint8Array[]): boolean {
  if (headers.length > (want.by === 'number' ? want.amount : 1)) return false;
  return headers.every((raw, i) => {
    const number = numberOf(raw);
    return number !== null && (want.by !== 'number' || number === want.number + BigInt(i));
  });
}

/** Number of a header; null if it is not one. */
export function numberOf(raw: Uint8Array): bigint | null {
  try {
    return decodeHeader(raw).number;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
