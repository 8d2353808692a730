import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeEthPeer } from '../../testkit/fakeEthPeer.ts';
import { mutate } from '../../testkit/fuzz.ts';
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
import { bytesToHex, concatBytes, hexToBytes } from '../wire/bytes.ts';
import { ethCodes } from '../wire/ethMessages.ts';
import { type EthStatus, type EthVersion, encodeStatus } from '../wire/ethStatus.ts';
import { encodeDisconnect, p2pCodes } from '../wire/hello.ts';
import { encodeRlp } from '../wire/rlp.ts';
import { compressBlock } from '../wire/snappyBlock.ts';
import type { HeaderWant, RlpxCode } from './rlpxOutcome.ts';

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

test('inbound: a peer that dials us is read in the same way', () => {
  const asked: bigint[] = [];
  const headers = ({ networkId }: EthStatus): HeaderWant[] => {
    asked.push(networkId);
    return [{ by: 'head' }];
  };
  const session = outbound({ role: { at: 'responder' }, headers });
  const other = new FakeEthPeer(
    keys(theirKey, 4),
    { at: 'initiator', remoteId: curve.publicKey(ourKey) },
    { status, clientName: 'Caller/v1', headOf: block1Raw },
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
  assert.deepEqual(asked, [1n], 'what it is asked depends on which chain its Status names');
  assert.deepEqual(outcome.headers, [{ want: { by: 'head' }, headers: [block1Raw] }]);
  assert.equal(outcome.stage, 'headers');
  assert.equal(outcome.status?.networkId, 1n);
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
  const feed = converse(session, other);
  other.heard.codes.length = 0;
  feed(other.say(0x10 + ethCodes.getBlockBodies, encodeRlp([77, [new Uint8Array(32)]])));
  feed(other.say(0x10 + ethCodes.getBlockHeaders, encodeRlp([78, [1, 1, 0, 0]])));
  assert.deepEqual(other.heard.codes, [0x10 + ethCodes.blockBodies, 0x10 + ethCodes.blockHeaders]);
  assert.deepEqual(session.outcome(start).code, 'aborted', 'still open');
});

test('a BlockRangeUpdate brings the Status up to date from eth/69 on', () => {
  const range = { earliest: 5n, latest: 9n, latestHash: new Uint8Array(32).fill(9) };
  const wants: HeaderWant[] = [{ by: 'head' }];
  const seen = (version: EthVersion) => {
    const { status: found } = run(outbound({ headers: wants }), peer({ version, range })).outcome;
    return [found?.earliestNumber, found?.headNumber, found?.headHash];
  };
  const updated: readonly unknown[] = [range.earliest, range.latest, range.latestHash];
  assert.deepEqual(seen(69), updated);
  assert.notDeepEqual(seen(68), updated);
  assert.equal(seen(68)[0], null);
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

test('we may leave at any time, politely where that is possible', () => {
  const early = outbound();
  early.start();
  assert.deepEqual(early.leave('aborted', start), [{ close: 'aborted' }]);
  const session = outbound({ headers: [{ by: 'head' }] });
  const other = peer({ silentFrom: 'headers' });
  converse(session, other);
  for (const output of session.leave('aborted', start)) if ('send' in output) other.receive(output.send);
  assert.deepEqual(other.heard.disconnects, [0x00]);
});

test("mutants of the peer's stream always end in an outcome", () => {
  const random = seededRandom();
  // One stream of an honest peer, recorded; our side draws the same random bytes each time, so the secrets fit.
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

test('BSC: the UpgradeStatus that its nodes expect before anything else is sent where it is due', () => {
  const wants: HeaderWant[] = [{ by: 'head' }];
  const offers = [
    { name: 'bsc', version: 1 },
    { name: 'eth', version: 68 },
    { name: 'snap', version: 1 },
  ];
  const upgrade = 0x10 + ethCodes.upgradeStatus;
  const asked = 0x10 + ethCodes.getBlockHeaders;
  for (const [config, what] of [
    [{ status: { ...status, networkId: 56n } }, 'mainnet, told by its network id'],
    [{ status: { ...status, networkId: 97n } }, 'Chapel'],
    [{ capabilities: offers }, 'a chain of its own, told by its capability'],
    [{ status: { ...status, networkId: 56n }, version: 67 }, 'eth/67'],
  ] as const) {
    const other = peer({ ...config, upgrades: true, headOf: block1Raw });
    const { outcome } = run(outbound({ headers: wants }), other);
    assert.deepEqual([outcome.code, outcome.stage, outcome.status?.headNumber], ['ok', 'headers', 1n], what);
    const codes = other.heard.codes.filter((code) => code > 0x10);
    assert.deepEqual(codes, [upgrade, asked], `${what}: once, and first`);
  }
  for (const config of [{}, { version: 69 }, { version: 66, status: { ...status, networkId: 56n } }] as const) {
    const other = peer({ ...config, headOf: block1Raw });
    assert.equal(run(outbound({ headers: wants }), other).outcome.code, 'ok');
    assert.ok(!other.heard.codes.includes(upgrade), 'to others it would be a breach');
  }
});

test('it stays as long as wanted, to see whether the peer lets it; the ack is a stage of its own', () => {
  const stayed = outbound({ stayMs: 3_000 });
  const { outcome, endedAt } = run(stayed, peer());
  assert.deepEqual([outcome.code, outcome.stage, endedAt], ['ok', 'status', 3_000]);
  assert.equal(stayed.keyedMs, 0);

  const sentAway = outbound({ stayMs: 3_000 });
  const other = peer();
  const say = converse(sentAway, other);
  assert.deepEqual(say(other.say(p2pCodes.disconnect, encodeDisconnect(0x10))), [{ close: 'disconnected' }]);
  const left = sentAway.outcome(start + 200);
  assert.deepEqual([left.code, left.stage, left.remoteReason], ['disconnected', 'status', 0x10]);

  // Its ack, and then nothing: the key is not proven, and yet somebody with it answered.
  const wordless = outbound();
  converse(wordless, peer({ silentFrom: 'hello' }));
  wordless.ended(start + 50);
  assert.deepEqual([wordless.outcome(start + 50).stage, wordless.outcome(start + 50).code], ['tcp', 'closedEarly']);
  assert.equal(wordless.keyedMs, 0);
  const deaf = outbound();
  converse(deaf, peer({ silentFrom: 'auth' }));
  assert.equal(deaf.keyedMs, null);
});
