import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeEthPeer, type FakeEthPeerConfig } from '../../testkit/fakeEthPeer.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import {
  block1Raw,
  bytewise,
  converse,
  curve,
  genesisRaw,
  keys,
  ourKey,
  outbound,
  peer,
  run,
  start,
  status,
  theirKey,
} from '../../testkit/sessionHarness.ts';
import { hexToBytes } from '../wire/bytes.ts';
import { encodeBlockHeaders, ethCodes } from '../wire/ethMessages.ts';
import { encodeHello } from '../wire/hello.ts';
import { encodeRlp } from '../wire/rlp.ts';
import { compressBlock } from '../wire/snappyBlock.ts';
import type { HeaderWant, RlpxCode, RlpxStage } from './rlpxOutcome.ts';
import { RlpxSession, type RlpxSessionOutput } from './rlpxSession.ts';

test('silence at each stage ends with its code, at its time', () => {
  const wants: HeaderWant[] = [{ by: 'head' }];
  const table: [FakeEthPeerConfig['silentFrom'], RlpxCode, RlpxStage, number | null][] = [
    ['auth', 'authTimeout', 'tcp', null],
    ['hello', 'helloTimeout', 'tcp', 0x00],
    ['status', 'statusTimeout', 'hello', 0x00],
    ['headers', 'headersTimeout', 'status', 0x00],
  ];
  for (const [silentFrom, code, stage, reason] of table) {
    const other = peer(silentFrom === undefined ? {} : { silentFrom });
    const { outcome, endedAt } = run(outbound({ headers: wants }), other);
    assert.equal(outcome.code, code);
    assert.equal(outcome.stage, stage, code);
    assert.equal(endedAt, 5_000, code);
    assert.deepEqual(other.heard.disconnects, reason === null ? [] : [reason], code);
    assert.equal(outcome.identityProven, stage === 'hello' || stage === 'status', code);
  }
});

test('our machine against itself: both wait for the other, neither sends a Status, both leave with 0x00', () => {
  const a = outbound();
  const b = new RlpxSession(
    { ...keys(theirKey, 3), role: { at: 'responder' }, clientName: 'b', listenPort: 0, headers: [] },
    start,
  );
  const wire: [Uint8Array, RlpxSession][] = [];
  const closes: RlpxCode[] = [];
  function apply(outputs: readonly RlpxSessionOutput[], to: RlpxSession): void {
    for (const output of outputs) {
      if ('send' in output) wire.push(...bytewise(output.send).map((byte): [Uint8Array, RlpxSession] => [byte, to]));
      if ('close' in output) closes.push(output.close);
    }
  }
  apply(a.start(), b);
  apply(b.start(), a);
  function drain(now: number): void {
    for (let item = wire.shift(); item !== undefined; item = wire.shift())
      apply(item[1].receive(item[0], now), item[1] === a ? b : a);
  }
  drain(start);
  assert.equal(a.nextDeadline(), start + 5_000);
  apply(a.tick(start + 5_000), b);
  drain(start + 5_000);
  assert.deepEqual(closes, ['statusTimeout', 'disconnected']);
  const [seenByA, seenByB] = [a.outcome(start + 5_000), b.outcome(start + 5_000)];
  assert.equal(seenByA.hello?.clientName, 'b');
  assert.equal(seenByB.hello?.clientName, 'forkscope/v0');
  assert.deepEqual(seenByB.remoteId, curve.publicKey(ourKey));
  assert.equal(seenByB.direction, 'inbound');
  assert.equal(seenByB.remoteReason, 0x00);
});

test('a Disconnect at any stage is recorded, in any encoding, and proves the key', () => {
  const disconnect = (hex: string) => ({ insteadOfHello: [{ code: 1, body: hexToBytes(hex) }] });
  for (const hex of ['c104', '04', '0204c104', '82c104']) {
    const { outcome } = run(outbound(), peer(disconnect(hex)));
    assert.equal(outcome.code, 'disconnected', hex);
    assert.equal(outcome.remoteReason, 4, hex);
    assert.equal(outcome.stage, 'auth', hex);
    assert.equal(outcome.identityProven, true, hex);
  }
  const unread = run(outbound(), peer(disconnect('0404'))).outcome;
  assert.equal(unread.code, 'disconnected');
  assert.equal(unread.remoteReason, null);
  const after = run(outbound(), peer({ insteadOfStatus: [{ code: 1, body: hexToBytes('10') }] })).outcome;
  assert.equal(after.remoteReason, 0x10);
  assert.equal(after.stage, 'hello');
  assert.equal(after.hello?.clientName, 'Fake/v1.0.0/linux-amd64/go1.25', 'what was learned is kept');
});

test('a connection closed at any stage', () => {
  const session = outbound();
  session.start();
  assert.deepEqual(session.ended(start + 7), [{ close: 'closedEarly' }]);
  assert.equal(session.outcome(start + 7).stage, 'tcp');
});

test('answers that were not asked for, or are wrong, count for nothing', () => {
  const wants: HeaderWant[] = [{ by: 'number', number: 1n, amount: 1 }];
  const session = outbound({ headers: wants });
  const other = peer({ silentFrom: 'headers' });
  const feed = converse(session, other);
  const answer = (id: bigint, raw: readonly Uint8Array[]) =>
    other.say(0x10 + ethCodes.blockHeaders, encodeBlockHeaders(raw, id, 68));
  feed(answer(99n, [block1Raw]));
  feed(answer(1n, [genesisRaw]));
  feed(answer(1n, [block1Raw, block1Raw]));
  feed(answer(1n, [encodeRlp([1, 2, 3])]));
  feed(other.say(0x10 + ethCodes.blockHeaders, hexToBytes('01')));
  assert.equal(session.outcome(start).ignoredMessages, 5);
  assert.deepEqual(session.outcome(start).headers, []);
  feed(answer(1n, [block1Raw]));
  assert.equal(session.outcome(start).code, 'ok');
  assert.deepEqual(session.outcome(start).headers, [{ want: wants[0], headers: [block1Raw] }]);
});

