import assert from 'node:assert/strict';
import { toSeconds } from '../lib/time.ts';
import type { SocketAddress } from '../p2p/ports.ts';
import { bytesToHex, concatBytes, equalBytes } from '../p2p/wire/bytes.ts';
import { type Discv4Packet, decodeDiscv4, encodeDiscv4, isExpired, type ReadPacket } from '../p2p/wire/discv4.ts';
import { decodeEnr } from '../p2p/wire/enr.ts';
import { keccak256, keccak256Of } from '../p2p/wire/keccak.ts';
import { encodeRlp, type RlpInput } from '../p2p/wire/rlp.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';
import type { SeededRandom } from './seededRandom.ts';

/** An address from which a tester writes to the node under test. */
export interface TesterPort {
  readonly address: SocketAddress;
  send(bytes: Uint8Array): void;
  /**
   * The next datagram that arrives within 300 ms, or null. Where one is due, `patient` gives a busy
   * machine longer: that a reply comes late is not what these cases judge.
   */
  read(patient?: boolean): Promise<Uint8Array | null>;
}

export interface ConformanceTarget {
  readonly curve: Curve;
  readonly random: SeededRandom;
  /** Node under test. */
  readonly id: Uint8Array;
  readonly address: SocketAddress;
  now(): number;
  /** Two addresses with different IPs. */
  readonly first: TesterPort;
  readonly second: TesterPort;
}

/**
 * The behaviour that go-ethereum's discv4 conformance suite asks of a node (cmd/devp2p/internal/v4test), rebuilt:
 * the same 15 names, the same questions, the same answers accepted.
 */
export const conformanceCases: Readonly<Record<string, (target: ConformanceTarget) => Promise<void>>> = {
  'Ping/Basic': (target) => pingIsAnswered(target, {}),
  'Ping/WrongTo': (target) => pingIsAnswered(target, { to: nowhere }),
  'Ping/WrongFrom': (target) => pingIsAnswered(target, { from: nowhere }),
  'Ping/ExtraData': (target) => pingIsAnswered(target, { junk: true }),
  'Ping/ExtraDataWrongFrom': (target) => pingIsAnswered(target, { junk: true, from: nowhere }),
  'Ping/PastExpiration': async (target) => {
    const tester = new Tester(target);
    tester.sendPing({ expiration: tester.wrappedPast() });
    assert.equal(await tester.read(), null, 'an expired ping was answered');
  },
  'Ping/WrongPacketType': async (target) => {
    const tester = new Tester(target);
    tester.sendPing({ type: 66 });
    assert.equal(await tester.read(), null, 'a packet of type 66 was answered');
  },
  'Ping/BondThenPingWithWrongFrom': async (target) => {
    const tester = new Tester(target);
    await tester.bond();
    const hash = tester.sendPing({ from: nowhere });
    for (;;) {
      const reply = await tester.expectReply('a PONG');
      if (reply.packet.kind === 'findnode') continue;
      tester.checkPong(reply, hash);
      return;
    }
  },
  ENRRequest: async (target) => {
    const tester = new Tester(target);
    await tester.bond();
    const hash = tester.sendPacket({ kind: 'enrRequest', expiration: tester.future() });
    const { packet } = await tester.expectReply('an ENRResponse');
    assert.ok(packet.kind === 'enrResponse', `got ${packet.kind}`);
    assert.equal(bytesToHex(packet.requestHash), bytesToHex(hash));
    assert.equal(bytesToHex(decodeEnr(target.curve, packet.record).id), bytesToHex(target.id));
  },
  'Findnode/WithoutEndpointProof': async (target) => {
    const tester = new Tester(target);
    tester.sendPacket(tester.findnode());
    for (let reply = await tester.read(); reply !== null; reply = await tester.read()) {
      assert.equal(reply.packet.kind, 'ping', 'only a PING may follow');
    }
  },
  'Findnode/BasicFindnode': async (target) => {
    const tester = new Tester(target);
    await tester.bond();
    tester.sendPacket(tester.findnode());
    assert.equal((await tester.expectReply('NEIGHBORS')).packet.kind, 'neighbors');
  },
  'Findnode/UnsolicitedNeighbors': async (target) => {
    const tester = new Tester(target);
    await tester.bond();
    const fake = target.curve.publicKey(target.random.bytes(32));
    const nodes = [{ id: fake, ip: '1.2.3.4', udp: 30303, tcp: 30303 }];
    tester.sendPacket({ kind: 'neighbors', nodes, expiration: tester.future() });
    tester.sendPacket({ kind: 'findnode', target: fake, expiration: tester.future() });
    const { packet } = await tester.expectReply('NEIGHBORS');
    assert.ok(packet.kind === 'neighbors', `got ${packet.kind}`);
    assert.ok(!packet.nodes.some((node) => equalBytes(node.id, fake)), 'the unsolicited record was believed');
  },
  'Findnode/PastExpiration': async (target) => {
    const tester = new Tester(target);
    await tester.bond();
    tester.sendPacket({ ...tester.findnode(), expiration: tester.wrappedPast() });
    for (let reply = await tester.read(); reply !== null; reply = await tester.read()) {
      assert.notEqual(reply.packet.kind, 'neighbors', 'an expired FINDNODE was answered');
    }
  },
  'Amplification/InvalidPongHash': async (target) => {
    const tester = new Tester(target);
    const hash = tester.sendPing({});
    const seen = new Set<string>();
    while (!seen.has('ping') || !seen.has('pong')) {
      const reply = await tester.expectReply('PING and PONG');
      seen.add(reply.packet.kind);
      if (reply.packet.kind === 'ping') tester.sendPong(new Uint8Array(32));
      else tester.checkPong(reply, hash);
    }
    tester.sendPacket(tester.findnode());
    const reply = await tester.read();
    assert.notEqual(reply?.packet.kind, 'neighbors', 'a PONG with a wrong hash made a bond');
  },
  'Amplification/WrongIP': async (target) => {
    const tester = new Tester(target);
    await tester.bond();
    tester.sendPacket(tester.findnode(), target.second);
    assert.equal(await tester.read(target.second), null, 'an address without proof was answered');
  },
};

