import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { compareDistance, logDistance } from '../../p2p/protocol/kademliaTable.ts';
import { type Discv4Packet, decodeDiscv4, encodeDiscv4 } from '../../p2p/wire/discv4.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { seededRandom } from '../seededRandom.ts';
import { LongRunTables } from './longRunTables.ts';
import { addressOf, idOf, planNetwork } from './networkPlan.ts';
import { SimulatedNodes } from './simulatedNodes.ts';

const curve = await chooseCurve();
const ourKey = new Uint8Array(32).fill(9);
const us = { ip: '127.0.0.1', port: 40_000 };
const now = 1_800_000_000_000;
const expiration = BigInt(now / 1_000 + 20);

function group(over: Partial<Record<keyof ScenarioNodeGroup, unknown>>): object {
  return { name: 'nodes', count: 400, client: 'Geth/v1.17.5', network: 'mainnet', latency: '0ms', ...over };
}

function setUp(over: Partial<Record<keyof ScenarioNodeGroup, unknown>> = {}) {
  const scenario = parseScenario(JSON.stringify({ version: 1, seed: 5, nodes: [group(over)] }), 'test');
  const plan = planNetwork(curve, scenario, 90);
  const tables = new LongRunTables(plan.seed, plan.hashes);
  const nodes = new SimulatedNodes({ curve, plan, tables, record: () => Uint8Array.of(0xc2, 0x80, 0x01) }, 0);
  let serial = 0n;
  const send = (packet: Discv4Packet, at = now, from = us) => {
    const { bytes, hash } = encodeDiscv4(curve, ourKey, packet);
    return { hash, bytes, sends: nodes.receive(7, bytes, from, at) };
  };
  const ping = () => {
    const endpoint = { ip: '127.0.0.1', udp: 1, tcp: 1 };
    return send({
      kind: 'ping',
      version: 4,
      from: endpoint,
      to: endpoint,
      expiration: expiration + serial++,
      enrSeq: 1n,
    });
  };
  const read = (sends: readonly { bytes: Uint8Array }[]) => sends.map(({ bytes }) => decodeDiscv4(curve, bytes));
  const bond = (from = us) => {
    const [, pinged] = read(ping().sends);
    assert.ok(pinged);
    send(
      { kind: 'pong', to: { ip: us.ip, udp: 1, tcp: 1 }, pingHash: pinged.hash, expiration, enrSeq: null },
      now,
      from,
    );
  };
  const findnode = (from = us) =>
    send(
      { kind: 'findnode', target: seededRandom(Number(serial)).bytes(64), expiration: expiration + serial++ },
      now,
      from,
    );
  return { plan, tables, nodes, ping, bond, findnode, read, send };
}

test('tables hold all of a bucket or 16 of it, the same for the same seed, and give the nearest first', () => {
  const { plan, tables } = setUp();
  const again = new LongRunTables(plan.seed, plan.hashes);
  const other = new LongRunTables(plan.seed + 1, plan.hashes);
  const hashOf = (index: number) => plan.hashes.subarray(32 * index, 32 * index + 32);
  let differing = 0;
  for (let index = 0; index < plan.size; index += 37) {
    const table = tables.tableOf(index);
    assert.deepEqual(again.tableOf(index), table);
    if (String(other.tableOf(index)) !== String(table)) differing++;
    const known = new Map<number, number>();
    const all = new Map<number, number>();
    const count = (map: Map<number, number>, node: number) => {
      const distance = logDistance(hashOf(index), hashOf(node));
      map.set(distance, (map.get(distance) ?? 0) + 1);
    };
    for (const node of table) count(known, node);
    for (let node = 0; node < plan.size; node++) if (node !== index) count(all, node);
    for (const [distance, members] of all) {
      assert.equal(known.get(distance), Math.min(16, members), `node ${index}, distance ${distance}`);
    }
    const target = seededRandom(index).bytes(32);
    const nearest = [...table].sort((a, b) => compareDistance(target, hashOf(a), hashOf(b))).slice(0, 16);
    assert.deepEqual(tables.closest(index, target, 16), nearest);
  }
  assert.ok(differing > 5, `${differing} tables differ under another seed`);
});

