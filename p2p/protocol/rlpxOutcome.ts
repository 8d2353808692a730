import type { WireErrorCode } from '../wire/errors.ts';
import type { EthStatus, EthVersion } from '../wire/ethStatus.ts';
import type { ForkId } from '../wire/forkId.ts';
import type { Capability, Hello } from '../wire/hello.ts';

/** A header wanted from the peer. `amount` 2 at N names block N by the parentHash of header N+1. */
export type HeaderWant =
  | { readonly by: 'number'; readonly number: bigint; readonly amount: 1 | 2 }
  | { readonly by: 'hash'; readonly hash: Uint8Array }
  /** The block that the peer's own Status gives as its head. */
  | { readonly by: 'head' };

/** What to ask a peer for, if need be by what its Status says: that tells which chain it is on. */
export type HeaderWants = readonly HeaderWant[] | ((status: EthStatus) => readonly HeaderWant[]);

/**
 * How far a session got; each stage includes those before it. `none` = no TCP connection; `auth` = the peer proved
 * its key: its first frame had a valid MAC, which needs the secrets of the handshake.
 */
export const rlpxStages = ['none', 'tcp', 'auth', 'hello', 'status', 'headers'] as const;
export type RlpxStage = (typeof rlpxStages)[number];

/** Why a session went no further; `ok` = everything planned was done. */
export const rlpxCodes = [
  'ok',
  'dialTimeout',
  'dialRefused',
  'dialUnreachable',
  'authTimeout',
  'authFailed',
  'closedEarly',
  'disconnected',
  'helloTimeout',
  'noEth',
  'statusTimeout',
  'headersTimeout',
  'protocolError',
  'sessionTimeout',
  'aborted',
] as const;
export type RlpxCode = (typeof rlpxCodes)[number];

export interface RlpxHello {
  readonly p2pVersion: number;
  /** UTF-8 text of at most 1 KiB; invalid bytes have become U+FFFD. Hostile: escape before showing. */
  readonly clientName: string;
  readonly capabilities: readonly Capability[];
  /** Its name or its list of capabilities was longer than what is kept. */
  readonly shortened: boolean;
  readonly listenPort: number;
}

/** What its Status said, with the blocks that a BlockRangeUpdate (eth/69 and later) named since. */
export interface RlpxStatus {
  /** The negotiated version. */
  readonly ethVersion: EthVersion;
  readonly networkId: bigint;
  readonly genesisHash: Uint8Array;
  readonly forkId: ForkId | null;
  readonly headHash: Uint8Array;
  /** Given by eth/69 and later; before, that of the head's header, if it was asked for. */
  readonly headNumber: bigint | null;
  readonly earliestNumber: bigint | null;
  readonly totalDifficulty: bigint | null;
}

/** The answer to one want: raw RLP of each header in order; none = the peer has none. */
export interface RlpxHeaders {
  readonly want: HeaderWant;
  readonly headers: readonly Uint8Array[];
}

/** ms from the start of the dial (inbound: from the accepted connection) to each stage; null = not reached. */
interface RlpxTimings {
  readonly tcpMs: number | null;
  readonly authMs: number | null;
  readonly helloMs: number | null;
  readonly statusMs: number | null;
  readonly totalMs: number;
}

/** What one session found out. What was learned before a failure is kept. */
export interface RlpxOutcome {
  readonly direction: 'outbound' | 'inbound';
  readonly stage: RlpxStage;
  readonly code: RlpxCode;
  /** The peer proved `remoteId`; true from stage `auth` on. */
  readonly identityProven: boolean;
  /** Public key of the peer, 64 bytes: the one dialled, or the one that an inbound peer claimed. */
  readonly remoteId: Uint8Array | null;
  /** Reason in the peer's Disconnect; null = it sent none, or an unreadable one. */
  readonly remoteReason: number | null;
  /** Code of the WireError that ended the session, if one did. */
  readonly wireCode: WireErrorCode | null;
  readonly hello: RlpxHello | null;
  readonly status: RlpxStatus | null;
  readonly headers: readonly RlpxHeaders[];
  /** Ignored messages: those not asked for, and wrong answers. */
  readonly ignoredMessages: number;
  readonly timings: RlpxTimings;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** What is kept of a Hello. */
export function helloToRlpxHello(hello: Hello): RlpxHello {
  return {
    p2pVersion: hello.p2pVersion,
    clientName: utf8.decode(hello.clientName),
    capabilities: hello.capabilities,
    shortened: hello.shortened,
    listenPort: hello.listenPort,
  };
}

/** What is kept of a Status. */
export function statusToRlpxStatus(status: EthStatus, ethVersion: EthVersion): RlpxStatus {
  return {
    ethVersion,
    networkId: status.networkId,
    genesisHash: status.genesisHash,
    forkId: status.forkId,
    headHash: status.headHash,
    headNumber: status.blockRange?.latest ?? null,
    earliestNumber: status.blockRange?.earliest ?? null,
    totalDifficulty: status.totalDifficulty,
  };
}
