import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTestdata } from '../../testkit/readTestdata.ts';
import { replayTranscript, type SessionTranscript, transcriptWants } from '../../testkit/sessionTranscript.ts';
import { headerHash } from '../wire/blockHeader.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { chooseCurve, curveBackends } from '../wire/secp256k1.ts';

// Recorded by testkit/recordSessions.ts: our keys, nonces and clock are fixed, so our bytes must come out again.
const sessions: readonly SessionTranscript[] = readTestdata('p2p/protocol/testdata/gethSessions.json').sessions;
const mainnet = 'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3';
const curve = await chooseCurve();

test('sessions with a real geth, both ways, for each of eth/69 to eth/72', () => {
  assert.deepEqual(
    sessions.map(({ direction, ethVersion }) => `${direction} ${ethVersion}`),
    ['outbound', 'inbound'].flatMap((direction) => [69, 70, 71, 72].map((version) => `${direction} ${version}`)),
  );
  for (const transcript of sessions) {
    const label = `${transcript.direction} eth/${transcript.ethVersion}`;
    const { sent, outcome } = replayTranscript(curve, transcript);
    assert.equal(sent, transcript.sent, label);
    assert.equal(outcome.code, 'ok', label);
    assert.equal(outcome.stage, 'headers', label);
    assert.equal(outcome.direction, transcript.direction, label);
    assert.match(outcome.hello?.clientName ?? '', /^Geth\/v1\.\d+\.\d+/, label);
    assert.equal(bytesToHex(outcome.remoteId ?? new Uint8Array(0)), transcript.remoteId, label);
    assert.equal(outcome.status?.ethVersion, transcript.ethVersion, label);
    assert.equal(outcome.status?.networkId, 1n, label);
    assert.equal(bytesToHex(outcome.status?.genesisHash ?? new Uint8Array(0)), mainnet, label);
    // An empty chain stands at genesis: fork hash fc64ec04, next is Homestead (EIP-2124).
    assert.equal(bytesToHex(outcome.status?.forkId?.hash ?? new Uint8Array(0)), 'fc64ec04', label);
    assert.equal(outcome.status?.forkId?.next, 1_150_000n, label);
    assert.equal(outcome.status?.headNumber, 0n, label);
    assert.deepEqual(
      outcome.headers.map(({ want }) => want),
      transcriptWants,
      label,
    );
    for (const { headers } of outcome.headers)
      assert.deepEqual(
        headers.map((raw) => bytesToHex(headerHash(raw))),
        [mainnet],
        label,
      );
  }
});

test('they replay the same on every curve and however the bytes are cut', async () => {
  const [transcript] = sessions;
  assert.ok(transcript !== undefined);
  for (const backend of curveBackends) {
    assert.equal(replayTranscript(await chooseCurve(backend), transcript).sent, transcript.sent, backend);
  }
  const received = transcript.received.flatMap(({ atMs, hex }) =>
    Array.from({ length: hex.length / 2 }, (_, i) => ({ atMs, hex: hex.slice(2 * i, 2 * i + 2) })),
  );
  const cut = replayTranscript(curve, { ...transcript, received });
  assert.equal(cut.sent, transcript.sent);
  assert.deepEqual(cut.outcome, replayTranscript(curve, transcript).outcome);
});

test('one byte of the peer changed, and the session ends as an error', () => {
  for (const transcript of sessions) {
    const stream = transcript.received.map(({ hex }) => hex).join('');
    for (const at of [40, 400, stream.length / 2 - 200]) {
      const bent = `${stream.slice(0, at * 2)}${stream[at * 2] === '0' ? '1' : '0'}${stream.slice(at * 2 + 1)}`;
      const { outcome } = replayTranscript(curve, { ...transcript, received: [{ atMs: 0, hex: bent }] });
      assert.notEqual(outcome.code, 'ok', `${transcript.direction} eth/${transcript.ethVersion} at ${at}`);
    }
  }
});
