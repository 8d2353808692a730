import { equalBytes } from '../wire/bytes.ts';
import { WireError, type WireErrorCode } from '../wire/errors.ts';
import { type EthVersion, ethMessageCount, negotiateEth, offeredEthVersions } from '../wire/ethStatus.ts';
import {
  decodeDisconnect,
  decodeHello,
  disconnectCodes,
  emptyPayload,
  encodeDisconnect,
  encodeHello,
  firstCapabilityCode,
  type Hello,
  p2pCodes,
} from '../wire/hello.ts';
import { type RlpxMessage, snappyP2pVersion } from '../wire/rlpxMessage.ts';
import { uncompressBlock } from '../wire/snappyBlock.ts';
import { bscCapability, EthHandshake, numberOf } from './ethHandshake.ts';
import { type ConnectionEvent, RlpxConnection, type RlpxKeys, type RlpxRole } from './rlpxConnection.ts';
import {
  type HeaderWants,
  helloToRlpxHello,
  type RlpxCode,
  type RlpxOutcome,
  type RlpxStage,
  type RlpxStatus,
  statusToRlpxStatus,
} from './rlpxOutcome.ts';

export interface RlpxSessionLimits {
  /** From the start to the ack (inbound: to the auth). geth gives 5 s. */
  readonly authMs: number;
  readonly helloMs: number;
  readonly statusMs: number;
  /** For all wanted headers together. */
  readonly headersMs: number;
  /** For the whole session, whatever the peer does. */
  readonly sessionMs: number;
  /** Largest frame until the peer's Hello, which is the first message and at most 2 KiB. */
  readonly maxHelloFrameBytes: number;
  /** Largest frame until the peer's Status: nothing before it needs more than 2 KiB. */
  readonly maxEarlyFrameBytes: number;
  /** Largest frame after it: transactions and block announcements are skipped. */
  readonly maxFrameBytes: number;
  /** Most messages in a session. */
  readonly maxMessages: number;
  /** Most bytes received in a session. */
  readonly maxSessionBytes: number;
}

const defaultRlpxLimits: RlpxSessionLimits = {
  authMs: 5_000,
  helloMs: 5_000,
  statusMs: 5_000,
  headersMs: 5_000,
  sessionMs: 20_000,
  maxHelloFrameBytes: 4_096,
  maxEarlyFrameBytes: 65_536,
  maxFrameBytes: 1_048_576,
  maxMessages: 1_024,
  maxSessionBytes: 8_388_608,
};

export interface RlpxSessionConfig extends RlpxKeys {
  readonly role: RlpxRole;
  readonly clientName: string;
  /** As announced in our Hello; 0 = not listening. */
  readonly listenPort: number;
  readonly headers: HeaderWants;
  /** What our Hello offers; by default all that we can read. */
  readonly ethVersions?: readonly EthVersion[];
  readonly limits?: Partial<RlpxSessionLimits>;
  /** How long to stay once everything planned was done, to see whether the peer lets us; by default not at all. */
  readonly stayMs?: number;
}

export type RlpxSessionOutput =
  | { readonly send: Uint8Array }
  /** The peer proved its key; the driver may still `leave`. */
  | { readonly event: 'proven'; readonly remoteId: Uint8Array }
  /** Send what came before, then close. Always the last output. */
  | { readonly close: RlpxCode };

type State =
  | { readonly at: 'awaitKeys'; readonly deadline: number }
  | { readonly at: 'awaitHello'; readonly deadline: number; readonly remoteId: Uint8Array; readonly proven: boolean }
  | { readonly at: 'awaitStatus'; readonly deadline: number; readonly eth: EthHandshake; readonly snappy: boolean }
  | { readonly at: 'awaitHeaders'; readonly deadline: number; readonly eth: EthHandshake; readonly snappy: boolean }
  | { readonly at: 'staying'; readonly deadline: number; readonly eth: EthHandshake; readonly snappy: boolean }
  | { readonly at: 'closed'; readonly code: RlpxCode };

