import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { createDiscv5Node } from '../../testkit/discv5Simulation.ts';
import { Discv5Tester } from '../../testkit/discv5Tester.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { concatBytes } from '../wire/bytes.ts';
import { type Discv5Message, encodeDiscv5Message } from '../wire/discv5Message.ts';
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
const l1 = { ip: '127.0.0.1', port: 4_001 };
const l2 = { ip: '127.0.0.2', port: 4_002 };
const only = <T>(list: readonly T[]): T => {
  assert.equal(list.length, 1);
  return list[0]!;
};

test('Ping', () => {
  const tester = new Discv5Tester(createDiscv5Node().node, random);
  const requestId = tester.nextId();
  const [pong] = tester.ask({ kind: 'ping', requestId, enrSeq: 1n }, l1);
  assert.deepEqual(pong, { kind: 'pong', requestId, enrSeq: 1n, ip: l1.ip, udp: l1.port });
});

test('PingLargeRequestID', () => {
  const tester = new Discv5Tester(createDiscv5Node().node, random);
  const plain = concatBytes(Uint8Array.of(1), encodeRlp([new Uint8Array(9), 1]));
  const challenge = only(tester.send(plain, l1));
  assert.ok(challenge.kind === 'whoareyou');
  assert.deepEqual(tester.shake(challenge.challenge, plain, l1), []);
});

test('PingMultiIP', () => {
  const tester = new Discv5Tester(createDiscv5Node().node, random);
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
  const tester = new Discv5Tester(createDiscv5Node().node, random);
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
  const tester = new Discv5Tester(createDiscv5Node().node, random);
  const protocol = Uint8Array.from(Buffer.from('test-protocol'));
  for (const requestId of [tester.nextId(), new Uint8Array(0)]) {
    const [talk] = tester.ask({ kind: 'talkreq', requestId, protocol, data: new Uint8Array(0) }, l1);
    assert.deepEqual(talk, { kind: 'talkresp', requestId, data: new Uint8Array(0) });
  }
});

test('FindnodeZeroDistance', () => {
  const { node } = createDiscv5Node();
  const tester = new Discv5Tester(node, random);
  const requestId = tester.nextId();
  const [nodes] = tester.ask({ kind: 'findnode', requestId, distances: [0] }, l1);
  assert.deepEqual(nodes, { kind: 'nodes', requestId, total: 1, records: [node.enr.bytes] });
});

test('FindnodeResults: those who shook hands are pinged, and named once they answered, at their distances only', () => {
  const { node } = createDiscv5Node();
  const bystanders = Array.from({ length: 5 }, (_, i) => {
    const at = { ip: '127.0.0.1', port: 5_000 + i };
    return { at, tester: new Discv5Tester(node, random, at) };
  });
  for (const { at, tester } of bystanders) {
    const [pong, ping] = tester.ask({ kind: 'ping', requestId: tester.nextId(), enrSeq: 1n }, at);
    assert.deepEqual([pong?.kind, ping?.kind], ['pong', 'ping']);
    const answer: Discv5Message = { kind: 'pong', requestId: ping!.requestId, enrSeq: 1n, ...at, udp: at.port };
    assert.deepEqual(tester.send(encodeDiscv5Message(answer), at), []);
  }
  const target = idHash(node.id);
  const asker = new Discv5Tester(node, random);
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
  const tester = new Discv5Tester(node, random);
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
  const tester = new Discv5Tester(node, random);
  const challenge = only(tester.send(plain, l1));
  assert.ok(challenge.kind === 'whoareyou' && challenge.enrSeq === 0n);
  const other = new Discv5Tester(node, random);
  assert.deepEqual(other.shake(challenge.challenge, plain, l1), []);
  assert.deepEqual(tester.shake(challenge.challenge, plain, l1, other.enr.bytes), []);
  assert.deepEqual(tester.shake(challenge.challenge, plain, l1, null), []);
  assert.equal(node.sizes.sessions, 0);
  // The wrong challenge is signed: three times, and the right one is void.
  const another = only(tester.send(plain, l2));
  assert.ok(another.kind === 'whoareyou');
  const wrong = another.challenge.map((byte, i) => (i === 50 ? byte ^ 1 : byte));
  for (let i = 0; i < 3; i++) assert.deepEqual(tester.shake(wrong, plain, l2), []);
  assert.deepEqual(tester.shake(another.challenge, plain, l2), []);
  assert.deepEqual(tester.rejected.slice(-2), ['packetSignature', 'unsolicited']);
  assert.equal(node.sizes.sessions, 0);
});

test('whatever is wrong with a handshake, three of them end its challenge: no more of the curve is spent on it', () => {
  const { node } = createDiscv5Node();
  const plain = encodeDiscv5Message({ kind: 'ping', requestId: Uint8Array.of(1), enrSeq: 1n });
  const challengeOf = (tester: Discv5Tester) => {
    const packet = only(tester.send(plain, l1));
    assert.ok(packet.kind === 'whoareyou');
    return packet.challenge;
  };
  // Signed as it should be, and the message cannot be opened.
  let isSpoilt = true;
  const spoiling: Pick<Discv5Node, 'id' | 'receive'> = {
    id: node.id,
    receive: (bytes, from, now) =>
      node.receive(isSpoilt ? bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)) : bytes, from, now),
  };
  const spoilt = new Discv5Tester(spoiling as Discv5Node, random);
  const first = challengeOf(spoilt);
  for (let i = 0; i < 3; i++) assert.deepEqual(spoilt.shake(first, plain, l1), []);
  isSpoilt = false;
  assert.deepEqual(spoilt.shake(first, plain, l1), []);
  // Signed as it should be, beside a record of somebody else.
  const [tester, other] = [new Discv5Tester(node, random), new Discv5Tester(node, random)];
  const second = challengeOf(tester);
  for (let i = 0; i < 3; i++) assert.deepEqual(tester.shake(second, plain, l1, other.enr.bytes), []);
  assert.deepEqual(tester.shake(second, plain, l1), []);
  assert.deepEqual([spoilt.rejected.at(-1), tester.rejected.at(-1)], ['unsolicited', 'unsolicited']);
  assert.equal(node.sizes.sessions, 0);
});

test('a handshake that comes too late, or twice, makes no session', () => {
  const { node } = createDiscv5Node();
  const plain = encodeDiscv5Message({ kind: 'ping', requestId: Uint8Array.of(1), enrSeq: 1n });
  const late = new Discv5Tester(node, random);
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
