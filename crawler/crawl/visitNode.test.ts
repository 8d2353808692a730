import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import { parseCidr } from '../../lib/ipAddress.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { parseEnr, readEnr, signEnr } from '../../p2p/wire/enr.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { RlpInput } from '../../p2p/wire/rlp.ts';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import { createAddressPolicy } from './addressPolicy.ts';
import type { Discv5Port } from './askDiscv5.ts';
import { DialGate } from './dialGate.ts';
import { GroundTargets } from './groundTargets.ts';
import { Presences } from './presences.ts';
import { readBootnode } from './readBootnode.ts';
import type { VisitedRecord, VisitRecord } from './visit.ts';
import { createVisit, planVisit } from './visitNode.ts';
import { silentVisit } from './visitOutcome.ts';

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

const pong = { rttMs: 1, enrSeq: null, ourIp: null, ourUdp: 0, clockSkewMs: null };
const both = { first: ['discv4', 'discv5'], otherwise: [] } as const;

/** One visit by both protocols to a node that answers like this, and where it was dialled. */
async function visitOnce(
  contact: NodeContact,
  node: { readonly enr?: VisitedRecord | null; readonly isSilent?: boolean; readonly discv5?: Discv5Port },
  direct = false,
) {
  const dialled: string[] = [];
  const clock = new SimulatedClock();
  const anywhere = createAddressPolicy([parseCidr('127.0.0.0/8')!], true);
  const visit = createVisit({
    discovery: {
      ping: async () => (node.isSilent ? null : pong),
      requestEnr: async () => node.enr ?? null,
      findnode: async () => [],
    },
    discv5: node.discv5 ?? null,
    dialer: {
      async dial({ ip, tcp }) {
        dialled.push(`${ip}:${tcp}`);
        return { stage: 'none', code: 'dialRefused', remoteReason: null, wireCode: null, ...noSession };
      },
    },
    ...{ policy: anywhere, gate: new DialGate(anywhere), targets: new GroundTargets(keccak256), hashId: keccak256 },
    ...{ clock, random: seededRandom() },
  });
  const plan = planVisit({ ask: both, headers: [], dialAt: null, direct, now: 0 });
  const { stage, code } = await clock.drive(visit(contact, plan, new AbortController().signal));
  return { dialled, stage, code };
}
const noSession = { hello: null, status: null, headers: [] };

test('bootnodes of the consensus layer that are silent are not dialled: their TCP port is for libp2p', async () => {
  const shipped = loadBuiltinNetworks().flatMap(({ discv5Bootnodes }) => discv5Bootnodes);
  let beacons = 0;
  for (const text of shipped) {
    if (!/^enr:/.test(text) || !readEnr(parseEnr(curve, text)).keys.includes('eth2')) continue;
    const read = readBootnode(curve, text);
    if (read.at !== 'endpoints') continue;
    beacons += 1;
    for (const endpoint of read.endpoints) {
      const { dialled, code } = await visitOnce({ id: read.id, ...endpoint }, { isSilent: true }, true);
      assert.deepEqual([dialled, code], [[], 'pingTimeout'], text);
    }
  }
  assert.ok(beacons > 10, `${beacons} in the files of networks`);
});

test('whoever shows no record closes no door for the port that the record brings by the other protocol', async () => {
  const own = (pairs: Record<string, RlpInput>) =>
    readEnr(
      signEnr(curve, new Uint8Array(32).fill(7), { seq: 1n, pairs: { ip: Uint8Array.of(127, 0, 0, 7), ...pairs } }),
    );
  const answering = (record: VisitedRecord | null): Discv5Port => ({
    async visit(_contact, _walks, hears) {
      hears.pong(pong);
      hears.record(record);
      return { pong, enr: record, neighbours: null };
    },
  });
  const contact = { id: new Uint8Array(64).fill(1), ip: '127.0.0.7', udp: 30_303, tcp: 0 };
  const record = own({ udp: 30_303, tcp: 30_304, eth: [] });
  const there = ['127.0.0.7:30304'];
  assert.deepEqual((await visitOnce(contact, { enr: record, discv5: answering(null) })).dialled, there);
  assert.deepEqual((await visitOnce(contact, { enr: null, discv5: answering(record) })).dialled, there);
  const nowhere = { dialled: [], stage: 'pong', code: 'notDialled' };
  assert.deepEqual(await visitOnce(contact, { enr: null, discv5: answering(null) }), nowhere);
  const beacon = own({ udp: 9_000, tcp: 9_000, eth2: new Uint8Array(16) });
  assert.deepEqual(await visitOnce(contact, { enr: beacon, discv5: answering(null) }), nowhere);
  assert.deepEqual(await visitOnce(contact, { enr: null, discv5: answering(beacon) }), nowhere);
});

test('our presence is made known only to nodes that answered by discv4', () => {
  const pinged: NodeContact[] = [];
  const presences = new Presences();
  const pump = { ping: async (contact: NodeContact) => void pinged.push(contact) };
  presences.add({ network: { slug: 'mainnet' }, pump });
  const contact = { id: new Uint8Array(64), ip: '127.0.0.7', udp: 30_303, tcp: 0 };
  for (const discv4 of [null, false, true]) {
    const outcome = { ...silentVisit({ key: '', contact, direction: 'outbound', startedAt: 0 }, 1), pong };
    presences.visited({
      outcome: { ...outcome, answers: { discv4, discv5: true } },
      network: { slug: 'mainnet' },
    } as VisitRecord);
    assert.equal(pinged.length, discv4 === true ? 1 : 0);
  }
});
