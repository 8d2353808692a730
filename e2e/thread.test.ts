/**
 * The whole program on real peers: 20 EthereumJS peers and an EthereumJS client, each in a process of its own, found
 * from one bootnode by the built command line, stored in a real PostgreSQL, read back through the API and seen on
 * the page in a real browser.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { NetworkSummaryResponse } from '../api/contract/networks.ts';
import type { ListNodesResponse, Node, NodeResponse } from '../api/contract/nodes.ts';
import { listNodesResponse, nodeResponse } from '../api/contract/nodes.ts';
import type { CrawlSummary } from '../crawler/crawl/crawlTally.ts';
import { bytesToHex, hexToBytes } from '../p2p/wire/bytes.ts';
import { chooseCurve } from '../p2p/wire/secp256k1.ts';
import { openBrowser } from '../scripts/testRunner/pageTools.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { noBrowser } from './fixtures/webBrowser.ts';
import { endForkscope, startForkscope, temporaryFolder } from './forkscopeProcess.ts';
import { privateChain, startPrivateClient } from './peers/ethereumjsClient.ts';
import { type SwarmPeer, startSwarm } from './peers/ethereumjsSwarm.ts';

const peerCount = 20;
const second = 77;
const clientAddress = { ip: `127.${second}.0.200`, port: 30_401 };
const ourIp = `127.${second}.1.1`;

/** What EthereumJS 10.0.0 announces for a network at a hardfork. */
const forkIds: Readonly<Record<string, { hash: string; next: string }>> = {
  'mainnet prague': { hash: '0xc376cf8b', next: '0' },
  'mainnet cancun': { hash: '0x9f3d2254', next: '1746612311' },
  'mainnet london': { hash: '0xb715077d', next: '13773000' },
  'sepolia prague': { hash: '0xed88b5fd', next: '0' },
  'holesky prague': { hash: '0xdfbd9bed', next: '0' },
};
const networkIds: Readonly<Record<string, string>> = { mainnet: '1', sepolia: '11155111', holesky: '17000' };

describe('one thread through the whole house, on real peers', { timeout: 240_000 }, () => {
  let peers: readonly SwarmPeer[];
  let clientId: string;
  let database: { url: string };
  let folder: string;
  let crawlArgs: readonly string[];
  const cleanUps: (() => unknown)[] = [];

  before(async () => {
    const client = await startPrivateClient(clientAddress);
    cleanUps.push(() => client[Symbol.asyncDispose]());
    clientId = client.id;
    // The last peer of the ring is the only one that knows the client.
    const swarm = await startSwarm({
      count: peerCount,
      second,
      knows: (index) => (index === peerCount - 1 ? [{ id: client.id, ...clientAddress }] : []),
    });
    cleanUps.push(() => swarm[Symbol.asyncDispose]());
    peers = swarm.peers;
  });

  test('a crawl from one bootnode finds every peer, and the API and the page show what each one is', async (t) => {
    t.after(async () => {
      for (const cleanUp of cleanUps.toReversed()) await cleanUp();
    });
    folder = temporaryFolder(t, 'thread');
    const opened = await openTestDatabase();
    database = opened;
    t.after(() => opened.close());
    writeFileSync(join(folder, 'private.json'), JSON.stringify(privateNetwork));
    crawlArgs = [
      'crawl',
      ...['--data-dir', join(folder, 'data'), '--networks', 'mainnet,sepolia,holesky'],
      ...['--network', join(folder, 'private.json'), '--bootnodes', peers[0]?.enode ?? ''],
      ...['--allowed-cidrs', '127.0.0.0/8', '--bind4', ourIp, '--bind6', 'none', '--port', '30390'],
      ...['--crawl-metrics-port', '0'],
    ];

    await t.test('forkscope crawl --once', async () => {
      const files = { summary: join(folder, 'summary.json'), out: join(folder, 'nodes.json') };
      const args = [...crawlArgs, '--once', '--summary', files.summary, '--out', files.out];
      const { code, stdout, stderr } = await startForkscope(args, { DATABASE_URL: database.url }).ended;
      assert.equal(code, 0, stderr);
      assert.match(stdout, /identified +21 \(100\.0 %\)/);
      const summary = JSON.parse(readFileSync(files.summary, 'utf8')) as CrawlSummary;
      assert.deepEqual(
        { alive: summary.alive, reachable: summary.reachable, identified: summary.identified },
        { alive: 21, reachable: 21, identified: 21 },
      );
      assert.deepEqual(summary.networks, { mainnet: 14, holesky: 3, sepolia: 3, 'e2e-private': 1 });
      const nodes = JSON.parse(readFileSync(files.out, 'utf8')) as Record<string, { record: string; score: number }>;
      const records = new Set(Object.values(nodes).map(({ record }) => record));
      for (const { enode } of peers) assert.ok(records.has(enode), `${enode} is missing in nodes.json`);
      assert.equal(Object.keys(nodes).length, 21);
    });

    await t.test('forkscope serve: the rows of every peer through the API', async (st) => {
      const url = await serve(st, database.url);
      const { nodes, next } = await get<ListNodesResponse>(`${url}/api/v1/nodes?population=identified&limit=100`);
      assert.equal(next, null);
      const byId = new Map(nodes.map((node) => [node.id, node]));
      assert.equal(byId.size, 21);
      for (const peer of peers) checkPeer(peer, byId.get(peer.id));
      checkClient(byId.get(clientId));
      const one = nodeResponse.parse(await get<NodeResponse>(`${url}/api/v1/nodes/${peers[7]?.id}`));
      assert.ok(one.visits.some(({ direction, code }) => direction === 'outbound' && code === 'ok'));
      const summary = await get<NetworkSummaryResponse>(`${url}/api/v1/networks/mainnet/summary`);
      assert.equal(summary.populations.find(({ population }) => population === 'identified')?.now.ids, 14);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      assert.match(metrics, /forkscope_network_nodes\{[^}]*network="mainnet"[^}]*\} 14/);
    });

    await t.test('every peer on the page, in a real browser', { skip: noBrowser }, async (st) => {
      const url = await serve(st, database.url);
      const browser = await openBrowser();
      st.after(() => browser.close());
      const page = await browser.newPage();
      await page.goto(`${url}/nodes?network=all&population=identified&window=now`);
      for (const peer of peers) {
        await page.locator(`a[href*="${peer.id}"]`).first().waitFor({ timeout: 15_000 });
      }
      await page.locator(`a[href*="${clientId}"]`).first().waitFor({ timeout: 15_000 });
      await page.goto(`${url}/nodes/${peers[3]?.id}`);
      await page
        .getByText(peers[3]?.clientName ?? '')
        .first()
        .waitFor({ timeout: 15_000 });
      await page.getByText('b715077d').first().waitFor({ timeout: 15_000 });
      await page.goto(`${url}/?network=mainnet`);
      await page.getByText('14', { exact: true }).first().waitFor({ timeout: 15_000 });
    });

    await t.test('a real peer that dials us is recorded as inbound, with its name', async (st) => {
      const key = JSON.parse(readFileSync(join(folder, 'data/keys/discovery.json'), 'utf8')) as { privateKey: string };
      const ourId = bytesToHex((await chooseCurve()).publicKey(hexToBytes(key.privateKey)));
      const crawler = startForkscope([...crawlArgs, '--print-commits'], { DATABASE_URL: database.url });
      st.after(() => endForkscope(crawler));
      await crawler.printed(/identity is up.*"name":"e2e-private"/, 30_000);
      await using caller = await startSwarm({
        count: 1,
        second: second + 1,
        dials: () => [{ id: ourId, ip: ourIp, port: 30_390 }],
      });
      const [peer] = caller.peers;
      assert.ok(peer);
      const visit = await until(20_000, async () => {
        const [row] = await opened.sql<{ clientName: string; stage: string; code: string }[]>`
          select v.client_raw as "clientName", v.stage, v.code from visit_rows v join nodes n using (node_no)
          where n.id = ${hexToBytes(peer.id)} and v.direction = 'inbound'`;
        return row;
      });
      assert.deepEqual({ ...visit }, { clientName: peer.clientName, stage: 'headers', code: 'ok' });
      const { code } = await endForkscope(crawler);
      assert.equal(code, 0);
    });
  });
});

