import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { readBootnode } from '../crawl/readBootnode.ts';
import { readSourceFile } from './readSourceFile.ts';

const key = (n: number): string => n.toString(16).repeat(128).slice(0, 128);
const url = (n: number, rest = `10.0.0.${n}:30303`): string => `enode://${key(n)}@${rest}`;

test('lists of nodes are read as clients and people write them', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-nodes-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const read = (text: string): readonly string[] => {
    const path = join(folder, 'nodes');
    writeFileSync(path, text);
    return readSourceFile(path).nodes;
  };
  // static-nodes.json, trusted-nodes.json, permissioned-nodes.json; in a list each text is meant as a node.
  assert.deepEqual(read(JSON.stringify([url(1), ` ${url(2)} `, '<replace with enode://id@ip:30303>'])), [
    url(1),
    ` ${url(2)} `,
    '<replace with enode://id@ip:30303>',
  ]);
  assert.deepEqual(read(`\uFEFF["${url(1)}",\r\n"${url(2)}"]\r\n`), [url(1), url(2)], 'as Windows writes it');
  // The same written by hand: a comma too many, comments, a line commented out.
  assert.deepEqual(
    read(`[\n  "${url(1)}", // london\n  // "${url(2)}",\n  "${url(3, '[::1]:30303?discport=0')}",\n]\n`),
    [url(1), url(3, '[::1]:30303?discport=0')],
  );
  // geth dumpconfig.
  assert.deepEqual(
    read(
      `[Node.P2P]\nMaxPeers = 200\nBootstrapNodes = []\nStaticNodes = ["${url(1)}", "${url(2, 'a.example.org:30303')}"]\n`,
    ),
    [url(1), url(2, 'a.example.org:30303')],
  );
  // Lines, with comments before, after and between; a console's commands; YAML.
  assert.deepEqual(read(`# bootnodes\r\n${url(1)}  # frankfurt\r\n\r\n; ${url(2)}\r\n${url(3)}`), [url(1), url(3)]);
  assert.deepEqual(read(`admin.addPeer("${url(1)}");\nadmin.addPeer("${url(2)}");`), [url(1), url(2)]);
  assert.deepEqual(read(`staticNodes:\n  - ${url(1, 'validator-0.besu.svc.cluster.local:30303')}\n  - enr:-abc_\n`), [
    url(1, 'validator-0.besu.svc.cluster.local:30303'),
    'enr:-abc_',
  ]);
  assert.throws(() => read('[]'), /names no node/);
  assert.throws(() => read('nothing here'), /names no node/);
  assert.throws(() => readSourceFile(join(folder, 'missing.json')), /missing\.json cannot be read: /);
  const path = join(folder, 'utf16.json');
  writeFileSync(path, Buffer.from(`\uFEFF["${url(1)}"]`, 'utf16le'));
  assert.throws(() => readSourceFile(path), /is UTF-16/);
});

test('files that are there: a list of a consortium without its brackets, and enode URLs of many kinds', () => {
  const at = (name: string): string => join(packageRoot, 'crawler/testdata', name);
  // Two lines of data/regular-nodes.json, github.com/alastria/alastria-node.
  const alastria = readSourceFile(at('alastria-regular-nodes.json')).nodes;
  assert.deepEqual(
    alastria.map((text) => text.replace(/^.*@/, '')),
    ['154.62.228.24:21000?discport=0', '5.57.225.79:21000?discport=0'],
  );
  assert.equal(readSourceFile(at('enode-urls.txt')).nodes.length, 7);
});

/** What a file of another project lists: its format, and of each node its host or why it cannot be used. */
async function look(name: string): Promise<readonly [string, readonly string[]]> {
  const curve = await chooseCurve();
  const { format, nodes } = readSourceFile(join(packageRoot, 'crawler/sources/testdata', name));
  return [
    format,
    nodes.map((text) => {
      const read = readBootnode(curve, text);
      return read.at === 'endpoints'
        ? `${read.endpoints[0].ip} ${read.endpoints[0].udp} ${read.endpoints[0].tcp}`
        : read.at === 'name'
          ? read.name
          : read.code;
    }),
  ];
}

test("geth's nodes.json as `devp2p dns sign` takes it", async () => {
  // github.com/CortexFoundation/discv4-dns-lists, all.mainnet.coinbag.org/nodes.json.
  const [format, nodes] = await look('coinbag-nodes.json');
  assert.equal(format, 'nodeSet');
  assert.equal(nodes.length, 7);
  assert.equal(nodes[0], '139.196.32.192 40404 40404');
});

