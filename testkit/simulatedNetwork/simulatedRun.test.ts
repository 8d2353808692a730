import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { pumpDatagrams } from '../../p2p/net/pumpDatagrams.ts';
import { dial } from '../../p2p/net/tcpDialer.ts';
import { Discv4Node } from '../../p2p/protocol/discv4Node.ts';
import { privateDiscv4Limits } from '../../p2p/protocol/discv4Types.ts';
import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import { signEnr } from '../../p2p/wire/enr.ts';
import { type Curve, chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { allowing } from '../discv4TestNode.ts';
import { MemoryWire } from '../memoryWire/memoryWire.ts';
import { seededRandom } from '../seededRandom.ts';
import { SimulatedClock } from '../simulatedClock.ts';
import { standInCurve } from '../standInCurve.ts';
import { truthAt } from './networkTruth.ts';
import { openSimulatedNetwork } from './simulatedRun.ts';

const startedAt = 1_800_000_000_000;
const scenario = parseScenario(
  JSON.stringify({
    version: 1,
    seed: 11,
    nodes: [
      { name: 'full', count: 12, client: 'Geth/v1.17.5-stable/linux-amd64/go1.25.1', network: 'mainnet' },
      { name: 'lagging', count: 3, client: 'Besu/v25.1.0/linux/java', network: 'mainnet', lag: 20, latency: '90ms' },
      { name: 'full-up', count: 3, client: 'reth/v1.9.0/linux', network: 'sepolia', reachability: 'busy' },
      { name: 'mute', count: 2, client: 'Geth/v1.17.5', network: 'mainnet', reachability: 'silent' },
      { name: 'udp', count: 2, client: 'Geth/v1.17.5', network: 'mainnet', reachability: 'udpOnly' },
      { name: 'dead', count: 2, client: 'Geth/v1.17.5', network: 'mainnet', reachability: 'dead' },
    ],
    faults: [{ at: '1h', kind: 'nodesDown', group: 'full', share: 0.5 }],
  }),
  'test',
);

/** What we see of every node over a wire in memory, at the start and two hours later. */
async function look(curve: Curve, seed: number) {
  const clock = new SimulatedClock(startedAt);
  const random = seededRandom(seed);
  const wire = new MemoryWire({ clock, random, minLatencyMs: 1, maxLatencyMs: 5 });
  const machine = wire.host({ ips: ['127.0.0.1'], owns: (ip) => ip.startsWith('127.') });
  const world = { curve, clock, random, sockets: machine };
  const network = await openSimulatedNetwork({ ...world, scenario, startedAt, second: 90 });
  const privateKey = random.bytes(32);
  const pump = await pumpDatagrams({
    ...world,
    node: new Discv4Node({
      ...{ curve, privateKey, random, addressPolicy: allowing('127.0.0.0/8') },
      enr: signEnr(curve, privateKey, { seq: 1n, pairs: { ip: Uint8Array.of(127, 0, 0, 1), udp: 30_303 } }),
      limits: { ...privateDiscv4Limits, revalidateMs: null, refreshMs: null },
    }),
    bind: [{ ip: '127.0.0.1', port: 30_303 }],
  });
  const deps = { ...world, privateKey, clientName: 'test', listenPort: 0 };
  const lookOnce = async () => {
    const seen: Record<string, string[]> = {};
    for (const { id, ip, udp, tcp, group } of network.truth) {
      const contact = { id: hexToBytes(id), ip, udp, tcp };
      const ping = await pump.ping(contact);
      const found = ping.code === 'ok' ? await pump.findnode(contact, random.bytes(64)) : ping;
      const named = found.code === 'ok' && 'neighbours' in found ? found.neighbours.length > 0 : false;
      const signal = new AbortController().signal;
      const headers = [{ by: 'head' as const }];
      const session = await dial({ id: contact.id, ip, tcp: udp }, { headers }, deps, signal);
      const client = session.hello === null ? '' : ` ${Buffer.from(session.hello.clientName).toString()}`;
      const head = session.status?.headNumber ?? null;
      seen[group] ??= [];
      seen[group].push(`${ping.code}${named ? ' names' : ''} ${session.code} ${session.stage}${client} ${head}`);
    }
    return seen;
  };
  const first = await clock.drive(lookOnce());
  const firstMs = clock.now() - startedAt;
  await clock.drive(clock.sleep(2 * 3_600_000));
  const down = network.truth.filter((node) => !truthAt(node, clock.now()).alive).map(({ group }) => group);
  const second = await clock.drive(lookOnce());
  const stats = network.stats();
  await clock.drive(Promise.all([network.close(), pump.close()]));
  const trace = bytesToHex(random.bytes(8));
  return { first, firstMs, second, down, stats, trace };
}

test('the nodes are the same over a wire in memory and a simulated clock, for every seed', async () => {
  for (const curve of [standInCurve, await chooseCurve()]) {
    const { first, second, down, stats, firstMs, trace } = await look(curve, 1);
    const distinct = (seen: readonly string[] | undefined) => [...new Set(seen)];
    assert.equal(distinct(first.full).length, 1, String(first.full));
    assert.match(first.full?.[0] ?? '', /^ok names ok headers Geth\/v1.17.5-stable\/linux-amd64\/go1.25.1 \d+$/);
    assert.match(first.lagging?.[0] ?? '', /^ok names ok headers Besu/);
    assert.match(first['full-up']?.[0] ?? '', /^ok names disconnected auth null$/);
    assert.match(first.mute?.[0] ?? '', /^ok names authTimeout tcp null$/);
    assert.match(first.udp?.[0] ?? '', /^ok names dialRefused none null$/);
    assert.deepEqual(distinct(first.dead), ['pingTimeout dialRefused none null']);
    assert.deepEqual(down.toSorted(), ['dead', 'dead', ...Array.from({ length: 6 }, () => 'full')]);
    const left = second.full?.filter((seen) => seen.startsWith('ok names ok headers')) ?? [];
    assert.equal(left.length, 6);
    assert.ok(second.full?.includes('pingTimeout closedEarly tcp null'), String(second.full));
    assert.ok(stats.sessions >= 34 && stats.received > 60, JSON.stringify(stats));
    const again = await look(curve, 1);
    assert.deepEqual({ ...again }, { first, second, down, stats, firstMs, trace });
    const other = await look(curve, 2);
    assert.deepEqual([other.second.full?.length, other.down.length], [12, 8]);
    assert.notEqual(other.trace, trace);
  }
});