/**
 * One RLPx session from the first byte to the goodbye, for either end, without IO: handshake, Hello, the peer's Status,
 * then ours, wanted headers, Disconnect. `receive` never throws because of what a peer sends.
 * Spec: rlpx.md; caps/eth.md.
 */
export class RlpxSession {
  readonly #config: RlpxSessionConfig;
  readonly #limits: RlpxSessionLimits;
  readonly #connection: RlpxConnection;
  readonly #startedAt: number;
  #state: State;
  #outputs: RlpxSessionOutput[] = [];
  #messages = 0;
  #bytes = 0;
  #found: Findings = { stage: 'tcp' };

  constructor(config: RlpxSessionConfig, now: number) {
    this.#config = config;
    this.#limits = { ...defaultRlpxLimits, ...config.limits };
    this.#connection = new RlpxConnection(config, config.role, this.#limits.maxHelloFrameBytes);
    this.#startedAt = now;
    this.#state = { at: 'awaitKeys', deadline: now + this.#limits.authMs };
    if (config.role.at === 'initiator') this.#found = { ...this.#found, remoteId: config.role.remoteId };
  }

  /** What to send first. Call once, when the connection is open. */
  start(): readonly RlpxSessionOutput[] {
    const { opening } = this.#connection;
    return opening.length > 0 ? [{ send: opening }] : [];
  }

  /** Takes received bytes, in pieces of any size. */
  receive(bytes: Uint8Array, now: number): readonly RlpxSessionOutput[] {
    return this.#work(now, () => {
      this.#bytes += bytes.length;
      if (this.#bytes > this.#limits.maxSessionBytes) {
        throw new WireError({ code: 'messageSize', limit: this.#limits.maxSessionBytes, got: this.#bytes });
      }
      this.#connection.push(bytes);
      while (this.#state.at !== 'closed') {
        const event = this.#connection.next();
        if (event === null) return;
        this.#take(event, now);
      }
    });
  }

  /** Ends the session when a deadline has passed. */
  tick(now: number): readonly RlpxSessionOutput[] {
    return this.#work(now, () => {
      if (this.#state.at === 'closed' || now < (this.nextDeadline() ?? 0)) return;
      if (now >= this.#startedAt + this.#limits.sessionMs) this.#leaveWith('sessionTimeout');
      else this.#leaveWith(timeoutCodes[this.#state.at]);
    });
  }

