import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Registry } from 'prom-client';
import { parseIp } from '../lib/ipAddress.ts';
import { parseScenario } from '../lib/scenarioFile.ts';
import { fetchTrees } from '../p2p/net/fetchTrees.ts';
import { pumpDatagrams } from '../p2p/net/pumpDatagrams.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import { createSystemTexts } from '../p2p/net/systemNames.ts';
import { systemSockets } from '../p2p/net/systemSockets.ts';
import type { Clock, Logger, Sockets } from '../p2p/ports.ts';
import { parseTreeLink } from '../p2p/wire/dnsTree.ts';
import { writeDnsTree } from '../p2p/wire/dnsTreeWriter.ts';
import { formatEnr, signEnr } from '../p2p/wire/enr.ts';
import { formatEnode } from '../p2p/wire/nodeEndpoint.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { createTestNode, testCurve } from '../testkit/discv4TestNode.ts';
import { startNameServer } from '../testkit/nameServer.ts';
import { openSimulatedNetwork } from '../testkit/simulatedNetwork/simulatedRun.ts';
import { watchedWorld } from '../testkit/watchedWorld.ts';
import { readCrawlerConfig } from './config.ts';
import type { CrawlerOptions } from './crawlerOptions.ts';
import { run } from './main.ts';
import { publishTree } from './publish/publishTree.ts';
import { selectListed } from './publish/selectListed.ts';

/** The time of these tests is an hour and a half before the machine's. */
const behindMs = 5_400_000;
const lateClock: Clock = { ...systemClock, now: () => systemClock.now() - behindMs };

/** A node on loopback that answers, and what a crawler needs to find it. */
async function setUp(t: TestContext, networks = 'mainnet') {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-crawler-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { sql, url } = await openTestDatabase(t);
  const { node } = createTestNode();
  const bind = [{ ip: '127.0.0.31', port: 0 }];
  const pump = await pumpDatagrams({ node, clock: lateClock, sockets: systemSockets, bind });
  t.after(() => pump.close());
  const enode = formatEnode({ id: node.id, ip: '127.0.0.31', udp: pump.sockets[0]!.local.port, tcp: 0 });
  writeFileSync(join(folder, 'empty.json'), '{}');
  const config = readCrawlerConfig({
    config: join(folder, 'empty.json'),
    'data-dir': folder,
    networks,
    bootnodes: enode,
    'allowed-cidrs': '127.0.0.0/8',
    bind4: '127.0.0.32',
    bind6: 'none',
    port: '0',
    vantage: 'here',
  });
  const lines: string[] = [];
  const enodes: unknown[] = [];
  const note: Logger['info'] = (message, fields) => {
    lines.push(message);
    if (fields?.enode !== undefined) enodes.push(fields.enode);
  };
  const log: Logger = { debug() {}, info: note, warn: note, error: note };
  const registry = new Registry();
  const options: CrawlerOptions = { config, version: '1.2.3', log, registry, once: false };
  return { sql, options, lines, enodes, node, world: watchedWorld(url, lateClock) };
}

test('a crawl in the world that it is given: it visits by that clock, and ends in good order when told to', {
  timeout: 120_000,
}, async (t) => {
  const { sql, options, lines, enodes, node, world } = await setUp(t);
  const over = new AbortController();
  const told: string[] = [];
  const { summary } = await run(
    {
      ...options,
      onReady: () => void told.push('ready'),
      onCommitted: (keys) => {
        told.push(...keys);
        over.abort();
      },
    },
    world,
    over.signal,
  );
  assert.deepEqual([summary.alive, told.length, told[0]], [1, 2, 'ready']);
  // Nobody is let in any more; then the parts close in reverse order, the connections to the database last.
  assert.deepEqual(world.ended, ['tcp', 'tcp', 'udp', 'udp', 'connections of forkscope crawl here']);
  assert.deepEqual(world.left(), { asleep: 0, open: 0 });
  assert.deepEqual(lines, ['crawler starts', 'identity is up', 'identity is up']);
  for (const enode of enodes) assert.match(String(enode), /^enode:\/\/[0-9a-f]{128}@127\.0\.0\.32:\d+$/);
  assert.equal(new Set(enodes).size, 2, 'one for the discovery identity, one for the presence on mainnet');
  const [row] = await sql<{ lastAlive: Date; owner: string | null }[]>`
    select n.last_alive as "lastAlive", f.lease_owner as owner
    from nodes n join frontier f using (node_no) where n.id = ${node.id}`;
  assert.equal(row?.owner, null);
  const agoMs = Date.now() - behindMs - (row?.lastAlive.getTime() ?? 0);
  assert.ok(agoMs >= 0 && agoMs < 120_000, `alive ${agoMs} ms ago by the clock of that world`);
  assert.match(await options.registry.metrics(), /^forkscope_crawler_visits_committed_total 1$/m);
});

