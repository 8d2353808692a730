import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { HeaderFinding, StatusFinding, VisitCode, VisitStage } from '../crawl/visit.ts';
import { FakeEthPeer, type FakeEthPeerConfig } from '../testkit/fakeEthPeer.ts';
import { mutate } from '../testkit/fuzz.ts';
import { readTestdata } from '../testkit/readTestdata.ts';
import { seededRandom } from '../testkit/seededRandom.ts';
import { bytesToHex, concatBytes, hexToBytes } from '../wire/bytes.ts';
import { encodeBlockHeaders, ethCodes } from '../wire/ethMessages.ts';
import { type EthStatus, type EthVersion, encodeStatus } from '../wire/ethStatus.ts';
import { encodeHello } from '../wire/hello.ts';
import { encodeRlp } from '../wire/rlp.ts';
import { type Curve, chooseCurve } from '../wire/secp256k1.ts';
import { compressBlock } from '../wire/snappyBlock.ts';
import type { RlpxKeys } from './rlpxConnection.ts';
import type { HeaderWant, RlpxCode, RlpxOutcome, RlpxStage } from './rlpxOutcome.ts';
import { RlpxSession, type RlpxSessionConfig, type RlpxSessionOutput } from './rlpxSession.ts';

let curve: Curve;
before(async () => {
  curve = await chooseCurve();
});
const ourKey = new Uint8Array(32).fill(0x11);
const theirKey = new Uint8Array(32).fill(0x22);
const headers = readTestdata('crawler/wire/testdata/headers.json');
const genesisRaw = hexToBytes(headers.mainnetGenesis.rlp);
const block1Raw = hexToBytes(headers.mainnetBlock1.rlp);
const genesisHash = hexToBytes(headers.mainnetGenesis.hash);
const status: EthStatus = {
  protocolVersion: 68,
  networkId: 1n,
  totalDifficulty: 17_179_869_184n,
  genesisHash,
  headHash: hexToBytes(headers.mainnetBlock1.hash),
  forkId: { hash: hexToBytes('07c9462e'), next: 0xffff_ffff_ffff_ffffn },
  blockRange: { earliest: 0n, latest: 1n },
};
const start = 1_700_000_000_000;

function keys(privateKey: Uint8Array, seed: number): RlpxKeys {
  return { curve, privateKey, random: seededRandom(seed) };
}

function outbound(change: Partial<RlpxSessionConfig> = {}): RlpxSession {
  const config: RlpxSessionConfig = {
    ...keys(ourKey, 1),
    role: { at: 'initiator', remoteId: curve.publicKey(theirKey) },
    clientName: 'forkscope/v0',
    listenPort: 0,
    headers: [],
    ...change,
  };
  return new RlpxSession(config, start);
}

function peer(config: Partial<FakeEthPeerConfig> = {}, seed = 2): FakeEthPeer {
  return new FakeEthPeer(keys(theirKey, seed), { at: 'responder' }, { status, ...config });
}

interface Run {
  readonly outcome: RlpxOutcome;
  readonly closed: RlpxCode | null;
  readonly proven: readonly Uint8Array[];
  /** Everything that we sent. */
  readonly sent: Uint8Array;
  readonly endedAt: number;
}

