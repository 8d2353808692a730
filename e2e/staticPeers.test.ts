/**
 * Real EthereumJS peers that have no UDP socket at all, as static nodes have none: found by their URLs alone, one of them
 * by a name, one in a static-nodes.json.
 */
import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import { formatEnr, signEnr } from '../p2p/wire/enr.ts';
import { chooseCurve } from '../p2p/wire/secp256k1.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { forkEthereumjs } from '../testkit/forkEthereumjs.ts';
import { startForkscope, temporaryFolder } from './forkscopeProcess.ts';

const place = 127;
const second = 83;

test('real peers without UDP are dialled, named and put on their network', { timeout: 120_000 }, async (t) => {
  const folder = temporaryFolder(t, 'static');
  const opened = await openTestDatabase();
  t.after(() => opened.close());
  const peers = await Promise.all(
    [`${place}.${second}.0.1`, `${place}.0.0.1`, `${place}.${second}.0.3`].map((ip, index) =>
      forkEthereumjs({
        ip,
        port: 30_831 + index,
        privateKey: String(index + 3).repeat(64),
        clientName: `EthereumJS/static-${index}/linux/node20`,
        maxPeers: 25,
      }),
    ),
  );
  t.after(() => Promise.all(peers.map((peer) => peer.stop())));
  const ids = peers.map(({ id }) => bytesToHex(id));
  const [first, named, listed] = ids;
  assert.ok(first !== undefined && named !== undefined && listed !== undefined);
  const list = join(folder, 'static-nodes.json');
  // The third runs without discovery, which its URL does not say.
  const urls = [
    `enode://${listed}@${place}.${second}.0.3:30833?raftport=50400`,
    `enode://${listed}@[::]:30833?discport=0`,
  ];
  writeFileSync(list, `\uFEFF${JSON.stringify(urls)}`);
  const { code, stdout, stderr } = await startForkscope(
    [
      ...['crawl', '--once', '--data-dir', join(folder, 'data'), '--crawl-metrics-port', '0'],
      ...['--networks', 'mainnet', '--allowed-cidrs', `${place}.0.0.0/8`, '--source', list],
      '--bootnodes',
      `enode://${first}@${place}.${second}.0.1:30831?discport=0,enode://${named}@localhost:30832?discport=0`,
      ...['--bind4', `${place}.${second}.1.1`, '--bind6', 'none', '--port', '30491'],
    ],
    { DATABASE_URL: opened.url },
  ).ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ *alive +0 /m);
  assert.match(stdout, /^ *reachable +3 /m);
  assert.match(stdout, /^ *identified +3 /m);
  assert.match(stderr, /cannot use this bootnode.*@\[::\]:30833.*stands for every address/);
  const nodes = await opened.sql<{ id: string; alive: boolean; udp: number; network: string | null; client: string }[]>`
    select encode(id, 'hex') as id, last_alive is not null as alive, udp_port as udp, network, client_raw as client
    from node_rows order by client_raw`;
  assert.deepEqual(
    nodes.map(({ id, alive, udp, network, client }) => [id, alive, udp, network, client]),
    ids.map((id, index) => [id, false, index === 2 ? 30_833 : 0, 'mainnet', `EthereumJS/static-${index}/linux/node20`]),
  );

  // Peers without UDP were asked for no record: the list would be empty, and nothing is written.
  const out = join(folder, 'list');
  const data = ['--data-dir', join(folder, 'data'), '--domain', 'nodes.example.org', '--min-age', '0s'];
  const exported = () => startForkscope(['export', 'dns', out, ...data], { DATABASE_URL: opened.url }).ended;
  const empty = await exported();
  assert.equal(empty.code, 1);
  assert.match(empty.stderr, /no node of mainnet passes: with a signed record.*Let a crawl run longer/);
  assert.deepEqual([existsSync(out), existsSync(join(folder, 'data/dns.key'))], [false, false]);
  const curve = await chooseCurve();
  const pairs = { ip: Uint8Array.of(place, second, 0, 3), tcp: 30_833, udp: 30_833 };
  const record = formatEnr(signEnr(curve, new Uint8Array(32).fill(7), { seq: 1n, pairs }));
  await opened.sql`update nodes set enr = ${record}, enr_seq = 1 where tcp_port = 30833`;
  const written = await exported();
  assert.equal(written.code, 0, written.stderr);
  assert.match(written.stderr, /dns\.key: a key was made\. Keep it/);
  assert.match(
    written.stdout,
    /: 1 node in 3 TXT records, number 1\. .*enrtree:\/\/[A-Z2-7]{53}@nodes\.example\.org$/m,
  );
  assert.equal(statSync(join(folder, 'data/dns.key')).mode & 0o777, 0o600);
  assert.match((await exported()).stdout, /as it was, number 1, 1 node$/m);
});