const nowhere: RlpInput = [Uint8Array.of(192, 0, 2, 0), 0, 0];

interface PingOptions {
  readonly from?: RlpInput;
  readonly to?: RlpInput;
  readonly junk?: boolean;
  readonly expiration?: bigint;
  readonly type?: number;
}

async function pingIsAnswered(target: ConformanceTarget, options: PingOptions): Promise<void> {
  const tester = new Tester(target);
  const hash = tester.sendPing(options);
  const kinds: string[] = [];
  for (let i = 0; i < 2; i++) {
    const reply = await tester.expectReply('PONG and PING');
    kinds.push(reply.packet.kind);
    if (reply.packet.kind === 'pong') tester.checkPong(reply, hash);
  }
  assert.deepEqual(kinds.sort(), ['ping', 'pong']);
}

/** One identity, as the suite makes one for each test. */
class Tester {
  readonly #target: ConformanceTarget;
  readonly #key: Uint8Array;

  constructor(target: ConformanceTarget) {
    this.#target = target;
    this.#key = target.random.bytes(32);
  }

  future(): bigint {
    return toSeconds(this.#target.now()) + 20n;
  }

  /** The suite negates an unsigned 64-bit time. */
  wrappedPast(): bigint {
    return 2n ** 64n - this.future();
  }

  findnode(): Discv4Packet & { kind: 'findnode' } {
    return { kind: 'findnode', target: this.#target.random.bytes(64), expiration: this.future() };
  }

  sendPacket(packet: Discv4Packet, port = this.#target.first): Uint8Array {
    const { bytes, hash } = encodeDiscv4(this.#target.curve, this.#key, packet);
    port.send(bytes);
    return hash;
  }

  sendPong(pingHash: Uint8Array): void {
    const { address } = this.#target;
    const to = { ip: address.ip, udp: address.port, tcp: 0 };
    this.sendPacket({ kind: 'pong', to, pingHash, expiration: this.future(), enrSeq: null });
  }

  /** Built by hand, because our encoder cannot make invalid packets. */
  sendPing(options: PingOptions): Uint8Array {
    const { curve, first, address } = this.#target;
    const from = options.from ?? [ipv4(first.address.ip), first.address.port, 0];
    const to = options.to ?? [ipv4(address.ip), address.port, 0];
    const junk: RlpInput[] = options.junk === true ? [42, Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2, 1)] : [];
    const fields = encodeRlp([4, from, to, options.expiration ?? this.future(), ...junk]);
    const data = concatBytes(Uint8Array.of(options.type ?? 1), fields);
    const signature = curve.sign(keccak256(data), this.#key);
    const hash = keccak256Of(signature, data);
    first.send(concatBytes(hash, signature, data));
    return hash;
  }

  async bond(): Promise<void> {
    const hash = this.sendPing({});
    const seen = new Set<string>();
    while (!seen.has('ping') || !seen.has('pong')) {
      const reply = await this.expectReply('PING and PONG');
      seen.add(reply.packet.kind);
      if (reply.packet.kind === 'ping') this.sendPong(reply.hash);
      if (reply.packet.kind === 'pong') this.checkPong(reply, hash);
    }
  }

  async read(port = this.#target.first, patient = false): Promise<ReadPacket | null> {
    const bytes = await port.read(patient);
    if (bytes === null) return null;
    const read = decodeDiscv4(this.#target.curve, bytes);
    assert.equal(bytesToHex(read.from), bytesToHex(this.#target.id), 'signed by another key');
    return read;
  }

  async expectReply(what: string): Promise<ReadPacket> {
    const reply = await this.read(this.#target.first, true);
    assert.ok(reply !== null, `${what} wanted, nothing came`);
    return reply;
  }

  checkPong({ packet }: ReadPacket, pingHash: Uint8Array): void {
    assert.ok(packet.kind === 'pong', `a PONG wanted, got ${packet.kind}`);
    assert.equal(bytesToHex(packet.pingHash), bytesToHex(pingHash), 'PONG of another PING');
    const { address } = this.#target.first;
    assert.deepEqual([packet.to.ip, packet.to.udp], [address.ip, address.port], 'PONG names another address');
    assert.equal(isExpired(packet.expiration, this.#target.now()), false, 'PONG is expired');
  }
}

function ipv4(ip: string): Uint8Array {
  return Uint8Array.from(ip.split('.').map(Number));
}