/** Joins a session and a peer under a simulated clock until the session closes; `cut` cuts the peer's bytes. */
function run(
  session: RlpxSession,
  other: FakeEthPeer,
  cut: (bytes: Uint8Array) => Uint8Array[] = (bytes) => [bytes],
): Run {
  let now = start;
  let closed: RlpxCode | null = null;
  const proven: Uint8Array[] = [];
  const sent: Uint8Array[] = [];
  function apply(outputs: readonly RlpxSessionOutput[]): void {
    for (const output of outputs) {
      assert.equal(closed, null, 'close is the last output');
      if ('close' in output) closed = output.close;
      else if ('event' in output) proven.push(output.remoteId);
      else {
        sent.push(output.send);
        queue.push(...other.receive(output.send).flatMap(cut));
      }
    }
  }
  const queue: Uint8Array[] = [];
  apply(session.start());
  while (closed === null) {
    const bytes = queue.shift();
    if (bytes !== undefined) {
      apply(session.receive(bytes, now));
      continue;
    }
    const due = session.nextDeadline();
    assert.ok(due !== null && due >= now, 'a deadline always lies ahead');
    assert.deepEqual(session.tick(due - 1), [], 'nothing happens a millisecond early');
    now = due;
    apply(session.tick(now));
  }
  assert.equal(session.nextDeadline(), null);
  assert.deepEqual(session.receive(Uint8Array.of(1), now), [], 'a closed session is deaf');
  assert.deepEqual(session.tick(now + 1e9), []);
  return { outcome: session.outcome(now), closed, proven, sent: concatBytes(...sent), endedAt: now - start };
}

const bytewise = (bytes: Uint8Array) => Array.from(bytes, (byte) => Uint8Array.of(byte));

test('a whole session with each version: Hello, Status, echo, headers, goodbye', () => {
  for (const version of [63, 64, 65, 66, 67, 68, 69, 70, 71, 72] as const) {
    const other = peer({
      version,
      headers: new Map([
        [0n, genesisRaw],
        [1n, block1Raw],
      ]),
      headOf: block1Raw,
    });
    const wants: HeaderWant[] = [
      { by: 'number', number: 0n, amount: 2 },
      { by: 'head' },
      { by: 'number', number: 99n, amount: 1 },
    ];
    const { outcome, endedAt } = run(outbound({ headers: wants }), other);
    const label = `eth/${version}`;
    assert.equal(outcome.code, 'ok', label);
    assert.equal(outcome.stage, 'headers', label);
    assert.equal(endedAt, 0, label);
    assert.equal(outcome.status?.ethVersion, version, label);
    assert.equal(outcome.status?.headNumber, 1n, label);
    assert.equal(outcome.hello?.clientName, 'Fake/v1.0.0/linux-amd64/go1.25');
    assert.deepEqual(
      outcome.headers,
      [
        { want: wants[0], headers: [genesisRaw, block1Raw] },
        { want: wants[1], headers: [block1Raw] },
        { want: wants[2], headers: [] },
      ],
      label,
    );
    // Our Status says what theirs said, in the version agreed on.
    assert.deepEqual(
      other.heard.status,
      {
        ...status,
        protocolVersion: version,
        totalDifficulty: version <= 68 ? status.totalDifficulty : null,
        forkId: version >= 64 ? status.forkId : null,
        blockRange: version >= 69 ? status.blockRange : null,
      },
      label,
    );
    assert.deepEqual(other.heard.disconnects, [0x08], label);
    assert.deepEqual(
      other.heard.hello?.capabilities.map((cap) => `${cap.name}/${cap.version}`),
      [63, 64, 65, 66, 67, 68, 69, 70, 71, 72].map((v) => `eth/${v}`),
    );
  }
});

test('the peer proves its key, and the session says so once', () => {
  const { outcome, proven } = run(outbound(), peer());
  assert.deepEqual(proven, [curve.publicKey(theirKey)]);
  assert.equal(outcome.identityProven, true);
  assert.equal(outcome.stage, 'status');
  assert.deepEqual(outcome.timings, { tcpMs: null, authMs: 0, helloMs: 0, statusMs: 0, totalMs: 0 });
});

test('bytes cut one by one or at random make no difference', () => {
  const config = { headers: new Map([[0n, genesisRaw]]) };
  const wants: HeaderWant[] = [{ by: 'number', number: 0n, amount: 1 }];
  const whole = run(outbound({ headers: wants }), peer(config));
  const single = run(outbound({ headers: wants }), peer(config), bytewise);
  assert.deepEqual(single.outcome, whole.outcome);
  assert.deepEqual(single.sent, whole.sent, 'the same chance gives the same bytes');
  const random = seededRandom();
  for (let i = 0; i < 20; i++) {
    const cut = (bytes: Uint8Array) => {
      const at = random.below(bytes.length);
      return [bytes.subarray(0, at), bytes.subarray(at)];
    };
    assert.deepEqual(run(outbound({ headers: wants }), peer(config), cut).sent, whole.sent, `FUZZ_SEED=${random.seed}`);
  }
});

