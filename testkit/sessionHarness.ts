import assert from 'node:assert/strict';
import type { RlpxKeys } from '../p2p/protocol/rlpxConnection.ts';
import type { RlpxCode, RlpxOutcome } from '../p2p/protocol/rlpxOutcome.ts';
import { RlpxSession, type RlpxSessionConfig, type RlpxSessionOutput } from '../p2p/protocol/rlpxSession.ts';
import { concatBytes, hexToBytes } from '../p2p/wire/bytes.ts';
import type { EthStatus } from '../p2p/wire/ethStatus.ts';
import { chooseCurve } from '../p2p/wire/secp256k1.ts';
import { FakeEthPeer, type FakeEthPeerConfig } from './fakeEthPeer.ts';
import { readTestdata } from './readTestdata.ts';
import { seededRandom } from './seededRandom.ts';

export const curve = await chooseCurve();
export const ourKey = new Uint8Array(32).fill(0x11);
export const theirKey = new Uint8Array(32).fill(0x22);
const headers = readTestdata('p2p/wire/testdata/headers.json');
export const genesisRaw = hexToBytes(headers.mainnetGenesis.rlp);
export const block1Raw = hexToBytes(headers.mainnetBlock1.rlp);
export const genesisHash = hexToBytes(headers.mainnetGenesis.hash);
export const status: EthStatus = {
  protocolVersion: 68,
  networkId: 1n,
  totalDifficulty: 17_179_869_184n,
  genesisHash,
  headHash: hexToBytes(headers.mainnetBlock1.hash),
  forkId: { hash: hexToBytes('07c9462e'), next: 0xffff_ffff_ffff_ffffn },
  blockRange: { earliest: 0n, latest: 1n },
};
export const start = 1_700_000_000_000;

export function keys(privateKey: Uint8Array, seed: number): RlpxKeys {
  return { curve, privateKey, random: seededRandom(seed) };
}

export function outbound(change: Partial<RlpxSessionConfig> = {}): RlpxSession {
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

export function peer(config: Partial<FakeEthPeerConfig> = {}, seed = 2): FakeEthPeer {
  return new FakeEthPeer(keys(theirKey, seed), { at: 'responder' }, { status, ...config });
}

export interface Run {
  readonly outcome: RlpxOutcome;
  readonly closed: RlpxCode | null;
  readonly proven: readonly Uint8Array[];
  /** Everything that we sent. */
  readonly sent: Uint8Array;
  readonly endedAt: number;
}

/** Joins a session and a peer under a simulated clock until the session closes; `cut` cuts the peer's bytes. */
export function run(
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

export const bytewise = (bytes: Uint8Array) => Array.from(bytes, (byte) => Uint8Array.of(byte));

/** Brings a session to the point where it waits; returns a way to feed it more bytes from the peer. */
export function converse(session: RlpxSession, other: FakeEthPeer): (bytes: Uint8Array) => RlpxSessionOutput[] {
  const toPeer = (outputs: readonly RlpxSessionOutput[]) =>
    outputs.flatMap((output) => ('send' in output ? other.receive(output.send) : []));
  const waiting = toPeer(session.start());
  for (let bytes = waiting.shift(); bytes !== undefined; bytes = waiting.shift()) {
    waiting.push(...toPeer(session.receive(bytes, start)));
  }
  return (bytes) => {
    const outputs = [...session.receive(bytes, start)];
    toPeer(outputs);
    return outputs;
  };
}