  /** When `tick` is due next; null = never again. */
  nextDeadline(): number | null {
    if (this.#state.at === 'closed') return null;
    return Math.min(this.#state.deadline, this.#startedAt + this.#limits.sessionMs);
  }

  /** The peer closed the connection, or it broke. */
  ended(now: number): readonly RlpxSessionOutput[] {
    return this.#work(now, () => this.#close('closedEarly'));
  }

  /** We want to end the session: says goodbye if that is possible. */
  leave(code: RlpxCode, now: number): readonly RlpxSessionOutput[] {
    return this.#work(now, () => this.#leaveWith(code));
  }

  /** ms from the start to the peer's ack (of a responder: to the peer's auth); null = none came. It proves no key yet. */
  get keyedMs(): number | null {
    return this.#since(this.#found.keyedAt);
  }

  /** What was found out so far. `code` is `aborted` while the session is not closed. */
  outcome(now: number): RlpxOutcome {
    const found = this.#found;
    const eth = this.#found.eth;
    return {
      direction: this.#config.role.at === 'initiator' ? 'outbound' : 'inbound',
      stage: found.stage,
      code: this.#state.at === 'closed' ? this.#state.code : 'aborted',
      identityProven: found.authAt !== undefined,
      remoteId: found.remoteId ?? null,
      remoteReason: found.remoteReason ?? null,
      wireCode: found.wireCode ?? null,
      hello: found.hello === undefined ? null : helloToRlpxHello(found.hello),
      status: eth === undefined ? null : statusOf(eth),
      headers: eth?.headers ?? [],
      ignoredMessages: eth?.ignoredMessages ?? 0,
      timings: {
        tcpMs: null,
        authMs: this.#since(found.authAt),
        helloMs: this.#since(found.helloAt),
        statusMs: this.#since(found.statusAt),
        totalMs: now - this.#startedAt,
      },
    };
  }

  #since(at: number | undefined): number | null {
    return at === undefined ? null : at - this.#startedAt;
  }

  /** Processes one input; a WireError caused by the peer ends the session. */
  #work(now: number, input: () => void): readonly RlpxSessionOutput[] {
    try {
      if (this.#state.at !== 'closed') input();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      if (this.#connection.proven) this.#prove(now);
      this.#found = { ...this.#found, wireCode: error.code };
      // Until a frame has proven the secrets, any error counts as a failed handshake.
      this.#leaveWith(this.#connection.proven ? 'protocolError' : 'authFailed');
    }
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #take(event: ConnectionEvent, now: number): void {
    if (event.type === 'keyed') {
      this.#found = { ...this.#found, remoteId: event.remoteId, keyedAt: now };
      this.#state = { at: 'awaitHello', deadline: now + this.#limits.helloMs, remoteId: event.remoteId, proven: false };
      if (event.reply.length > 0) this.#outputs.push({ send: event.reply });
      this.#write(p2pCodes.hello, encodeHello(this.#ownHello()), false);
      return;
    }
    this.#prove(now);
    this.#messages += 1;
    if (this.#messages > this.#limits.maxMessages) {
      throw new WireError({ code: 'messageSize', limit: this.#limits.maxMessages, got: this.#messages });
    }
    this.#takeMessage(event.message, now);
  }

  /** A frame with a valid MAC came: only the holder of the key could make it. */
  #prove(now: number): void {
    if (this.#state.at !== 'awaitHello' || this.#state.proven) return;
    const { remoteId } = this.#state;
    this.#state = { ...this.#state, proven: true };
    this.#found = { ...this.#found, stage: 'auth', authAt: now };
    this.#outputs.push({ event: 'proven', remoteId });
  }

  #takeMessage(message: RlpxMessage, now: number): void {
    if (message.code === p2pCodes.disconnect) {
      const reason = decodeDisconnect(message.body);
      this.#found = { ...this.#found, ...(reason === null ? {} : { remoteReason: reason }) };
      this.#close('disconnected');
      return;
    }
    const state = this.#state;
    if (state.at === 'awaitHello') {
      if (message.code !== p2pCodes.hello) throw new WireError({ code: 'messageCode', got: message.code });
      this.#takeHello(decodeHello(message.body), state.remoteId, now);
    } else if (message.code === p2pCodes.ping) {
      this.#write(p2pCodes.pong, emptyPayload, this.#snappy());
    } else if (state.at === 'awaitStatus' || state.at === 'awaitHeaders' || state.at === 'staying') {
      this.#takeCapability(state.eth, message, now);
    }
  }

  #takeHello(hello: Hello, remoteId: Uint8Array, now: number): void {
    if (!equalBytes(hello.nodeId, remoteId)) throw new WireError({ code: 'messageField', field: 'nodeId' });
    this.#found = { ...this.#found, stage: 'hello', hello, helloAt: now };
    const version = negotiateEth(this.#ethVersions(), hello.capabilities);
    if (version === null) {
      this.#leaveWith('noEth');
      return;
    }
    const isBsc = hello.capabilities.some(({ name }) => name === bscCapability);
    const eth = new EthHandshake(version, this.#config.headers, isBsc);
    const snappy = hello.p2pVersion >= snappyP2pVersion;
    this.#state = { at: 'awaitStatus', deadline: now + this.#limits.statusMs, eth, snappy };
    this.#connection.setMaxFrameBytes(this.#limits.maxEarlyFrameBytes);
    this.#found = { ...this.#found, eth };
  }

  /** We offer only eth, so it starts at 0x10; codes beyond it belong to nothing and are ignored. */
  #takeCapability(eth: EthHandshake, message: RlpxMessage, now: number): void {
    const code = message.code - firstCapabilityCode;
    if (code < 0 || code >= ethMessageCount(eth.version)) return;
    const snappy = this.#snappy();
    const answers = eth.receive(code, (maxBytes) => openBody(message.body, maxBytes, snappy));
    if (this.#state.at === 'awaitStatus' && eth.at !== 'awaitStatus') {
      this.#found = { ...this.#found, stage: 'status', statusAt: now };
      this.#state = { at: 'awaitHeaders', deadline: now + this.#limits.headersMs, eth, snappy };
      this.#connection.setMaxFrameBytes(this.#limits.maxFrameBytes);
    }
    for (const answer of answers) this.#write(firstCapabilityCode + answer.code, answer.payload, snappy);
    if (eth.at === 'done') {
      if (eth.wanted > 0) this.#found = { ...this.#found, stage: 'headers' };
      this.#stay(eth, snappy, now);
    }
  }

  /** Everything planned was done. What the peer sends from now on does not put the end off. */
  #stay(eth: EthHandshake, snappy: boolean, now: number): void {
    const { stayMs = 0 } = this.#config;
    if (stayMs <= 0) this.#leaveWith('ok');
    else if (this.#state.at !== 'staying') this.#state = { at: 'staying', deadline: now + stayMs, eth, snappy };
  }

  #snappy(): boolean {
    const state = this.#state;
    return (state.at === 'awaitStatus' || state.at === 'awaitHeaders' || state.at === 'staying') && state.snappy;
  }

  #write(code: number, payload: Uint8Array, snappy: boolean): void {
    this.#outputs.push({ send: this.#connection.write(code, payload, snappy) });
  }

