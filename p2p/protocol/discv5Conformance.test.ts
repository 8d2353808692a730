import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIp } from '../../lib/ipAddress.ts';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { createDiscv5Node } from '../../testkit/discv5Simulation.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import type { SocketAddress } from '../ports.ts';
import { concatBytes } from '../wire/bytes.ts';
import { agreeOnKeys, openMessage, sealMessage, signIdProof } from '../wire/discv5Crypto.ts';
import { type Discv5Message, decodeDiscv5Message, encodeDiscv5Message } from '../wire/discv5Message.ts';
import { createDiscv5Reader, type Discv5Packet, encodeHandshake, encodeOrdinary } from '../wire/discv5Packet.ts';
import { decodeEnr, signEnr } from '../wire/enr.ts';
import { idHash } from '../wire/nodeEndpoint.ts';
import { encodeRlp } from '../wire/rlp.ts';
import type { Discv5Node } from './discv5Node.ts';
import { logDistance } from './kademliaTable.ts';

/*
 * The behaviour that go-ethereum's tests of discv5 ask of a node (cmd/devp2p/internal/v5test), rebuilt: the same seven
 * names, the same questions, the same answers accepted; and what its own implementation and others expect besides.
 */

const random = seededRandom(11);
type Whoareyou = Discv5Packet & { readonly kind: 'whoareyou' };

/** One identity that talks to the node under test, with the keys of one session at a time, whatever address it uses. */
class Tester {
  now = 1_800_000_000_000;
  readonly key = random.bytes(32);
  readonly hash = idHash(curve.publicKey(this.key));
  readonly enr;
  readonly #target: Discv5Node;
  readonly #targetHash: Uint8Array;
  readonly #read = createDiscv5Reader(this.hash);
  #keys: { readonly read: Uint8Array; readonly write: Uint8Array } | null = null;
  #requests = 1;

  constructor(target: Discv5Node, at: SocketAddress | null = null) {
    this.#target = target;
    this.#targetHash = idHash(target.id);
    const pairs = at === null ? {} : { ip: parseIp(at.ip) ?? undefined, udp: at.port };
    this.enr = signEnr(curve, this.key, { seq: 1n, pairs });
  }

