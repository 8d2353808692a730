import type { Discv4Evidence, Discv5Evidence, EnrEvidence } from '../chains/diagnose/evidence.ts';
import { classifyIp, parseIp } from '../lib/ipAddress.ts';
import { wallTime } from '../lib/wallTime.ts';
import type { DatagramLine, SocketAddress } from '../p2p/ports.ts';
import { PeerClocks } from '../p2p/protocol/peerClocks.ts';
import { bytesToHex, equalBytes } from '../p2p/wire/bytes.ts';
import { decodeDiscv4, encodeDiscv4, type ReadPacket } from '../p2p/wire/discv4.ts';
import { createDiscv5Reader, encodeOrdinary } from '../p2p/wire/discv5Packet.ts';
import { decodeEnr, readEnr } from '../p2p/wire/enr.ts';
import { WireError } from '../p2p/wire/errors.ts';
import { idHash } from '../p2p/wire/nodeEndpoint.ts';
import type { ProbeWorld } from './probeWorld.ts';

/** What UDP told, and the key to go on with: the one asked for, else the one that answered. */
export interface UdpFindings {
  readonly discv4: Discv4Evidence;
  readonly discv5: Discv5Evidence;
  readonly enr: EnrEvidence;
  /** What its record is as text; null = none was read. */
  readonly record: string | null;
}

const usualMs = 20_000;
/** A hundred years: longer than any clock is off, even one that stands at 1970. */
const farMs = 36_525 * 24 * 60 * 60_000;
const waitsMs = [700, 1_200] as const;
const farWaitMs = 1_500;
/** A node whose PING has not come by then has a proof of us already, or makes none. */
const pingBackMs = 600;
const enrWaitMs = 800;
/** Sent twice, so that one lost packet is no silence. */
const knockWaitsMs = [600, 600] as const;

type Packet = ReadPacket & { readonly from: Uint8Array };

/** Asks a node by discv4 and discv5 from a socket of its own. `id`: the key that it should have. Never rejects. */
export async function askUdp(
  to: SocketAddress,
  id: Uint8Array | null,
  key: Uint8Array,
  world: ProbeWorld,
): Promise<UdpFindings> {
  const talk = new UdpTalk(to, key, world);
  // No way to the address, which the dial will tell as well.
  if (!(await talk.open())) {
    return { discv4: { at: 'skipped' }, discv5: { at: 'skipped' }, enr: { at: 'skipped' }, record: null };
  }
  try {
    const discv4 = await talk.ping(id);
    const known = id ?? (discv4.at === 'answered' ? talk.signer : null);
    const discv5: Discv5Evidence = known === null ? { at: 'skipped' } : await talk.knock(known);
    const { enr, record } =
      discv4.at === 'answered' ? await talk.askRecord() : { enr: { at: 'skipped' as const }, record: null };
    return { discv4, discv5, enr, record };
  } finally {
    await talk.close();
  }
}

const reach = { special: 0, loopback: 1, private: 2, public: 3 } as const;

/** The second address, if fewer are reached by it than by the first, else null. */
export function narrowerThan(asked: string, told: string | null): string | null {
  const [from, to] = [parseIp(asked), parseIp(told ?? '')];
  return from !== null && to !== null && reach[classifyIp(to)] < reach[classifyIp(from)] ? told : null;
}

class UdpTalk {
  readonly #to: SocketAddress;
  readonly #key: Uint8Array;
  readonly #world: ProbeWorld;
  readonly #clocks = new PeerClocks(1);
  readonly #readDiscv5: ReturnType<typeof createDiscv5Reader>;
  /** BOUNDED: by the PINGs of one probe. */
  readonly #pings: { readonly hash: Uint8Array; readonly sentAt: number; readonly far: boolean }[] = [];
  #line: DatagramLine | null = null;
  #refused = false;
  #pinged = false;
  #pong: { readonly packet: Packet; readonly at: number } | null = null;
  #record: Uint8Array | null = null;
  /** BOUNDED: by the knocks of one probe. */
  readonly #knocks: { readonly nonce: Uint8Array; readonly sentAt: number }[] = [];
  /** How long after its knock the answer came. */
  #knockedMs: number | null = null;
  #wake: () => void = () => {};

  constructor(to: SocketAddress, key: Uint8Array, world: ProbeWorld) {
    this.#to = to;
    this.#key = key;
    this.#world = world;
    this.#readDiscv5 = createDiscv5Reader(idHash(world.curve.publicKey(key)));
  }

  /** Whose PONG came. */
  get signer(): Uint8Array | null {
    return this.#pong?.packet.from ?? null;
  }