test("Besu's files: static nodes with one that is none, permissions, bootnodes of a genesis file beside a DNS list", async () => {
  // github.com/hyperledger/besu, ethereum/p2p/src/test/resources/…/peers/invalid_static_nodes.json: port A.
  assert.deepEqual(await look('besu-invalid-static-nodes.json'), [
    'list',
    ['portInvalid', '127.0.0.1 30304 30304', '127.0.0.1 30305 30305', '127.0.0.1 30306 30306'],
  ]);
  // …/app/src/test/resources/permissioning_config_sepolia_bootnodes.toml.
  assert.deepEqual((await look('besu-permissions.toml'))[1], [
    '138.197.51.181 30303 30303',
    '146.190.1.103 30303 30303',
    '170.64.250.88 30303 30303',
    '139.59.49.206 30303 30303',
    '138.68.123.152 30303 30303',
  ]);
  // …/config/src/main/resources/hoodi.json, its part "discovery".
  assert.deepEqual(await look('besu-hoodi-discovery.json'), [
    'list',
    [
      'dnsList',
      ...['134.209.138.84', '209.38.124.160', '134.199.184.23'].map((ip) => `${ip} 30303 30303`),
      // Of the consensus layer: their TCP port, 9000 where there is one, is for libp2p.
      ...['209.38.124.160 9000 0', '209.38.124.160 9001 0', '134.209.138.84 9000 0'],
    ],
  ]);
});

test("GoQuorum's permissioned-nodes.json, and texts of a tree as `devp2p dns to-txt` writes them", async () => {
  // github.com/passionofvc/ibft-raft-3nodes.
  assert.deepEqual(await look('permissioned-nodes.json'), [
    'list',
    ['127.0.0.1 0 21000', '127.0.0.1 0 21001', '127.0.0.1 0 21002'],
  ]);
  // github.com/hyperledger/besu, ethereum/p2p/src/test/resources/discovery/dns/dns-records.json.
  const [, nodes] = await look('besu-dns-records.json');
  assert.ok(nodes.length > 50 && nodes.every((one) => /^\d/.test(one)), String(nodes.length));
});

test('tables: columns by their names, quotes, IDs with addresses, and rows that are no node', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-nodes-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const read = (text: string) => {
    const path = join(folder, 'nodes.csv');
    writeFileSync(path, text);
    return readSourceFile(path);
  };
  assert.deepEqual(read(`client,Enode,country\n"Geth, v1","${url(1)}",DE\nBesu,,FR\n`), {
    format: 'table',
    nodes: [url(1), 'Besu,,FR'],
  });
  assert.deepEqual(
    read(`node_id;ip;tcp_port;udp_port\n0x04${key(1)};10.0.0.1;30303;30301\n${key(2)};2001:db8::1;30303;30303\n`).nodes,
    [url(1, '10.0.0.1:30303?discport=30301'), url(2, '[2001:db8::1]:30303')],
  );
  // A UDP port alone says nothing of TCP.
  assert.deepEqual(read(`id,ip,tcp,udp\n${key(1)},10.0.0.1,,30301\n${key(2)},10.0.0.2,30303,\n`).nodes, [
    url(1, '10.0.0.1:0?discport=30301'),
    url(2, '10.0.0.2:30303'),
  ]);
  assert.deepEqual(read(`enr\nenr:-abc_\n`).nodes, ['enr:-abc_']);
  // Without a first line that names columns, URLs are found wherever they stand.
  assert.deepEqual(read(`1,${url(1)},x\n2,${url(2)},y\n`), { format: 'list', nodes: [url(1), url(2)] });
});

test('a wrong file is a sentence that says what to give instead', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-nodes-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const refuse = (text: string, why: RegExp): void => {
    const path = join(folder, 'wrong.json');
    writeFileSync(path, text);
    assert.throws(() => readSourceFile(path), why);
  };
  const info = readFileSync(join(packageRoot, 'crawler/sources/testdata/coinbag-enrtree-info.json'), 'utf8');
  refuse(info, /only a list in DNS: give that itself, as --source enrtree:\/\/AKLET737.*@all\.mainnet\.coinbag\.org/);
  refuse(
    '{"config":{"chainId":1},"alloc":{}}',
    /describes a network and names no node: give a network file by --network/,
  );
  refuse('{}', /names no node/);
  const many = Array.from({ length: 10_001 }, (_, at) => url(1, `10.0.${at >> 8}.${at & 255}:30303`));
  refuse(many.join('\n'), /names 10001 nodes; at most 10000/);
  assert.throws(() => readSourceFile(folder), /cannot be read: /);
});
