import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addNode,
  findnodeRequest,
  laterThan,
  pongTo,
  ScriptedPeer,
  simulateNode,
} from '../../testkit/discv4Simulation.ts';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import type { SeededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { decodeDiscv4 } from '../wire/discv4.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import { defaultSubnetLimits } from './kademliaTable.ts';
import { maxLookupQueries } from './tableLookup.ts';

const minute = 60_000;
const refreshing = { refreshMs: 30 * minute };

/** 60 nodes that know some of one another, of which ours knows only one. */
function neighbourhood(limits = refreshing) {
  const sim = simulateNode({ limits, seed: 60 });
  const peers = Array.from({ length: 60 }, (_, i) => addNode(sim.network, sim.random, `127.0.2.${i + 1}`));
  const now = sim.network.now;
  for (const peer of peers) for (let i = 0; i < 12; i++) peer.node.table.add(sim.random.pick(peers), now);
  sim.ask(peers[0]!, { kind: 'ping' });
  sim.network.run(2000);
  return { ...sim, peers };
}

const sentFrom = (sim: Pick<ReturnType<typeof simulateNode>, 'network'>, since = 0) =>
  sim.network.sent.slice(since).flatMap(({ from, bytes }) => {
    return from.ip === '127.0.0.1' ? [decodeDiscv4(curve, bytes).packet.kind] : [];
  });

test('a refresh fills the table from a single node, makes us known to those near us, and is repeated', () => {
  const sim = neighbourhood();
  assert.equal(sim.node.table.size, 1);
  sim.network.run(3 * minute);
  assert.ok(sim.node.table.size >= 30, `${sim.node.table.size} of 60 nodes, seed ${sim.random.seed}`);
  const known = sim.peers.filter(({ node }) => node.table.closest(sim.node.id.subarray(32), 99, 0).length > 0);
  assert.ok(known.some(({ node }) => node.isProven(sim.node.id, '127.0.0.1', sim.network.now)));
  const named = sim.us.events.flatMap((event) => (event.event === 'named' ? event.nodes : []));
  const names = new Set(named.map(({ id }) => bytesToHex(id)));
  assert.ok(names.size >= 40, `${names.size} of 60 nodes were named, and the reader hears of them`);
  const before = sim.network.sent.length;
  assert.ok(sentFrom(sim).filter((kind) => kind === 'findnode').length <= 4 * maxLookupQueries);
  sim.network.run(10 * minute);
  assert.equal(sim.network.sent.length, before, 'then there is quiet');
  sim.network.run(36 * minute);
  assert.ok(sentFrom(sim, before).includes('findnode'), 'until the next refresh');
  assert.deepEqual(
    sim.us.events.filter((event) => event.event === 'answered').map((event) => event.ticket),
    [1],
    'its own questions are nobody else’s',
  );
});

test('a refresh and the questions of others do not get in each other’s way', () => {
  const sim = neighbourhood();
  const tickets: number[] = [];
  for (let i = 0; i < 100; i++) {
    sim.network.run(1000);
    tickets.push(sim.ask(sim.peers[i % 60]!, { kind: 'enr' }));
  }
  sim.network.run(minute);
  for (const ticket of tickets) assert.equal(sim.outcome(ticket).code, 'ok');
  sim.network.run(60 * minute);
  sim.network.apply(sim.us, sim.node.request(sim.peers[1]!, findnodeRequest, sim.network.now).outputs);
  const closed = sim.node.close();
  assert.equal(closed.length, 1, 'what refresh had under way ends unheard');
  assert.equal(sim.node.sizes.inFlight, 0);
});

test('an empty table asks nobody, and needs no wake-up', () => {
  const sim = simulateNode({ limits: { ...refreshing, revalidateMs: 1000 } });
  assert.equal(sim.node.nextDeadline(), null);
  assert.deepEqual(sim.node.tick(sim.network.now + 10 * minute), []);
  sim.network.run(60 * minute);
  assert.equal(sim.network.sent.length, 0);
});

test('revalidation asks one node at a time, at its pace, whichever buckets they are in; the dead leave, the rest stay', () => {
  const sim = simulateNode({ limits: { revalidateMs: 10_000 }, seed: 30 });
  const alive = Array.from({ length: 20 }, (_, i) => addNode(sim.network, sim.random, `127.0.2.${i + 1}`));
  const dead: NodeContact[] = Array.from({ length: 10 }, (_, i) => ({
    id: curve.publicKey(sim.random.bytes(32)),
    ip: `127.0.3.${i + 1}`,
    udp: 30303,
    tcp: 0,
  }));
  const now = sim.network.now;
  for (const node of [...alive, ...dead]) sim.node.table.add(node, now);
  const held = sim.node.table.size;
  sim.network.run(60 * minute);
  const pings = sentFrom(sim).filter((kind) => kind === 'ping').length;
  assert.ok(pings <= 60 * 12 && pings >= 60 * 4, `${pings} PINGs in an hour, seed ${sim.random.seed}`);
  sim.network.run(120 * minute);
  const left = sim.node.table.closest(sim.random.bytes(32), 100, 0);
  const deadIds = new Set(dead.map(({ id }) => bytesToHex(id)));
  assert.deepEqual(left.filter(({ id }) => deadIds.has(bytesToHex(id))).length, 0, `seed ${sim.random.seed}`);
  assert.ok(left.length === sim.node.table.size && left.length >= Math.min(held, 20), `${left.length} left of ${held}`);
});

/** A peer that answers FINDNODE with what `name` makes up. */
function namer(random: SeededRandom, ip: string, name: () => readonly NodeContact[]): ScriptedPeer {
  return new ScriptedPeer(random, ip, (packet, hash, _, now) => {
    if (packet.kind === 'ping') return [pongTo(hash, now)];
    return packet.kind === 'findnode' ? [{ kind: 'neighbors', nodes: name(), expiration: laterThan(now) }] : [];
  });
}

test('tables that loop, or that never run out of fresh keys, cost a refresh no more than its bound', () => {
  const sim = simulateNode({ limits: refreshing });
  const { random, network } = sim;
  const a: ScriptedPeer = namer(random, '127.0.4.1', () => [b.contact]);
  const b: ScriptedPeer = namer(random, '127.0.4.2', () => [a.contact, endless.contact]);
  // Twelve live nodes of its own, each made when it is named, who name twelve more.
  let made = 0;
  const fresh = (): NodeContact[] =>
    Array.from({ length: 12 }, () => {
      const one = namer(random, `127.9.${(made >> 8) & 255}.${made++ & 255}`, fresh);
      network.add({ ip: one.contact.ip, port: 30303 }, one);
      return one.contact;
    });
  const endless = namer(random, '127.0.4.3', fresh);
  for (const peer of [a, b, endless]) network.add({ ip: peer.contact.ip, port: 30303 }, peer);
  sim.ask(a.contact, { kind: 'ping' });
  network.run(10 * minute);
  const kinds = sentFrom(sim);
  const count = (kind: string) => kinds.filter((one) => one === kind).length;
  assert.ok(count('findnode') <= 4 * maxLookupQueries, `${count('findnode')} FINDNODEs`);
  assert.ok(count('findnode') > maxLookupQueries, 'it was tried');
  assert.ok(count('ping') <= 5 * maxLookupQueries, `${count('ping')} PINGs`);
  const { inFlight, table } = sim.node.sizes;
  assert.deepEqual([inFlight, table <= 17 * 16], [0, true]);
});

test('one network’s thousand keys get ten places in a table that refreshes from them', () => {
  const sim = simulateNode({ limits: { ...refreshing, subnets: defaultSubnetLimits } });
  const { random, network } = sim;
  let made = 0;
  const fresh = (): NodeContact[] =>
    Array.from({ length: 12 }, () => {
      const one = namer(random, '127.7.7.7', fresh);
      const contact = { ...one.contact, udp: 2000 + made++ };
      network.add({ ip: contact.ip, port: contact.udp }, one);
      return contact;
    });
  const first = namer(random, '127.7.7.8', fresh);
  network.add({ ip: first.contact.ip, port: 30303 }, first);
  sim.ask(first.contact, { kind: 'ping' });
  network.run(50 * minute);
  assert.ok(made > 300, `${made} made`);
  assert.ok(sim.node.table.size <= 10, `${sim.node.table.size} in the table`);
});

test('the times are random: the same seed asks at the same times, another seed at others', () => {
  const pingTimes = (seed: number) => {
    const { network, random, node } = simulateNode({ limits: { revalidateMs: 10_000 }, seed });
    const times: number[] = [];
    const start = network.now;
    const peer = new ScriptedPeer(random, '127.0.2.1', (packet, hash, _, now) => {
      times.push(now - start);
      return packet.kind === 'ping' ? [pongTo(hash, now)] : [];
    });
    network.add({ ip: '127.0.2.1', port: 30303 }, peer);
    node.table.add(peer.contact, network.now - minute);
    network.run(5 * minute);
    return times;
  };
  const [one, again, other] = [pingTimes(1), pingTimes(1), pingTimes(2)];
  assert.ok(one.length >= 15, `${one.length} PINGs`);
  assert.deepEqual(one, again);
  assert.notDeepEqual(one, other);
});
