import assert from 'node:assert/strict';
import { parseIp } from '../lib/ipAddress.ts';
import type { SocketAddress } from '../p2p/ports.ts';
import type { Discv5Node } from '../p2p/protocol/discv5Node.ts';
import type { Discv5Event, Discv5RejectCode } from '../p2p/protocol/discv5Types.ts';
import { agreeOnKeys, openMessage, sealMessage, signIdProof } from '../p2p/wire/discv5Crypto.ts';
import { type Discv5Message, decodeDiscv5Message, encodeDiscv5Message } from '../p2p/wire/discv5Message.ts';
import { createDiscv5Reader, type Discv5Packet, encodeHandshake, encodeOrdinary } from '../p2p/wire/discv5Packet.ts';
import { type Enr, signEnr } from '../p2p/wire/enr.ts';
import { idHash } from '../p2p/wire/nodeEndpoint.ts';
import { testCurve as curve } from './discv4TestNode.ts';
import type { SeededRandom } from './seededRandom.ts';

type Whoareyou = Discv5Packet & { readonly kind: 'whoareyou' };

/** One identity that talks to the node under test, with the keys of one session at a time, whatever address it uses. */
export class Discv5Tester {
  now = 1_800_000_000_000;
  readonly hash: Uint8Array;
  readonly enr: Enr;
  /** Why the node under test dropped what it did. */
  readonly rejected: Discv5RejectCode[] = [];
  /** All that it told its driver. */
  readonly events: Discv5Event[] = [];
  readonly #random: SeededRandom;
  readonly #key: Uint8Array;
  readonly #target: Discv5Node;
  readonly #targetHash: Uint8Array;
  readonly #read: (bytes: Uint8Array) => Discv5Packet | null;
  #keys: { readonly read: Uint8Array; readonly write: Uint8Array } | null = null;
  #requests = 1;

  /** `at`: where its record says to be; nowhere when left out. */
  constructor(target: Discv5Node, random: SeededRandom, at: SocketAddress | null = null) {
    this.#random = random;
    this.#key = random.bytes(32);
    this.hash = idHash(curve.publicKey(this.#key));
    this.#read = createDiscv5Reader(this.hash);
    this.#target = target;
    this.#targetHash = idHash(target.id);
    const pairs = at === null ? {} : { ip: parseIp(at.ip) ?? undefined, udp: at.port };
    this.enr = signEnr(curve, this.#key, { seq: 1n, pairs });
  }

  nextId(): Uint8Array {
    return Uint8Array.of(1, this.#requests++);
  }

  /** Sends a message by the session, or as random bytes where there is none. */
  send(plain: Uint8Array, from: SocketAddress): (Whoareyou | Discv5Message)[] {
    const nonce = this.#random.bytes(12);
    const keys = this.#keys;
    const seal = (n: Uint8Array, ad: Uint8Array) =>
      keys === null ? this.#random.bytes(20) : sealMessage(keys.write, n, plain, ad);
    const packet = { source: this.hash, to: this.#targetHash, nonce, iv: this.#random.bytes(16) };
    return this.#deliver(encodeOrdinary(packet, seal), from);
  }

  /** Answers a challenge with a handshake that carries the message. */
  shake(
    challenge: Uint8Array,
    plain: Uint8Array,
    from: SocketAddress,
    record: Uint8Array | null = this.enr.bytes,
  ): (Whoareyou | Discv5Message)[] {
    const ephemeral = this.#random.bytes(32);
    const ephemeralKey = curve.compress(curve.publicKey(ephemeral));
    const idSignature = signIdProof(curve, this.#key, { challenge, ephemeralKey, responder: this.#targetHash });
    const parties = { challenge, initiator: this.hash, responder: this.#targetHash };
    const { initiatorKey, recipientKey } = agreeOnKeys(curve, ephemeral, this.#target.id, parties);
    this.#keys = { read: recipientKey, write: initiatorKey };
    const packet = {
      source: this.hash,
      to: this.#targetHash,
      nonce: this.#random.bytes(12),
      iv: this.#random.bytes(16),
    };
    const auth = { idSignature, ephemeralKey, record };
    const seal = (n: Uint8Array, ad: Uint8Array) => sealMessage(initiatorKey, n, plain, ad);
    return this.#deliver(encodeHandshake(packet, auth, seal), from);
  }

  /** Knock, handshake, and what then came. */
  ask(message: Discv5Message, from: SocketAddress): Discv5Message[] {
    const plain = encodeDiscv5Message(message);
    const first = this.send(plain, from);
    const challenge = first.find((packet) => packet.kind === 'whoareyou');
    const all = challenge === undefined ? first : this.shake(challenge.challenge, plain, from);
    return all.filter((packet) => packet.kind !== 'whoareyou');
  }

  #deliver(bytes: Uint8Array, from: SocketAddress): (Whoareyou | Discv5Message)[] {
    const outputs = this.#target.receive(bytes, from, this.now) ?? assert.fail('no discv5 packet');
    return outputs.flatMap((output): (Whoareyou | Discv5Message)[] => {
      if (!('send' in output)) {
        this.events.push(output);
        if (output.event === 'rejected') this.rejected.push(output.code);
        return [];
      }
      assert.deepEqual(output.send.to, from);
      const packet = this.#read(output.send.bytes) ?? assert.fail('not addressed to us');
      if (packet.kind === 'whoareyou') return [packet];
      const keys = this.#keys ?? assert.fail('a message without a session');
      return [decodeDiscv5Message(openMessage(keys.read, packet.nonce, packet.sealed, packet.ad))];
    });
  }
}