  async open(): Promise<boolean> {
    try {
      this.#line = await this.#world.connectUdp(this.#to, {
        receive: (bytes) => this.#receive(bytes),
        failed: (failure) => {
          this.#refused ||= failure === 'refused';
          this.#wake();
        },
      });
      return true;
    } catch {
      return false;
    }
  }

  async ping(id: Uint8Array | null): Promise<Discv4Evidence> {
    const startedAt = this.#world.clock.now();
    for (const waitMs of waitsMs) {
      this.#sendPing(usualMs, false);
      await this.#until(() => this.#pong !== null || this.#refused, waitMs);
      if (this.#pong !== null || this.#refused) break;
    }
    if (this.#pong === null && !this.#refused) {
      this.#sendPing(farMs, true);
      await this.#until(() => this.#pong !== null || this.#refused, farWaitMs);
    }
    const pong = this.#pong;
    if (pong === null) {
      return this.#refused
        ? { at: 'refused' }
        : { at: 'silent', waitedMs: Math.round(this.#world.clock.now() - startedAt), farToo: true };
    }
    const { packet, from } = pong.packet;
    const asked = this.#pings.find(({ hash }) => packet.kind === 'pong' && equalBytes(hash, packet.pingHash));
    const sentAt = asked?.sentAt ?? startedAt;
    await this.#until(() => this.#pinged, pingBackMs);
    const wall = wallTime(this.#world.clock) - this.#world.clock.now();
    return {
      at: 'answered',
      key: bytesToHex(from),
      keyIs: id === null ? 'unasked' : equalBytes(id, from) ? 'asked' : 'other',
      rttMs: Math.round(pong.at - sentAt),
      to: asked?.far === true ? 'far' : 'usual',
      skewMs:
        packet.kind === 'pong' ? this.#clocks.note(this.#to, packet.expiration, sentAt + wall, pong.at + wall) : null,
      pinged: this.#pinged,
    };
  }

  /** A packet that only the node of this ID can read, and answers with WHOAREYOU. */
  async knock(id: Uint8Array): Promise<Discv5Evidence> {
    const { random, curve, clock } = this.#world;
    if (this.#refused) return { at: 'refused' };
    const source = idHash(curve.publicKey(this.#key));
    for (const waitMs of knockWaitsMs) {
      const nonce = random.bytes(12);
      this.#knocks.push({ nonce, sentAt: clock.now() });
      this.#send(encodeOrdinary({ source, to: idHash(id), nonce, iv: random.bytes(16) }, () => random.bytes(44)));
      await this.#until(() => this.#knockedMs !== null || this.#refused, waitMs);
      if (this.#knockedMs !== null) return { at: 'knocked', rttMs: Math.round(this.#knockedMs) };
      if (this.#refused) return { at: 'refused' };
    }
    return { at: 'silent' };
  }

  async askRecord(): Promise<{ enr: EnrEvidence; record: string | null }> {
    const { curve } = this.#world;
    for (let tries = 0; tries < 2 && this.#record === null; tries++) {
      const { bytes } = encodeDiscv4(curve, this.#key, {
        kind: 'enrRequest',
        expiration: this.#expiration(farMs + tries * 1_000),
      });
      this.#send(bytes);
      await this.#until(() => this.#record !== null, enrWaitMs);
    }
    if (this.#record === null) return { enr: { at: 'unanswered' }, record: null };
    try {
      const enr = decodeEnr(curve, this.#record);
      if (this.signer === null || !equalBytes(enr.id, this.signer)) return { enr: { at: 'bad' }, record: null };
      const { seq, eth, ip, ip6, udp, tcp, text } = readEnr(enr);
      const forkId = eth === null ? null : { hash: bytesToHex(eth.hash), next: eth.next };
      const endpoint = ip === null ? null : `${ip} udp ${udp ?? '–'} tcp ${tcp ?? '–'}`;
      const narrower = narrowerThan(this.#to.ip, this.#to.ip.includes(':') ? ip6 : ip);
      return { enr: { at: 'read', seq, forkId, endpoint, narrower }, record: text };
    } catch (error) {
      if (error instanceof WireError) return { enr: { at: 'bad' }, record: null };
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#line?.close();
  }

  #receive(bytes: Uint8Array): void {
    try {
      const discv5 = this.#readDiscv5(bytes);
      if (discv5 !== null) {
        const knock = this.#knocks.find(({ nonce }) => equalBytes(discv5.nonce, nonce));
        if (discv5.kind === 'whoareyou' && knock !== undefined) {
          this.#knockedMs ??= this.#world.clock.now() - knock.sentAt;
        }
      } else this.#take(decodeDiscv4(this.#world.curve, bytes));
    } catch (error) {
      // What cannot be read is as good as not sent.
      if (!(error instanceof WireError)) throw error;
    }
    this.#wake();
  }

  #take(read: Packet): void {
    const { packet } = read;
    if (packet.kind === 'ping') {
      this.#pinged = true;
      const pong = {
        kind: 'pong',
        to: this.#endpoint(this.#to),
        pingHash: read.hash,
        expiration: this.#expiration(farMs),
        enrSeq: null,
      } as const;
      this.#send(encodeDiscv4(this.#world.curve, this.#key, pong).bytes);
    } else if (packet.kind === 'pong' && this.#pong === null) {
      if (this.#pings.some(({ hash }) => equalBytes(hash, packet.pingHash))) {
        this.#pong = { packet: read, at: this.#world.clock.now() };
      }
    } else if (packet.kind === 'enrResponse') this.#record = packet.record;
  }

  #sendPing(validMs: number, far: boolean): void {
    const line = this.#line;
    if (line === null) return;
    const { bytes, hash } = encodeDiscv4(this.#world.curve, this.#key, {
      kind: 'ping',
      version: 4,
      from: this.#endpoint(line.local),
      to: this.#endpoint(this.#to),
      // A second apart, so that no two are the same bytes.
      expiration: this.#expiration(validMs + this.#pings.length * 1_000),
      enrSeq: null,
    });
    this.#pings.push({ hash, sentAt: this.#world.clock.now(), far });
    this.#send(bytes);
  }

  #endpoint({ ip, port }: SocketAddress) {
    return { ip, udp: port, tcp: 0 };
  }

  #expiration(validMs: number): bigint {
    return BigInt(Math.floor((wallTime(this.#world.clock) + validMs) / 1_000));
  }

  #send(bytes: Uint8Array): void {
    this.#line?.send(bytes);
  }

  #until(isDone: () => boolean, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#wake = () => {};
        resolve();
      };
      const cancel = this.#world.clock.after(ms, end);
      this.#wake = () => {
        if (isDone()) end();
      };
      this.#wake();
    });
  }
}