const privateNetwork = {
  version: 1,
  slug: 'e2e-private',
  name: 'Private chain of the test',
  networkId: Number(privateChain.networkId),
  genesisHash: `0x${privateChain.genesisHash}`,
  genesisTime: 0x65000000,
  forks: [{ name: 'Prague', time: Number(privateChain.forkNext) }],
  allowedCidrs: ['127.0.0.0/8'],
  consensus: 'pos',
};

function checkPeer(peer: SwarmPeer, node: Node | undefined): void {
  assert.ok(node, `${peer.clientName} is missing`);
  const expected = {
    client: peer.clientName,
    capabilities: ['eth/66', 'eth/67', 'eth/68'],
    network: {
      slug: peer.network,
      source: 'status',
      ambiguous: false,
      candidates: [],
      relative: false,
      otherNetworkId: false,
    },
    networkId: networkIds[peer.network],
    genesisHash: `0x${peer.genesisHash}`,
    forkId: forkIds[`${peer.network} ${peer.hardfork}`],
    ip: peer.ip,
  };
  const { capabilities, network, networkId, genesisHash, forkId, ip } = node;
  assert.deepEqual({ client: node.client?.raw, capabilities, network, networkId, genesisHash, forkId, ip }, expected);
}

function checkClient(node: Node | undefined): void {
  assert.ok(node, 'the EthereumJS client is missing');
  assert.match(node.client?.raw ?? '', /^EthereumJS\/0\.10\.5\//);
  assert.deepEqual(node.capabilities, ['eth/66', 'eth/67', 'eth/68', 'snap/1']);
  assert.equal(node.networkId, String(privateChain.networkId));
  assert.equal(node.genesisHash, `0x${privateChain.genesisHash}`);
  assert.deepEqual(node.forkId, { hash: `0x${privateChain.forkHash}`, next: String(privateChain.forkNext) });
  assert.equal(node.network?.slug, 'e2e-private');
  assert.equal(node.forkClass, 'ready');
}

async function serve(t: { after(act: () => Promise<unknown>): void }, databaseUrl: string): Promise<string> {
  const api = startForkscope(['serve', '--http-port', '0'], { DATABASE_URL: databaseUrl });
  t.after(() => endForkscope(api));
  const [, url = ''] = await api.printed(/served.*?"url":"([^"]+)"/, 30_000);
  return url;
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url);
  const body = (await response.json()) as T;
  assert.equal(response.status, 200, JSON.stringify(body));
  if (url.includes('/nodes?')) listNodesResponse.parse(body);
  return body;
}

async function until<T>(ms: number, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`nothing after ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
