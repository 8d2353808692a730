import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Discv5Asker } from '../p2p/net/discv5Asker.ts';
import { createDiscv5Port } from './discoveryPort.ts';

type PingOutcome = Awaited<ReturnType<Discv5Asker['ping']>>;

/** A visit to a node whose answers to PINGs are these, and how long was waited in between. */
async function visit(...answers: readonly PingOutcome[]) {
  const left = [...answers];
  const waits: number[] = [];
  const asker: Pick<Discv5Asker, 'ping' | 'findnode'> = {
    ping: async () => left.shift() ?? assert.fail('asked once too often'),
    findnode: async () => ({ code: 'silent', sent: 1, received: 0 }),
  };
  const port = createDiscv5Port(asker, { sleep: async (ms) => void waits.push(ms) });
  const contact = { id: new Uint8Array(64), ip: '127.0.0.1', udp: 30_303, tcp: 0 };
  const hears = { pong: () => {}, record: () => {}, named: () => {} };
  const heard = await port.visit(contact, false, hears, new AbortController().signal);
  return { isThere: heard !== null, waits, left: left.length };
}

const silent: PingOutcome = { code: 'silent', sent: 2, received: 0 };
const challenged: PingOutcome = { code: 'timeout', sent: 3, received: 2 };
const pong: PingOutcome = {
  ...{ code: 'ok', kind: 'ping', enrSeq: 1n, ourIp: null, ourUdp: 1 },
  ...{ rttMs: 1, sent: 2, received: 2 },
};

test('who answers with a challenge and then no more is asked again, twice; who is silent is not', async () => {
  assert.deepEqual(await visit(silent), { isThere: false, waits: [], left: 0 });
  assert.deepEqual(await visit(challenged, pong), { isThere: true, waits: [2_000], left: 0 });
  assert.deepEqual(await visit(challenged, challenged, challenged), { isThere: false, waits: [2_000, 4_000], left: 0 });
  assert.deepEqual(await visit(challenged, silent), { isThere: false, waits: [2_000], left: 0 });
});