test('hostile peers end as typed errors, and what was learned is kept', () => {
  const helloOfAnother = encodeHello({
    p2pVersion: 5,
    clientName: new Uint8Array(0),
    capabilities: [],
    listenPort: 0,
    nodeId: new Uint8Array(64).fill(1),
  });
  /** Lists, each inside the one before, for as long as lengths take two bytes. */
  const nested = (size: number) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; size - at - 3 >= 256; at += 3) bytes.set([0xf9, (size - at - 3) >> 8, (size - at - 3) & 0xff], at);
    return bytes;
  };
  const bomb = hexToBytes('ffffff7f00');
  const table: [string, Partial<FakeEthPeerConfig>, RlpxCode, RlpxStage, string][] = [
    [
      'Hello of another key',
      { insteadOfHello: [{ code: 0, body: helloOfAnother }] },
      'protocolError',
      'auth',
      'messageField',
    ],
    [
      'Status instead of Hello',
      { insteadOfHello: [{ code: 16, body: hexToBytes('c0') }] },
      'protocolError',
      'auth',
      'messageCode',
    ],
    [
      'a Hello of 3 kB',
      { insteadOfHello: [{ code: 0, body: new Uint8Array(3000) }] },
      'protocolError',
      'auth',
      'messageSize',
    ],
    [
      'a frame of 70 kB before Hello',
      { insteadOfHello: [{ code: 0, body: new Uint8Array(70_000) }] },
      'protocolError',
      'auth',
      'frameSize',
    ],
    [
      'a frame of 70 kB before Status',
      { insteadOfStatus: [{ code: 16, body: new Uint8Array(70_000) }] },
      'protocolError',
      'hello',
      'frameSize',
    ],
    ['a bomb as Status', { insteadOfStatus: [{ code: 16, body: bomb }] }, 'protocolError', 'hello', 'snappySize'],
    [
      'rubbish as Status',
      { insteadOfStatus: [{ code: 16, body: hexToBytes('0504aabb') }] },
      'protocolError',
      'hello',
      'snappyCorrupt',
    ],
    [
      '2 kB of nested lists as Hello',
      { insteadOfHello: [{ code: 0, body: nested(2_000) }] },
      'protocolError',
      'auth',
      'rlpDepth',
    ],
    [
      '60 kB of nested lists as Status',
      { insteadOfStatus: [{ code: 16, body: compressBlock(nested(60_000)) }] },
      'protocolError',
      'hello',
      'snappySize',
    ],
    [
      'an endless code',
      { insteadOfHello: [{ code: 0xffff_ffff, body: new Uint8Array(0) }] },
      'protocolError',
      'auth',
      'messageCode',
    ],
  ];
  for (const [label, config, code, stage, wireCode] of table) {
    const { outcome } = run(outbound(), peer(config));
    assert.equal(outcome.code, code, label);
    assert.equal(outcome.wireCode, wireCode, label);
    assert.equal(outcome.stage, stage, label);
    assert.equal(outcome.hello === null, stage === 'auth', label);
  }
});

test('an impostor without the key is never proven', () => {
  // It answers our auth with an ack that needs only our public key, then with frames under secrets of its own.
  const session = outbound();
  session.start();
  const impostor = new FakeEthPeer(keys(theirKey, 5), { at: 'responder' }, { status });
  const victim = outbound({ random: seededRandom(77) });
  const [first] = victim.start();
  assert.ok(first !== undefined && 'send' in first);
  const outputs = impostor.receive(first.send).flatMap((bytes) => session.receive(bytes, start));
  assert.ok(outputs.some((output) => 'close' in output));
  const outcome = session.outcome(start);
  assert.equal(outcome.code, 'authFailed');
  assert.equal(outcome.wireCode, 'frameHeaderMac');
  assert.equal(outcome.identityProven, false);
  assert.equal(outcome.stage, 'tcp');
});

test('rubbish instead of an ack', () => {
  const session = outbound();
  session.start();
  const outputs = session.receive(hexToBytes('485454502f312e3120343030'), start);
  assert.deepEqual(outputs, [{ close: 'authFailed' }], '"HTTP/1.1 400": the size prefix says 18,516 bytes');
  assert.equal(session.outcome(start).wireCode, 'eciesSize');
});

test('a flood ends at the bound on messages, on bytes, and on time', () => {
  const ping = { code: 2, body: compressBlock(hexToBytes('c0')) };
  const flood = run(
    outbound({ limits: { maxMessages: 50 } }),
    peer({ insteadOfStatus: Array.from({ length: 60 }, () => ping) }),
  );
  assert.equal(flood.outcome.code, 'protocolError');
  assert.equal(flood.outcome.wireCode, 'messageSize');
  const big = { code: 0x10 + ethCodes.transactions, body: new Uint8Array(30_000) };
  const bytes = run(
    outbound({ limits: { maxSessionBytes: 100_000 } }),
    peer({ insteadOfStatus: [big, big, big, big] }),
  );
  assert.equal(bytes.outcome.wireCode, 'messageSize');
  const short = run(outbound({ limits: { sessionMs: 3_000 } }), peer({ silentFrom: 'status' }));
  assert.equal(short.outcome.code, 'sessionTimeout');
  assert.equal(short.endedAt, 3_000);
});
