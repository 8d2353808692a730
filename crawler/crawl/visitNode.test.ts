import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from '../../lib/ipAddress.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import { createAddressPolicy } from './addressPolicy.ts';
import { DialGate } from './dialGate.ts';
import { GroundTargets } from './groundTargets.ts';
import { createVisit, planVisit } from './visitNode.ts';

const policy = createAddressPolicy([parseCidr('127.0.0.0/8')!]);

test('nodes asked for one bucket within a turn get the same target, and in the next turn another', async () => {
  const clock = new SimulatedClock();
  const random = seededRandom();
  const targets = new GroundTargets(keccak256);
  // There are many to choose from, so that separate draws could not agree by accident.
  targets.target(0, 12, 0);
  const asked: string[] = [];
  const visit = createVisit({
    discovery: {
      ping: async () => ({ rttMs: 1, enrSeq: null, ourIp: null, ourUdp: 0, clockSkewMs: null }),
      requestEnr: async () => null,
      findnode: async (_target, wanted): Promise<NodeContact[]> => {
        asked.push(bytesToHex(wanted));
        return [];
      },
    },
    dialer: { dial: () => assert.fail('nothing listens') },
    policy,
    gate: new DialGate(policy),
    targets,
    hashId: keccak256,
    clock,
    random,
  });
  const plan = { ...planVisit({ headers: [], dialAt: null, direct: false, now: 0 }), dial: false };
  const visitSome = async (): Promise<Set<string>> => {
    asked.length = 0;
    for (let i = 0; i < 200; i++) {
      await visit({ id: random.bytes(64), ip: '127.0.0.1', udp: 30_303, tcp: 0 }, plan, new AbortController().signal);
    }
    return new Set(asked);
  };
  const first = await visitSome();
  assert.equal(asked.length, 200);
  assert.equal(first.size, 2, `one for each half of the key space, seed ${random.seed}`);
  const turns = new Set(first);
  for (let turn = 0; turn < 5; turn++) {
    await clock.drive(clock.sleep(5_000));
    for (const target of await visitSome()) turns.add(target);
  }
  assert.ok(turns.size > 2, `the same targets for ever, seed ${random.seed}`);
});
