import type { Random } from '../ports.ts';
import { ByteQueue } from '../wire/byteQueue.ts';
import { FrameReader, FrameWriter } from '../wire/rlpxFrame.ts';
import {
  createAck,
  createAuth,
  deriveSecrets,
  type Incomplete,
  maxAuthPadding,
  minAuthPadding,
  type Received,
  readAck,
  readAuth,
  type SealRandom,
} from '../wire/rlpxHandshake.ts';
import type { RlpxMessage } from '../wire/rlpxMessage.ts';
import { joinMessage, splitMessage } from '../wire/rlpxMessage.ts';
import type { Curve } from '../wire/secp256k1.ts';

export interface RlpxKeys {
  readonly curve: Curve;
  readonly random: Random;
  /** Our static key, 32 bytes. */
  readonly privateKey: Uint8Array;
}

export type RlpxRole = { readonly at: 'initiator'; readonly remoteId: Uint8Array } | { readonly at: 'responder' };

/** What the received bytes amounted to. */
export type ConnectionEvent =
  /** The handshake packets have been exchanged; `reply` must be sent (the responder's ack; empty for an initiator). */
  | { readonly type: 'keyed'; readonly remoteId: Uint8Array; readonly reply: Uint8Array }
  | { readonly type: 'message'; readonly message: RlpxMessage };

type State =
  | {
      readonly at: 'awaitAck';
      readonly remoteId: Uint8Array;
      readonly ephemeralKey: Uint8Array;
      readonly nonce: Uint8Array;
      readonly auth: Uint8Array;
    }
  | { readonly at: 'awaitAuth' }
  | { readonly at: 'frames'; readonly reader: FrameReader; readonly writer: FrameWriter };

/**
 * One end of the RLPx transport: bytes in, messages out, and the reverse. It knows no time, no IO and no messages.
 * Spec: rlpx.md, "Initial Handshake" and "Framing".
 */
export class RlpxConnection {
  readonly #keys: RlpxKeys;
  readonly #maxFrameBytes: number;
  #state: State;
  /** BOUNDED: by maxHandshakeBytes and one pushed chunk; emptied into the frame reader after the handshake. */
  readonly #queue = new ByteQueue();
  #need = 0;

  constructor(keys: RlpxKeys, role: RlpxRole, maxFrameBytes: number) {
    this.#keys = keys;
    this.#maxFrameBytes = maxFrameBytes;
    if (role.at === 'responder') {
      this.#state = { at: 'awaitAuth' };
      return;
    }
    const own = { privateKey: keys.privateKey, ephemeralKey: this.#freshKey(), nonce: keys.random.bytes(32) };
    const auth = createAuth(keys.curve, role.remoteId, own, this.#sealRandom());
    this.#state = { at: 'awaitAck', remoteId: role.remoteId, ephemeralKey: own.ephemeralKey, nonce: own.nonce, auth };
  }

  /** What an initiator sends first; empty for a responder. */
  get opening(): Uint8Array {
    return this.#state.at === 'awaitAck' ? this.#state.auth : new Uint8Array(0);
  }

  /** Whether messages can be written. */
  get keyed(): boolean {
    return this.#state.at === 'frames';
  }

  /** Whether the peer has shown that it has the secrets of the handshake, and so the key that it claims. */
  get proven(): boolean {
    return this.#state.at === 'frames' && this.#state.reader.verified;
  }

  /** Sets the largest frame accepted from now on. */
  setMaxFrameBytes(maxBytes: number): void {
    if (this.#state.at === 'frames') this.#state.reader.maxBytes = maxBytes;
  }

  push(bytes: Uint8Array): void {
    if (this.#state.at === 'frames') this.#state.reader.push(bytes);
    else this.#queue.push(bytes);
  }

  /**
   * The next thing in the bytes received so far; null = nothing more until the next push.
   * @throws WireError of the handshake, of frames and of messages; the connection can then no longer be used
   */
  next(): ConnectionEvent | null {
    if (this.#state.at === 'frames') {
      const frame = this.#state.reader.next();
      return frame === null ? null : { type: 'message', message: splitMessage(frame) };
    }
    const waiting = this.#queue.peek(this.#queue.size);
    if (waiting === null || waiting.length < this.#need) return null;
    return this.#state.at === 'awaitAck' ? this.#acceptAck(this.#state, waiting) : this.#acceptAuth(waiting);
  }

  /** One message as one frame. Only when `keyed`. */
  write(code: number, payload: Uint8Array, snappy: boolean): Uint8Array {
    if (this.#state.at !== 'frames') throw new Error('written before the handshake');
    return this.#state.writer.write(joinMessage(code, payload, snappy));
  }

  #acceptAck(state: State & { at: 'awaitAck' }, waiting: Uint8Array): ConnectionEvent | null {
    const received = this.#complete(readAck(this.#keys.curve, this.#keys.privateKey, waiting));
    if (received === null) return null;
    const { message, packet } = received;
    this.#enterFrames(
      deriveSecrets(
        this.#keys.curve,
        'initiator',
        { ephemeralKey: state.ephemeralKey, remoteEphemeralPublicKey: message.ephemeralPublicKey },
        { initiator: state.nonce, responder: message.nonce },
        { auth: state.auth, ack: packet },
      ),
      packet.length,
    );
    return { type: 'keyed', remoteId: state.remoteId, reply: new Uint8Array(0) };
  }

  #acceptAuth(waiting: Uint8Array): ConnectionEvent | null {
    const { curve, random, privateKey } = this.#keys;
    const received = this.#complete(readAuth(curve, privateKey, waiting));
    if (received === null) return null;
    const { message, packet } = received;
    const own = { ephemeralKey: this.#freshKey(), nonce: random.bytes(32) };
    const ack = createAck(curve, message.publicKey, own, this.#sealRandom(), message.plain);
    this.#enterFrames(
      deriveSecrets(
        curve,
        'responder',
        { ephemeralKey: own.ephemeralKey, remoteEphemeralPublicKey: message.ephemeralPublicKey },
        { initiator: message.nonce, responder: own.nonce },
        { auth: packet, ack },
      ),
      packet.length,
    );
    return { type: 'keyed', remoteId: message.publicKey, reply: ack };
  }

  #complete<T>(received: Received<T> | Incomplete): Received<T> | null {
    if ('message' in received) return received;
    this.#need = received.need;
    return null;
  }

  #enterFrames(secrets: ReturnType<typeof deriveSecrets>, packetBytes: number): void {
    const reader = new FrameReader(secrets, this.#maxFrameBytes);
    this.#queue.take(packetBytes);
    reader.push(this.#queue.take(this.#queue.size) ?? new Uint8Array(0));
    this.#queue.clear();
    this.#state = { at: 'frames', reader, writer: new FrameWriter(secrets) };
  }

  #freshKey(): Uint8Array {
    for (;;) {
      const key = this.#keys.random.bytes(32);
      if (this.#keys.curve.isPrivateKey(key)) return key;
    }
  }

  #sealRandom(): SealRandom {
    const { random } = this.#keys;
    const padding = minAuthPadding + Math.floor(random.next() * (maxAuthPadding - minAuthPadding + 1));
    return { ephemeralKey: this.#freshKey(), iv: random.bytes(16), padding: random.bytes(padding) };
  }
}