test('a session replays byte for byte from its seed', () => {
  assert.equal(bytesToHex(run(outbound(), peer()).sent), bytesToHex(run(outbound(), peer()).sent));
  const other = run(outbound({ random: seededRandom(99) }), peer());
  assert.notEqual(bytesToHex(other.sent), bytesToHex(run(outbound(), peer()).sent));
});

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

test('inbound: a peer that dials us is read in the same way', () => {
  const session = outbound({ role: { at: 'responder' } });
  const other = new FakeEthPeer(
    keys(theirKey, 4),
    { at: 'initiator', remoteId: curve.publicKey(ourKey) },
    { status, clientName: 'Caller/v1' },
  );
  const closes: RlpxCode[] = [];
  let toUs: Uint8Array[] = [other.connection.opening];
  while (toUs.length > 0 && closes.length === 0) {
    const outputs = toUs.flatMap((bytes) => session.receive(bytes, start));
    closes.push(...outputs.flatMap((output) => ('close' in output ? [output.close] : [])));
    toUs = outputs.flatMap((output) => ('send' in output ? other.receive(output.send) : []));
  }
  const outcome = session.outcome(start);
  assert.deepEqual(closes, ['ok']);
  assert.equal(outcome.hello?.clientName, 'Caller/v1');
  assert.deepEqual(outcome.remoteId, curve.publicKey(theirKey));
  assert.equal(outcome.status?.networkId, 1n);
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

test('Ping is answered while a Status is awaited, and other messages are passed over', () => {
  const early = [
    { code: 2, body: compressBlock(hexToBytes('c0')) },
    { code: 3, body: compressBlock(hexToBytes('c0')) },
    { code: 7, body: hexToBytes('ff') },
    { code: 0x10 + ethCodes.newPooledTransactionHashes, body: hexToBytes('ff') },
    { code: 0x10 + 17, body: hexToBytes('ff') },
    { code: 0x10, body: compressBlock(encodeStatus(status, 68)) },
  ];
  const other = peer({ insteadOfStatus: early });
  const { outcome } = run(outbound(), other);
  assert.equal(outcome.code, 'ok');
  assert.equal(other.heard.pongs, 1);
  assert.equal(outcome.ignoredMessages, 1, "eth messages before Status; codes beyond eth are nobody's");
});

test('requests are answered with nothing', () => {
  const session = outbound({ headers: [{ by: 'head' }] });
  const other = peer({ silentFrom: 'headers' });
  const toUs = [...session.start().flatMap((output) => ('send' in output ? other.receive(output.send) : []))];
  const feed = (bytes: Uint8Array) =>
    session.receive(bytes, start).flatMap((output) => ('send' in output ? other.receive(output.send) : []));
  for (let bytes = toUs.shift(); bytes !== undefined; bytes = toUs.shift()) toUs.push(...feed(bytes));
  other.heard.codes.length = 0;
  feed(other.say(0x10 + ethCodes.getBlockBodies, encodeRlp([77, [new Uint8Array(32)]])));
  feed(other.say(0x10 + ethCodes.getBlockHeaders, encodeRlp([78, [1, 1, 0, 0]])));
  assert.deepEqual(other.heard.codes, [0x10 + ethCodes.blockBodies, 0x10 + ethCodes.blockHeaders]);
  assert.deepEqual(session.outcome(start).code, 'aborted', 'still open');
});

test('answers that were not asked for, or are wrong, count for nothing', () => {
  const wants: HeaderWant[] = [{ by: 'number', number: 1n, amount: 1 }];
  const session = outbound({ headers: wants });
  const other = peer({ silentFrom: 'headers' });
  const toUs = [...session.start().flatMap((output) => ('send' in output ? other.receive(output.send) : []))];
  const feed = (bytes: Uint8Array) =>
    session.receive(bytes, start).flatMap((output) => ('send' in output ? other.receive(output.send) : []));
  for (let bytes = toUs.shift(); bytes !== undefined; bytes = toUs.shift()) toUs.push(...feed(bytes));
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

test('a BlockRangeUpdate is noted from eth/69 on', () => {
  const range = { earliest: 5n, latest: 9n, latestHash: genesisHash };
  const wants: HeaderWant[] = [{ by: 'head' }];
  assert.deepEqual(run(outbound({ headers: wants }), peer({ version: 69, range })).outcome.blockRange, range);
  assert.equal(run(outbound({ headers: wants }), peer({ version: 68, range })).outcome.blockRange, null);
});

test('no eth in common: the Hello is kept, we leave with 0x00', () => {
  const other = peer({
    capabilities: [
      { name: 'les', version: 4 },
      { name: 'eth', version: 62 },
    ],
  });
  const { outcome } = run(outbound(), other);
  assert.equal(outcome.code, 'noEth');
  assert.equal(outcome.stage, 'hello');
  assert.deepEqual(outcome.hello?.capabilities[0], { name: 'les', version: 4 });
  assert.deepEqual(other.heard.disconnects, [0x00]);
});

test('a p2p version 4 peer speaks without compression', () => {
  const { outcome } = run(outbound({ headers: [{ by: 'head' }] }), peer({ p2pVersion: 4, headOf: block1Raw }));
  assert.equal(outcome.code, 'ok');
  assert.equal(outcome.status?.headNumber, 1n);
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
  // It answers our auth with an ack that it could make from our public key alone, then with frames of its own secrets.
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

test('we may leave at any time, politely where that is possible', () => {
  const early = outbound();
  early.start();
  assert.deepEqual(early.leave('aborted', start), [{ close: 'aborted' }]);
  const session = outbound({ headers: [{ by: 'head' }] });
  const other = peer({ silentFrom: 'headers' });
  const toUs = [...session.start().flatMap((output) => ('send' in output ? other.receive(output.send) : []))];
  for (let bytes = toUs.shift(); bytes !== undefined; bytes = toUs.shift()) {
    toUs.push(
      ...session.receive(bytes, start).flatMap((output) => ('send' in output ? other.receive(output.send) : [])),
    );
  }
  for (const output of session.leave('aborted', start)) if ('send' in output) other.receive(output.send);
  assert.deepEqual(other.heard.disconnects, [0x00]);
});

test("mutants of the peer's stream always end in an outcome", () => {
  const random = seededRandom();
  // One stream of an honest peer, recorded; our side has the same chance each time, so the secrets fit.
  const recorded: Uint8Array[] = [];
  run(outbound(), peer(), (bytes) => {
    recorded.push(bytes);
    return [bytes];
  });
  const stream = concatBytes(...recorded);
  const codes = new Set<RlpxCode>();
  for (let i = 0; i < 300; i++) {
    const session = outbound();
    session.start();
    const outputs = session.receive(mutate(stream, random), start);
    if (!outputs.some((output) => 'close' in output)) session.ended(start);
    codes.add(session.outcome(start).code);
  }
  assert.ok(
    codes.has('authFailed') && codes.has('protocolError') && codes.has('closedEarly'),
    `FUZZ_SEED=${random.seed}: ${[...codes]}`,
  );
});

test('the outcome fits the shapes of a visit', () => {
  const { outcome } = run(outbound(), peer());
  const code: VisitCode = outcome.code;
  const stage: VisitStage = outcome.stage;
  const found: StatusFinding | null = outcome.status;
  const findings: readonly HeaderFinding[] = outcome.headers;
  const version: EthVersion | undefined = outcome.status?.ethVersion;
  assert.deepEqual([code, stage, found?.networkId, findings, version], ['ok', 'status', 1n, [], 68]);
});
