import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../../lib/packageRoot.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { formatEnr, parseEnr, signEnr } from '../../p2p/wire/enr.ts';
import { idHash } from '../../p2p/wire/nodeEndpoint.ts';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import type { NodeSetEntry } from '../crawl/nodesJson.ts';
import { publishTree } from './publishTree.ts';
import { loadTreeKey } from './treeKey.ts';

const now = Date.UTC(2026, 10, 28);
const domain = 'nodes.example.org';
const key = new Uint8Array(32).fill(9);
const entryOf = (record: string): NodeSetEntry => {
  const { id, seq } = parseEnr(curve, record);
  const times = { firstResponseAt: now - 9e7, lastResponseAt: now - 60_000, lastCheckAt: now };
  return { idHash: idHash(id), seq, record, score: 3, ...times };
};
/** Of 300 bytes, the most that a record may have: two strings in a TXT record. */
const entries = (count: number): NodeSetEntry[] =>
  Array.from({ length: count }, (_, i) => {
    const pairs = { ip: Uint8Array.of(127, 0, i >> 8, i & 255), udp: 30_303, tcp: 30_303, z: new Uint8Array(150) };
    return entryOf(formatEnr(signEnr(curve, new Uint8Array(32).fill(1).fill(i + 1, 30), { seq: 1n, pairs })));
  });

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-publish-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, domain);
}

test('a list is written for clients, for name servers and for geth; its number grows when it changes, and only then', (t) => {
  const folder = folderOf(t);
  const publish = (count: number, links: string[] = [], at = now) =>
    publishTree(curve, key, { folder, domain, entries: entries(count), links, now: at });
  const first = publish(40);
  assert.deepEqual([first.seq, first.isUnchanged], [1n, false]);
  assert.deepEqual(readdirSync(folder).toSorted(), ['enrtree-info.json', 'nodes.json', 'txt.json', 'zone.txt']);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const texts: Record<string, string> = JSON.parse(read('txt.json'));
  assert.equal(Object.keys(texts).length, first.texts);
  // RFC 1035: the strings of a record are one text, none longer than 255 bytes.
  const zone = read('zone.txt').trim().split('\n');
  assert.equal(zone.length, first.texts);
  for (const line of zone) {
    const [, name = '', ttl, strings = ''] = /^(\S+)\. (\d+) IN TXT ("[^"]*"(?: "[^"]*")*)$/.exec(line) ?? [];
    const parts = strings.split(' "').map((part) => part.replaceAll('"', ''));
    assert.ok(parts.every((part) => part.length <= 255));
    assert.equal(parts.join(''), texts[name]);
    assert.equal(ttl, name === domain ? '1800' : '2419200');
  }
  assert.ok(zone.some((line) => line.includes('" "')));
  const info = JSON.parse(read('enrtree-info.json'));
  assert.deepEqual([info.url, info.seq, info.links], [first.url, 1, []]);
  assert.equal(publish(40, [], now + 1e6).isUnchanged, true);
  assert.equal(read('enrtree-info.json'), JSON.stringify(info, null, 4).concat('\n'));
  assert.deepEqual([publish(39).seq, publish(39, [first.url]).seq], [2n, 3n]);
});

test('a folder with the list of another key or domain is left alone, and one whose number cannot be read', (t) => {
  const folder = folderOf(t);
  publishTree(curve, key, { folder, domain, entries: entries(3), links: [], now });
  const other =
    (change: { domain?: string }, by = key) =>
    () =>
      publishTree(curve, by, { folder, domain, entries: entries(3), links: [], now, ...change });
  assert.throws(other({ domain: 'other.example.org' }), /holds the list enrtree:.*give its key and domain/);
  assert.throws(other({}, new Uint8Array(32).fill(8)), /holds the list enrtree:/);
  writeFileSync(join(folder, 'enrtree-info.json'), '{}');
  assert.throws(other({}), /has an enrtree-info.json that is none/);
});

test('the key is made once, for its owner alone to read, and what is no key or can be read by others is refused', (t) => {
  const file = folderOf(t);
  let made = 0;
  const load = () => loadTreeKey(file, curve, () => new Uint8Array(32).fill(++made));
  const first = load();
  assert.deepEqual([first.isNew, statSync(file).mode & 0o777], [true, 0o600]);
  assert.deepEqual(load(), { privateKey: first.privateKey, isNew: false });
  chmodSync(file, 0o640);
  assert.throws(load, /holds a secret that others may read; chmod 600 /);
  chmodSync(file, 0o600);
  writeFileSync(file, '0x12');
  assert.throws(load, /is no key: it must hold 64 hex digits/);
  writeFileSync(file, '0'.repeat(64));
  assert.throws(load, /is no key/);
});

/** go-ethereum's own tool, built from its cmd/devp2p. */
const devp2p = process.env.DEVP2P ?? '';
const skip = devp2p === '' ? 'DEVP2P names no devp2p: the real tree in sources/testdata stands in for it' : false;

test("geth's tool takes the folder: its records, its signature, the texts that it would publish", {
  skip,
}, async (t) => {
  const folder = folderOf(t);
  const run = promisify(execFile);
  const set: Record<string, { record: string }> = JSON.parse(
    readFileSync(join(packageRoot, 'crawler/sources/testdata/coinbag-nodes.json'), 'utf8'),
  );
  const real = Object.values(set).map(({ record }) => entryOf(record));
  const all = [...entries(200), ...real];
  const links = ['enrtree://AM5FCQLWIZX2QFPNJAP7VUERCCRNGRHWZG3YYHIUV7BVDQ5FDPRT2@morenodes.example.org'];
  publishTree(curve, key, { folder, domain, entries: all, links, now });
  const { stdout } = await run(devp2p, ['dns', 'to-txt', folder], { maxBuffer: 1 << 24 });
  assert.deepEqual(JSON.parse(stdout), JSON.parse(readFileSync(join(folder, 'txt.json'), 'utf8')));
  const info = await run(devp2p, ['nodeset', 'info', join(folder, 'nodes.json')]);
  assert.match(info.stdout, new RegExp(`Set contains ${all.length} nodes`));
  const filtered = await run(devp2p, ['nodeset', 'filter', join(folder, 'nodes.json'), '-min-age', '24h'], {
    maxBuffer: 1 << 24,
  });
  const hashes = Object.keys(JSON.parse(filtered.stdout));
  assert.equal(hashes.length, all.length);
  assert.ok(hashes.every((hash) => hexToBytes(hash).length === 32));
});