  nextId(): Uint8Array {
    return Uint8Array.of(1, this.#requests++);
  }

  /** Sends a message by the session, or as random bytes where there is none. */
  send(plain: Uint8Array, from: SocketAddress): (Whoareyou | Discv5Message)[] {
    const nonce = random.bytes(12);
    const keys = this.#keys;
    const seal = (n: Uint8Array, ad: Uint8Array) =>
      keys === null ? random.bytes(20) : sealMessage(keys.write, n, plain, ad);
    const packet = { source: this.hash, to: this.#targetHash, nonce, iv: random.bytes(16) };
    return this.#deliver(encodeOrdinary(packet, seal), from);
  }

  /** Answers a challenge with a handshake that carries the message. */
  shake(
    challenge: Uint8Array,
    plain: Uint8Array,
    from: SocketAddress,
    record: Uint8Array | null = this.enr.bytes,
  ): (Whoareyou | Discv5Message)[] {
    const ephemeral = random.bytes(32);
    const ephemeralKey = curve.compress(curve.publicKey(ephemeral));
    const idSignature = signIdProof(curve, this.key, { challenge, ephemeralKey, responder: this.#targetHash });
    const parties = { challenge, initiator: this.hash, responder: this.#targetHash };
    const { initiatorKey, recipientKey } = agreeOnKeys(curve, ephemeral, this.#target.id, parties);
    this.#keys = { read: recipientKey, write: initiatorKey };
    const packet = { source: this.hash, to: this.#targetHash, nonce: random.bytes(12), iv: random.bytes(16) };
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
      if (!('send' in output)) return [];
      assert.deepEqual(output.send.to, from);
      const packet = this.#read(output.send.bytes) ?? assert.fail('not addressed to us');
      if (packet.kind === 'whoareyou') return [packet];
      const keys = this.#keys ?? assert.fail('a message without a session');
      return [decodeDiscv5Message(openMessage(keys.read, packet.nonce, packet.sealed, packet.ad))];
    });
  }
}

const l1 = { ip: '127.0.0.1', port: 4_001 };
const l2 = { ip: '127.0.0.2', port: 4_002 };
const only = <T>(list: readonly T[]): T => {
  assert.equal(list.length, 1);
  return list[0]!;
};

test('Ping', () => {
  const tester = new Tester(createDiscv5Node().node);
  const requestId = tester.nextId();
  const [pong] = tester.ask({ kind: 'ping', requestId, enrSeq: 1n }, l1);
  assert.deepEqual(pong, { kind: 'pong', requestId, enrSeq: 1n, ip: l1.ip, udp: l1.port });
});

test('PingLargeRequestID', () => {
  const tester = new Tester(createDiscv5Node().node);
  const plain = concatBytes(Uint8Array.of(1), encodeRlp([new Uint8Array(9), 1]));
  const challenge = only(tester.send(plain, l1));
  assert.ok(challenge.kind === 'whoareyou');
  assert.deepEqual(tester.shake(challenge.challenge, plain, l1), []);
});

test('PingMultiIP', () => {
  const tester = new Tester(createDiscv5Node().node);
  const ping = (): Discv5Message => ({ kind: 'ping', requestId: tester.nextId(), enrSeq: 1n });
  assert.equal(tester.ask(ping(), l1)[0]?.kind, 'pong');
  const second = encodeDiscv5Message(ping());
  const challenge = only(tester.send(second, l2));
  assert.ok(challenge.kind === 'whoareyou');
  const [pong] = tester.shake(challenge.challenge, second, l2);
  assert.ok(pong?.kind === 'pong' && pong.ip === l2.ip && pong.udp === l2.port);
  assert.equal(only(tester.send(encodeDiscv5Message(ping()), l1)).kind, 'whoareyou');
});

test('HandshakeResend', () => {
  const tester = new Tester(createDiscv5Node().node);
  const plain = encodeDiscv5Message({ kind: 'ping', requestId: tester.nextId(), enrSeq: 1n });
  const first = only(tester.send(plain, l1));
  tester.now += 900;
  const again = only(tester.send(plain, l1));
  assert.ok(first.kind === 'whoareyou' && again.kind === 'whoareyou');
  assert.deepEqual([again.nonce, again.challenge], [first.nonce, first.challenge]);
  tester.now += 900;
  assert.equal(tester.shake(again.challenge, plain, l1)[0]?.kind, 'pong');
});

test('TalkRequest', () => {
  const tester = new Tester(createDiscv5Node().node);
  const protocol = Uint8Array.from(Buffer.from('test-protocol'));
  for (const requestId of [tester.nextId(), new Uint8Array(0)]) {
    const [talk] = tester.ask({ kind: 'talkreq', requestId, protocol, data: new Uint8Array(0) }, l1);
    assert.deepEqual(talk, { kind: 'talkresp', requestId, data: new Uint8Array(0) });
  }
});

test('FindnodeZeroDistance', () => {
  const { node } = createDiscv5Node();
  const tester = new Tester(node);
  const requestId = tester.nextId();
  const [nodes] = tester.ask({ kind: 'findnode', requestId, distances: [0] }, l1);
  assert.deepEqual(nodes, { kind: 'nodes', requestId, total: 1, records: [node.enr.bytes] });
});

test('FindnodeResults: those who shook hands are pinged, and named once they answered, at their distances only', () => {
  const { node } = createDiscv5Node();
  const bystanders = Array.from({ length: 5 }, (_, i) => {
    const at = { ip: '127.0.0.1', port: 5_000 + i };
    return { at, tester: new Tester(node, at) };
  });
  for (const { at, tester } of bystanders) {
    const [pong, ping] = tester.ask({ kind: 'ping', requestId: tester.nextId(), enrSeq: 1n }, at);
    assert.deepEqual([pong?.kind, ping?.kind], ['pong', 'ping']);
    const answer: Discv5Message = { kind: 'pong', requestId: ping!.requestId, enrSeq: 1n, ...at, udp: at.port };
    assert.deepEqual(tester.send(encodeDiscv5Message(answer), at), []);
  }
  const target = idHash(node.id);
  const asker = new Tester(node);
  const ask = (distances: readonly number[]) => {
    const answers = asker.ask({ kind: 'findnode', requestId: asker.nextId(), distances }, l1);
    return answers.flatMap((answer) => (answer.kind === 'nodes' ? answer.records : assert.fail(answer.kind)));
  };
  const all = [...new Set(bystanders.map(({ tester }) => logDistance(target, tester.hash)))];
  assert.deepEqual(new Set(ask(all).map(String)), new Set(bystanders.map(({ tester }) => String(tester.enr.bytes))));
  for (const distance of [1, 240, 254, 255, 256, 300]) {
    for (const record of ask([distance])) {
      assert.equal(logDistance(target, idHash(decodeEnr(curve, record).id)), distance);
    }
  }
});

test('NODES: no packet over 1280 bytes, at most five, 16 records, each once, the total in each', () => {
  const { node } = createDiscv5Node();
  for (let i = 0; i < 40; i++) {
    const key = random.bytes(32);
    const enr = signEnr(curve, key, {
      seq: 1n,
      pairs: { ip: Uint8Array.of(127, 0, 1, i), udp: 9, x: random.bytes(150) },
    });
    node.table.add({ id: enr.id, ip: `127.0.1.${i}`, udp: 9, tcp: 0, record: enr.bytes }, 1_800_000_000_000);
  }
  const tester = new Tester(node);
  const answers = tester.ask(
    { kind: 'findnode', requestId: tester.nextId(), distances: [256, 256, 255, 254, 253] },
    l1,
  );
  const records = answers.flatMap((answer) => (answer.kind === 'nodes' ? answer.records : []));
  assert.ok(
    answers.length <= 5 && answers.every((answer) => answer.kind === 'nodes' && answer.total === answers.length),
  );
  assert.ok(records.length >= 13 && records.length <= 16);
  assert.equal(new Set(records.map(String)).size, records.length);
});

test('a handshake with the record of another, without one, or with a wrong signature makes no session', () => {
  const { node } = createDiscv5Node();
  const plain = encodeDiscv5Message({ kind: 'ping', requestId: Uint8Array.of(1), enrSeq: 1n });
  const tester = new Tester(node);
  const challenge = only(tester.send(plain, l1));
  assert.ok(challenge.kind === 'whoareyou' && challenge.enrSeq === 0n);
  const other = new Tester(node);
  assert.deepEqual(other.shake(challenge.challenge, plain, l1), []);
  assert.deepEqual(tester.shake(challenge.challenge, plain, l1, other.enr.bytes), []);
  assert.deepEqual(tester.shake(challenge.challenge, plain, l1, null), []);
  assert.equal(node.sizes.sessions, 0);
  // The wrong challenge is signed: three times, and the right one is void.
  const wrong = challenge.challenge.map((byte, i) => (i === 50 ? byte ^ 1 : byte));
  for (let i = 0; i < 3; i++) assert.deepEqual(tester.shake(wrong, plain, l1), []);
  assert.deepEqual(tester.shake(challenge.challenge, plain, l1), []);
  assert.equal(node.sizes.sessions, 0);
});

test('a handshake that comes too late, or twice, makes no session', () => {
  const { node } = createDiscv5Node();
  const plain = encodeDiscv5Message({ kind: 'ping', requestId: Uint8Array.of(1), enrSeq: 1n });
  const late = new Tester(node);
  const first = only(late.send(plain, l1));
  assert.ok(first.kind === 'whoareyou');
  late.now += 2_000;
  assert.deepEqual(late.shake(first.challenge, plain, l1), []);
  const second = only(late.send(plain, l1));
  assert.ok(second.kind === 'whoareyou');
  assert.notDeepEqual(second.challenge, first.challenge);
  assert.equal(late.shake(second.challenge, plain, l1)[0]?.kind, 'pong');
  assert.deepEqual(late.shake(second.challenge, plain, l1), []);
});
