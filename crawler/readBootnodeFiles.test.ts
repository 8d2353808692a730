import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../lib/packageRoot.ts';
import { readBootnodeFiles } from './readBootnodeFiles.ts';

const key = (n: number): string => n.toString(16).repeat(128).slice(0, 128);
const url = (n: number, rest = `10.0.0.${n}:30303`): string => `enode://${key(n)}@${rest}`;

test('lists of nodes are read as clients and people write them', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-nodes-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const read = (text: string): string[] => {
    const path = join(folder, 'nodes');
    writeFileSync(path, text);
    return readBootnodeFiles([path]);
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
  assert.throws(() => readBootnodeFiles([join(folder, 'missing.json')]), /missing\.json cannot be read: /);
  const path = join(folder, 'utf16.json');
  writeFileSync(path, Buffer.from(`\uFEFF["${url(1)}"]`, 'utf16le'));
  assert.throws(() => readBootnodeFiles([path]), /is UTF-16/);
});

test('files that are there: a list of a consortium without its brackets, and enode URLs of many kinds', () => {
  const at = (name: string): string => join(packageRoot, 'crawler/testdata', name);
  // Two lines of data/regular-nodes.json, github.com/alastria/alastria-node.
  const alastria = readBootnodeFiles([at('alastria-regular-nodes.json')]);
  assert.deepEqual(
    alastria.map((text) => text.replace(/^.*@/, '')),
    ['154.62.228.24:21000?discport=0', '5.57.225.79:21000?discport=0'],
  );
  assert.equal(readBootnodeFiles([at('enode-urls.txt')]).length, 7);
});