  #leaveWith(code: RlpxCode): void {
    if (this.#connection.keyed) {
      // Other reasons make some clients ban our address.
      const reason = code === 'ok' ? disconnectCodes.quitting : disconnectCodes.requested;
      const snappy = (this.#found.hello?.p2pVersion ?? 0) >= snappyP2pVersion;
      this.#write(p2pCodes.disconnect, encodeDisconnect(reason), snappy);
    }
    this.#close(code);
  }

  #close(code: RlpxCode): void {
    this.#state = { at: 'closed', code };
    this.#outputs.push({ close: code });
  }

  #ethVersions(): readonly EthVersion[] {
    return this.#config.ethVersions ?? offeredEthVersions;
  }

  #ownHello(): Omit<Hello, 'shortened'> {
    return {
      p2pVersion: snappyP2pVersion,
      clientName: new TextEncoder().encode(this.#config.clientName),
      capabilities: this.#ethVersions().map((version) => ({ name: 'eth', version })),
      listenPort: this.#config.listenPort,
      nodeId: this.#config.curve.publicKey(this.#config.privateKey),
    };
  }
}

const timeoutCodes = {
  awaitKeys: 'authTimeout',
  awaitHello: 'helloTimeout',
  awaitStatus: 'statusTimeout',
  awaitHeaders: 'headersTimeout',
  staying: 'ok',
} as const satisfies Record<Exclude<State['at'], 'closed'>, RlpxCode>;

/** What a session has learned; an absent field is unknown. */
interface Findings {
  readonly stage: RlpxStage;
  readonly remoteId?: Uint8Array;
  readonly remoteReason?: number;
  readonly wireCode?: WireErrorCode;
  readonly hello?: Hello;
  readonly eth?: EthHandshake;
  readonly keyedAt?: number;
  readonly authAt?: number;
  readonly helloAt?: number;
  readonly statusAt?: number;
}

function openBody(body: Uint8Array, maxBytes: number, snappy: boolean): Uint8Array {
  if (snappy) return uncompressBlock(body, maxBytes);
  if (body.length > maxBytes) throw new WireError({ code: 'messageSize', limit: maxBytes, got: body.length });
  return body;
}

function statusOf(eth: EthHandshake): RlpxStatus | null {
  if (eth.status === null) return null;
  const status = statusToRlpxStatus(eth.status, eth.version);
  const range = eth.blockRange;
  if (range !== null) {
    return { ...status, headNumber: range.latest, headHash: range.latestHash, earliestNumber: range.earliest };
  }
  const head = eth.headers.find(({ want }) => want.by === 'head')?.headers[0];
  return { ...status, headNumber: status.headNumber ?? (head === undefined ? null : numberOf(head)) };
}