test('a node answers questions after the endpoint proof only, and names 16 in 12 and 4', () => {
  const { plan, tables, ping, bond, findnode, read } = setUp();
  assert.deepEqual(findnode().sends, []);
  assert.deepEqual(
    read(ping().sends).map(({ packet }) => packet.kind),
    ['pong', 'ping'],
  );
  bond();
  assert.deepEqual(
    read(ping().sends).map(({ packet }) => packet.kind),
    ['pong'],
  );
  const answers = read(findnode().sends).map(({ packet }) => (packet.kind === 'neighbors' ? packet.nodes : []));
  assert.deepEqual(
    answers.map((nodes) => nodes.length),
    [12, 4],
  );
  const known = new Set([...tables.tableOf(7)].map((index) => addressOf(plan, index)));
  for (const { ip } of answers.flat()) assert.ok(known.has(ip), `${ip} is in its table`);
  assert.deepEqual(findnode({ ip: '127.0.0.2', port: us.port }).sends, [], 'the proof is for the IP');
});

test('clients differ: Besu names 13 at once, Nethermind wants the port too, reth heeds nothing twice and 60 a minute', () => {
  const besu = setUp({ client: 'besu/v26.8.0' });
  besu.bond();
  const [packet, ...more] = besu.read(besu.findnode().sends);
  assert.equal(packet?.packet.kind === 'neighbors' ? packet.packet.nodes.length : 0, 13);
  assert.equal(more.length, 0);

  const nethermind = setUp({ client: 'Nethermind/v1.39.0' });
  nethermind.bond();
  assert.equal(nethermind.findnode().sends.length, 2);
  assert.equal(nethermind.findnode({ ip: us.ip, port: us.port + 1 }).sends.length, 0);

  const reth = setUp({ client: 'reth/v2.1.0' });
  reth.bond();
  const { bytes, sends } = reth.findnode();
  assert.equal(sends.length, 2);
  assert.deepEqual(reth.nodes.receive(7, bytes, us, now), []);
  let answered = 0;
  for (let i = 0; i < 100; i++) if (reth.findnode().sends.length > 0) answered++;
  assert.equal(answered, 60 - 3);
});

test('forgers name keys on the curve that nobody has, new ones each time', () => {
  const { plan, bond, findnode, read } = setUp({ neighbours: 'forged' });
  bond();
  const real = new Set(Array.from({ length: plan.size }, (_, i) => String(idOf(plan, i))));
  const seen = new Set<string>();
  for (let i = 0; i < 5; i++) {
    for (const { packet } of read(findnode().sends)) {
      for (const node of packet.kind === 'neighbors' ? packet.nodes : []) {
        assert.ok(!real.has(String(node.id)) && !seen.has(String(node.id)));
        seen.add(String(node.id));
        assert.equal(curve.compress(node.id).length, 33);
      }
    }
  }
  assert.equal(seen.size, 80);
});

test('loss and latency are as the scenario says', () => {
  const { ping, nodes } = setUp({ latency: '50ms', jitter: '250ms', loss: 0.2 });
  const delays: number[] = [];
  for (let i = 0; i < 1_000; i++) delays.push(...ping().sends.map(({ delayMs }) => delayMs));
  assert.ok(
    Math.min(...delays) >= 100 && Math.max(...delays) <= 600,
    `${Math.min(...delays)} to ${Math.max(...delays)}`,
  );
  const share = delays.length / 2_000;
  assert.ok(share > 0.58 && share < 0.7, `${share} of the answers came through`);
  assert.ok(nodes.counts.lost > 400);
});

test('the hash of a target decides whom it names', () => {
  const { plan, tables, bond, send, read } = setUp();
  bond();
  const target = new Uint8Array(64).fill(4);
  const { sends } = send({ kind: 'findnode', target, expiration: expiration + 99n });
  const named = read(sends).flatMap(({ packet }) => (packet.kind === 'neighbors' ? packet.nodes : []));
  const wanted = tables.closest(7, keccak256(target), 16).map((index) => addressOf(plan, index));
  assert.deepEqual(
    named.map(({ ip }) => ip),
    wanted,
  );
});
