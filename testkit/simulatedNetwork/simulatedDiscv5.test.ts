import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { pumpDatagrams } from '../../p2p/net/pumpDatagrams.ts';
import { type Discv5Visit, visitDiscv5 } from '../../p2p/net/visitDiscv5.ts';
import type { NamedRecord } from '../../p2p/protocol/knownRecords.ts';
import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import { decodeEnr } from '../../p2p/wire/enr.ts';
import { readEnrEntries } from '../../p2p/wire/enrEntries.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import { createTestNode } from '../discv4TestNode.ts';
import { createDiscv5Node } from '../discv5Simulation.ts';
import { MemoryWire } from '../memoryWire/memoryWire.ts';
import { seededRandom } from '../seededRandom.ts';
import { SimulatedClock } from '../simulatedClock.ts';
import { standInCurve as curve } from '../standInCurve.ts';
import { openSimulatedNetwork } from './simulatedRun.ts';

const startedAt = Date.UTC(2026, 8, 1);
const geth = { client: 'Geth/v1.17.5-stable/linux-amd64/go1.25.1', network: 'sepolia' };
const scenario = parseScenario(
  JSON.stringify({
    version: 1,
    seed: 3,
    nodes: [
      { name: 'old', count: 20, ...geth },
      { name: 'both', count: 25, ...geth, speaks: 'both' },
      { name: 'new', count: 25, ...geth, speaks: 'discv5' },
      { name: 'beacon', count: 20, ...geth, speaks: 'discv5', layer: 'consensus' },
      { name: 'late', count: 8, ...geth, speaks: 'discv5', layer: 'consensus', forkId: 'unprepared' },
      { name: 'gone', count: 4, ...geth, speaks: 'discv5', reachability: 'dead' },
    ],
  }),
  'test',
);

/** Walks the whole DHT by discv5 from one node, sixteen visits at a time, over a wire in memory. */
async function walk() {
  const clock = new SimulatedClock(startedAt);
  const random = seededRandom(5);
  const wire = new MemoryWire({ clock, random, minLatencyMs: 5, maxLatencyMs: 40 });
  const sockets = wire.host({ ips: ['127.0.0.1'], owns: (ip) => ip.startsWith('127.') });
  const world = { curve, clock, random, sockets };
  const network = await openSimulatedNetwork({ ...world, scenario, startedAt, second: 90 });
  const at = { ip: '127.0.0.1', port: 30_303 };
  const privateKey = random.bytes(32);
  const { node: discv5 } = createDiscv5Node({ curve, random, privateKey, at });
  const { node } = createTestNode({ curve, random, privateKey });
  const pump = await pumpDatagrams({ clock, sockets, node, bind: [at], discv5: { node: discv5 } });
  const asker = pump.discv5 ?? assert.fail();
  const visits = new Map<string, { readonly contact: NodeContact; visit: Discv5Visit | null }>();
  const queue: NodeContact[] = [];
  const meet = (contact: NodeContact): void => {
    const id = bytesToHex(contact.id);
    if (visits.has(id)) return;
    visits.set(id, { contact, visit: null });
    queue.push(contact);
  };
  const contactOf = ({ id, idKey, endpoint, bytes }: NamedRecord): NodeContact => ({
    ...(endpoint ?? assert.fail()),
    id,
    idKey,
    record: bytes,
  });
  const first = network.truth.find(({ group }) => group === 'both') ?? assert.fail();
  meet({ id: hexToBytes(first.id), ip: first.ip, udp: first.udp, tcp: first.tcp });
  const work = async (): Promise<void> => {
    for (let contact = queue.shift(); contact !== undefined; contact = queue.shift()) {
      const visit = await visitDiscv5(asker, contact, { knownSeq: 0n });
      for (const record of visit.named) meet(contactOf(record));
      visits.set(bytesToHex(contact.id), { contact, visit });
    }
  };
  await clock.drive(work());
  await clock.drive(Promise.all(Array.from({ length: 16 }, work)));
  await clock.drive(pump.close());
  await clock.drive(network.close());
  return { network, visits, checks: discv5.recordChecks };
}

test('whoever speaks discv5 is found by it alone, in at most 14 packets each, and tells what it is', async () => {
  const { network, visits, checks } = await walk();
  const alive = [...visits].filter(([, { visit }]) => visit?.code === 'ok');
  const speaks = network.truth.filter(({ speaks, group }) => speaks !== 'discv4' && group !== 'gone');
  assert.deepEqual(new Set(alive.map(([id]) => id)), new Set(speaks.map(({ id }) => id)));
  const gone = network.truth.filter(({ group }) => group === 'gone');
  assert.ok(gone.every(({ id }) => visits.get(id)?.visit?.code === 'silent'));
  const sent = alive.reduce((sum, [, { visit }]) => sum + (visit?.sent ?? 0), 0) / alive.length;
  assert.ok(sent <= 14, `${sent} packets sent a live node`);
  assert.ok(alive.every(([, { visit }]) => visit?.isWhole && visit.misplaced === 0));
  assert.ok(checks / alive.length <= 3, `${checks} signatures checked of ${alive.length} nodes`);

  const kinds = { beacon: 0, late: 0, execution: 0 };
  for (const [id, { visit }] of alive) {
    const { group } = network.truth.find((node) => node.id === id) ?? assert.fail();
    const { eth, eth2, nfd } = readEnrEntries(decodeEnr(curve, visit?.record?.bytes ?? assert.fail()));
    if (group === 'beacon' || group === 'late') {
      assert.equal(bytesToHex(eth2?.digest ?? assert.fail()), '74d01459');
      assert.equal(bytesToHex(nfd ?? assert.fail()), group === 'beacon' ? '669e6c11' : '00000000');
      kinds[group] += 1;
    } else {
      assert.ok(eth !== null && eth2 === null);
      kinds.execution += 1;
    }
  }
  assert.deepEqual(kinds, { beacon: 20, late: 8, execution: 50 });
});