test('however many networks it watches, nobody is warned of what its parts listen to', {
  timeout: 120_000,
}, async (t) => {
  const { options, world } = await setUp(t, 'mainnet,sepolia,hoodi,gnosis,holesky,chiado,mordor,base,bnb');
  const warnings: string[] = [];
  const note = ({ message }: Error) => void warnings.push(message);
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  const over = new AbortController();
  await run({ ...options, onCommitted: () => over.abort() }, world, over.signal);
  assert.deepEqual(warnings, []);
});

test('a run that fails while it opens closes what it had opened, and says why it failed', async (t) => {
  const { options, world } = await setUp(t);
  const refused = Object.assign(new Error('no port'), { code: 'EACCES' });
  const sockets: Sockets = { ...world.sockets, listenTcp: () => Promise.reject(refused) };
  await assert.rejects(run(options, { ...world, sockets }, new AbortController().signal), refused);
  assert.deepEqual(world.ended, ['udp', 'connections of forkscope crawl here']);
  assert.deepEqual(world.left(), { asleep: 0, open: 0 });
});

test('a list in DNS as the only source: asked of a name server over UDP, it finds the network, and is kept for a start without one', {
  timeout: 120_000,
}, async (t) => {
  const { sql, options, lines, world } = await setUp(t);
  const scenario = parseScenario(
    JSON.stringify({
      version: 1,
      seed: 5,
      networks: [],
      nodes: [{ name: 'a', count: 24, client: 'Geth/v1.17.5/linux', network: 'mainnet' }],
    }),
    'the test',
  );
  const network = await openSimulatedNetwork({
    ...{ curve: testCurve, clock: world.clock, random: world.random, sockets: systemSockets },
    ...{ scenario, startedAt: world.clock.now(), second: 77 },
  });
  t.after(() => network.close());
  const domain = 'nodes.example.org';
  const tree = { domain, seq: 7n, records: network.records(2), links: [] };
  const { url, texts } = writeDnsTree(testCurve, new Uint8Array(32).fill(9), tree);
  const byName = new Map([...texts].map(([name, text]) => [name.toLowerCase(), text]));
  const server = await startNameServer((name) => byName.get(name));
  const listed = { ...options.config, bootnodes: [], sources: [url] };
  const found = await run(
    { ...options, once: true, config: listed },
    { ...world, texts: createSystemTexts([server.address]) },
    new AbortController().signal,
  );
  assert.deepEqual(
    [found.summary.alive, found.summary.bootnodes.usable, found.summary.bootnodes.problems],
    [24, 1, []],
  );
  assert.equal(server.asked.length, texts.size, 'each name once');
  const sources = await sql<{ source: string; nodes: number }[]>`
    select source, count(distinct node_no)::int as nodes from endpoints where source = 'dns' group by 1`;
  assert.deepEqual([...sources], [{ source: 'dns', nodes: 2 }]);
  const [by] = await sql`select count(*)::int as nodes from nodes where found_by @> '{dns}'`;
  assert.deepEqual(by, { nodes: 2 });
  assert.match(await options.registry.metrics(), /^forkscope_crawler_sources\{kind="dns",state="whole"\} 1$/m);
  await server.close();
  // And the other way: what was found is a list for others, which they find below its own name.
  const folder = join(options.config.dataDir, 'list');
  const filter = { networks: ['mainnet'], minAgeMs: 0, minScore: 3, limit: 20 };
  const { entries, misplaced } = await selectListed(sql, testCurve, filter, world.clock.now());
  assert.deepEqual([entries.length, misplaced], [20, 0]);
  assert.equal(
    (await selectListed(sql, testCurve, { ...filter, minAgeMs: 3_600_000 }, world.clock.now())).entries.length,
    0,
  );
  assert.equal(
    (await selectListed(sql, testCurve, { ...filter, networks: ['sepolia'] }, world.clock.now())).entries.length,
    0,
  );
  const published = publishTree(testCurve, new Uint8Array(32).fill(8), {
    ...{ folder, domain: 'ours.example.org', entries, links: [url], now: Date.now() },
  });
  const ours = JSON.parse(readFileSync(join(folder, 'txt.json'), 'utf8'));
  const texts2 = new Map([...Object.entries<string>(ours), ...texts].map(([name, text]) => [name.toLowerCase(), text]));
  const second = await startNameServer((name) => texts2.get(name));
  const trees = await fetchTrees(
    { curve: testCurve, clock: systemClock, texts: createSystemTexts([second.address]) },
    [parseTreeLink(testCurve, published.url)],
    AbortSignal.timeout(30_000),
    { pauseMs: 0 },
  );
  await second.close();
  assert.deepEqual(
    trees.map(({ records, seq, faults }) => [records.length, seq, faults]),
    [
      [20, 1n, []],
      [2, 7n, []],
    ],
  );
  // Of nodes that nobody reached, or elsewhere than their record says, others would learn wrong addresses.
  const select = () => selectListed(sql, testCurve, { ...filter, limit: 100 }, world.clock.now());
  const [one, ...more] = (
    await sql<{ no: number }[]>`select node_no as no from nodes where enr is not null order by 1`
  ).map(({ no }) => no);
  const before = (await select()).entries.length;
  const recordAt = (ip: string, pairs: Record<string, Uint8Array>) => {
    const place = { ip: parseIp(ip) ?? undefined, udp: 30_303, tcp: 30_303 };
    return formatEnr(signEnr(testCurve, new Uint8Array(32).fill(7), { seq: 1n, pairs: { ...place, ...pairs } }));
  };
  const counts = async () => {
    const { entries: listed, misplaced: left } = await select();
    return [before - listed.length, left];
  };
  await sql`update nodes set last_reachable = null, last_inbound = last_identified where node_no = ${more[0]!}`;
  assert.deepEqual(await counts(), [1, 0], 'known only because it dials us');
  await sql`update nodes set tcp_port = tcp_port + 1 where node_no = ${more[1]!}`;
  assert.deepEqual(await counts(), [2, 1], 'answered at another port');
  for (const [ip6, left] of [
    ['fd00::1', 2],
    ['2606:4700::1', 1],
  ] as const) {
    const enr = recordAt('1.1.1.1', { ip6: parseIp(ip6)! });
    await sql`update nodes set ip = '1.1.1.1', tcp_port = 30303, enr = ${enr} where node_no = ${one!}`;
    assert.deepEqual(await counts(), [left + 1, left], ip6);
  }
  const on6 = recordAt('10.0.0.1', { ip6: parseIp('2606:4700::1')! });
  await sql`update nodes set ip = '2606:4700::1', enr = ${on6} where node_no = ${one!}`;
  assert.deepEqual(await counts(), [3, 2], 'its IPv4 address is one of an inner network');
  // The list has vanished, and so has the database: what was known of it stays.
  await sql`truncate nodes, networks cascade`;
  const registry = new Registry();
  const again = await run(
    { ...options, registry, once: true, config: listed },
    { ...world, texts: { lookUpTexts: async () => ({ at: 'unknown' }) } },
    new AbortController().signal,
  );
  assert.equal(again.summary.alive, 24);
  assert.deepEqual(
    again.summary.bootnodes.problems.map(({ code, about }) => [code, about]),
    [['listMissing', domain]],
  );
  assert.match(await registry.metrics(), /^forkscope_crawler_sources\{kind="dns",state="failed"\} 1$/m);
  assert.ok(lines.includes('a list of nodes in DNS cannot be used; what was known of it stays'));
});
