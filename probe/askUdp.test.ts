import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectUdp } from '../p2p/ports.ts';
import { createDiscv5Reader, encodeWhoareyou } from '../p2p/wire/discv5Packet.ts';
import { WireError } from '../p2p/wire/errors.ts';
import { idHash } from '../p2p/wire/nodeEndpoint.ts';
import { testCurve as curve } from '../testkit/discv4TestNode.ts';
import { seededRandom } from '../testkit/seededRandom.ts';
import { SimulatedClock } from '../testkit/simulatedClock.ts';
import { askUdp, narrowerThan } from './askUdp.ts';

const ourKey = new Uint8Array(32).fill(0x11);
const id = curve.publicKey(new Uint8Array(32).fill(0x22));
const to = { ip: '192.0.2.1', port: 30303 };

/** A node that speaks discv5 alone; `lost`: knocks that do not reach it. Each is answered with the nonce of the `answers`th. */
async function ask(lost: number, answers: 'each' | 'first' = 'each') {
  const clock = new SimulatedClock();
  const random = seededRandom(1);
  const read = createDiscv5Reader(idHash(id));
  const nonces: Uint8Array[] = [];
  const connectUdp: ConnectUdp = async (_, hear) => ({
    local: { ip: '192.0.2.9', port: 9 },
    send: (bytes) => {
      const knock = readKnock(read, bytes);
      if (knock === null) return;
      nonces.push(knock);
      const nonce = answers === 'first' ? (nonces[0] ?? knock) : knock;
      if (nonces.length <= lost) return;
      const packet = { to: idHash(curve.publicKey(ourKey)), nonce, iv: random.bytes(16), idNonce: random.bytes(16) };
      clock.after(40, () => hear.receive(encodeWhoareyou({ ...packet, enrSeq: 0n }).bytes));
    },
    close: async () => {},
  });
  const sockets = { connectTcp: () => assert.fail('no TCP') };
  const names = { lookUp: () => assert.fail('no names') };
  const found = await clock.drive(askUdp(to, id, ourKey, { clock, random, curve, names, connectUdp, sockets }), 60_000);
  return { ...found, knocks: nonces.length };
}

function readKnock(read: ReturnType<typeof createDiscv5Reader>, bytes: Uint8Array): Uint8Array | null {
  try {
    return read(bytes)?.nonce ?? null;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

test('an address in a record is narrower than the one asked if fewer reach the node by it', () => {
  assert.equal(narrowerThan('10.99.7.2', '127.0.0.1'), '127.0.0.1');
  assert.equal(narrowerThan('8.8.8.8', '192.168.1.5'), '192.168.1.5');
  assert.equal(narrowerThan('2600::1', 'fd00::1'), 'fd00::1');
  // From within its network a node is asked by an address that it need not tell others.
  assert.equal(narrowerThan('10.99.7.2', '8.8.8.8'), null);
  assert.equal(narrowerThan('10.99.7.2', '10.99.7.2'), null);
  assert.equal(narrowerThan('10.99.7.2', '172.17.0.2'), null);
  assert.equal(narrowerThan('127.0.0.1', '127.0.0.1'), null);
  assert.equal(narrowerThan('8.8.8.8', null), null);
});

test('a knock that is lost is sent again', async () => {
  const first = await ask(0);
  assert.deepEqual([first.discv4.at, first.discv5, first.knocks], ['silent', { at: 'knocked', rttMs: 40 }, 1]);
  const second = await ask(1);
  assert.deepEqual([second.discv5, second.knocks], [{ at: 'knocked', rttMs: 40 }, 2]);
  const never = await ask(9);
  assert.deepEqual([never.discv5, never.knocks], [{ at: 'silent' }, 2]);
});

test('an answer to the first knock counts though a second was sent: geth repeats its first challenge', async () => {
  const { discv5, knocks } = await ask(1, 'first');
  assert.deepEqual([discv5, knocks], [{ at: 'knocked', rttMs: 640 }, 2]);
});
