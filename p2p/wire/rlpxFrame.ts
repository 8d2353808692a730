import { type Cipher, createCipheriv, createDecipheriv, type Decipher } from 'node:crypto';
import { ByteQueue } from './byteQueue.ts';
import { equalBytes, xorBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import type { KeccakState } from './keccak.ts';
import type { SessionSecrets } from './rlpxHandshake.ts';

/** Header and its MAC. */
const headBytes = 32;
const macBytes = 16;
/** A frame's size is a 24-bit integer. */
export const maxFrameSize = 0xffffff;
/** RLP of `[0, 0]`: capability-id and context-id, unused. */
const headerData = Uint8Array.of(0xc2, 0x80, 0x80);

/** Encrypts and authenticates one direction of frames. Spec: rlpx.md, "Framing". */
export class FrameWriter {
  readonly #cipher: Cipher;
  readonly #mac: FrameMac;

  constructor(secrets: SessionSecrets) {
    this.#cipher = createCipheriv('aes-256-ctr', secrets.aes, new Uint8Array(16));
    this.#mac = new FrameMac(secrets.mac, secrets.egressMac);
  }

  /** One frame, as one contiguous array: header, MAC, body, MAC. */
  write(data: Uint8Array): Uint8Array {
    if (data.length > maxFrameSize) throw new RangeError(`a frame holds ${maxFrameSize} bytes, not ${data.length}`);
    const bodyEnd = headBytes + padded(data.length);
    const frame = new Uint8Array(bodyEnd + macBytes);
    const header = new Uint8Array(16);
    header.set([data.length >> 16, (data.length >> 8) & 0xff, data.length & 0xff]);
    header.set(headerData, 3);
    frame.set(this.#cipher.update(header), 0);
    frame.set(this.#mac.header(frame.subarray(0, 16)), 16);
    frame.set(data, headBytes);
    frame.set(this.#cipher.update(frame.subarray(headBytes, bodyEnd)), headBytes);
    frame.set(this.#mac.body(frame.subarray(headBytes, bodyEnd)), bodyEnd);
    return frame;
  }
}

/**
 * Takes the bytes of one direction and returns frames. A header is checked, and its size compared with `maxBytes`, before
 * waiting for any of the body.
 * BOUNDED: by maxBytes and one pushed chunk, as long as the user calls `next` until null after each push.
 */
export class FrameReader {
  /** Largest accepted frame; may be changed between frames. */
  maxBytes: number;
  readonly #queue = new ByteQueue();
  readonly #cipher: Decipher;
  readonly #mac: FrameMac;
  #verifiedOnce = false;
  #state: { readonly at: 'header' } | { readonly at: 'body'; readonly size: number } = { at: 'header' };

  constructor(secrets: SessionSecrets, maxBytes: number) {
    this.maxBytes = maxBytes;
    this.#cipher = createDecipheriv('aes-256-ctr', secrets.aes, new Uint8Array(16));
    this.#mac = new FrameMac(secrets.mac, secrets.ingressMac);
  }

  /** Bytes held for an incomplete frame. */
  get pendingBytes(): number {
    return this.#queue.size;
  }

  /** Whether a header had a valid MAC: the peer has the secrets, so it has the key that it claims. */
  get verified(): boolean {
    return this.#verifiedOnce;
  }

  push(bytes: Uint8Array): void {
    this.#queue.push(bytes);
  }

  /**
   * The data of the next frame, or null until more bytes come. After an error the reader can no longer be used.
   * @throws WireError frameHeaderMac, frameSize, frameBodyMac
   */
  next(): Uint8Array | null {
    if (this.#state.at === 'header') {
      const head = this.#queue.take(headBytes);
      if (head === null) return null;
      this.#state = { at: 'body', size: this.#openHeader(head) };
    }
    const { size } = this.#state;
    const sealed = this.#queue.take(padded(size) + macBytes);
    if (sealed === null) return null;
    this.#state = { at: 'header' };
    const body = sealed.subarray(0, -macBytes);
    if (!equalBytes(this.#mac.body(body), sealed.subarray(-macBytes))) throw new WireError({ code: 'frameBodyMac' });
    const opened = this.#cipher.update(body);
    return new Uint8Array(opened.buffer, opened.byteOffset, size);
  }

  #openHeader(head: Uint8Array): number {
    const sealed = head.subarray(0, 16);
    if (!equalBytes(this.#mac.header(sealed), head.subarray(16))) throw new WireError({ code: 'frameHeaderMac' });
    this.#verifiedOnce = true;
    const [high = 0, middle = 0, low = 0] = this.#cipher.update(sealed);
    const size = (high << 16) | (middle << 8) | low;
    if (size > this.maxBytes) throw new WireError({ code: 'frameSize', limit: this.maxBytes, got: size });
    return size;
  }
}

/** The running MAC of one direction. Spec: rlpx.md, "MAC". */
class FrameMac {
  readonly #block: Cipher;
  readonly #state: KeccakState;

  constructor(secret: Uint8Array, state: KeccakState) {
    this.#block = createCipheriv('aes-256-ecb', secret, null).setAutoPadding(false);
    this.#state = state;
  }

  header(sealed: Uint8Array): Uint8Array {
    return this.#absorb(this.#state.digest().subarray(0, 16), sealed);
  }

  body(sealed: Uint8Array): Uint8Array {
    const digest = this.#state.updateAndDigest(sealed).subarray(0, 16);
    return this.#absorb(digest, digest);
  }

  #absorb(digest: Uint8Array, seed: Uint8Array): Uint8Array {
    const encrypted = this.#block.update(digest);
    return this.#state.updateAndDigest(xorBytes(encrypted, seed)).subarray(0, macBytes);
  }
}

function padded(size: number): number {
  return Math.ceil(size / 16) * 16;
}
