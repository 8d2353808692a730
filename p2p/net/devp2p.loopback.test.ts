import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { endChild } from '../../testkit/endChild.ts';
import { startDiscv5 } from '../../testkit/startDiscv5.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { writeDnsTree } from '../wire/dnsTreeWriter.ts';
import { formatEnr, parseEnr, readEnr, signEnr } from '../wire/enr.ts';
import { idHash } from '../wire/nodeEndpoint.ts';
import { visitDiscv5 } from './visitDiscv5.ts';

/** go-ethereum's own tool, built from its cmd/devp2p. */
const devp2p = process.env.DEVP2P ?? '';
const skip =
  devp2p === '' ? 'DEVP2P names no devp2p: the rebuilt cases of discv5Conformance.test.ts stand in for it' : false;
const run = promisify(execFile);

test("geth's tests of discv5 pass against us, seven of seven", { skip }, async () => {
  const us = await startDiscv5('127.0.0.9', { limits: { revalidateMs: 10_000 } });
  try {
    const { stdout } = await run(devp2p, ['discv5', 'test', us.enr], { timeout: 120_000 });
    assert.match(stdout, /7\/7 tests passed/);
  } finally {
    await us.close();
  }
});

test("geth's tool pings us, and finds by crawling whom we know", { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-devp2p-'));
  const hub = await startDiscv5('127.0.0.9');
  const others = await Promise.all(Array.from({ length: 8 }, (_, i) => startDiscv5(`127.35.0.${i + 1}`)));
  try {
    await run(devp2p, ['discv5', 'ping', hub.enr], { timeout: 20_000 });
    await Promise.all(others.map(async ({ discv5 }) => assert.equal((await discv5.ping(hub.contact)).code, 'ok')));
    const file = join(folder, 'nodes.json');
    await run(devp2p, ['discv5', 'crawl', '--bootnodes', hub.enr, '--timeout', '8s', file], { timeout: 60_000 });
    const found = Object.keys(JSON.parse(await readFile(file, 'utf8')));
    assert.ok(found.length >= 8, `${found.length} of 9`);
  } finally {
    await Promise.all([hub, ...others].map((one) => one.close()));
    await rm(folder, { recursive: true });
  }
});

test("geth's node is visited by us", { skip }, async () => {
  const child = spawn(devp2p, ['discv5', 'listen', '--addr', '127.0.0.8:30404', '--extaddr', '127.0.0.8:30404']);
  const us = await startDiscv5('127.0.0.9');
  try {
    let text = '';
    for await (const line of createInterface(child.stdout)) {
      text = /enr:[\w-]+/.exec(line)?.[0] ?? '';
      if (text !== '') break;
    }
    const enr = parseEnr(curve, text);
    const { ip, udp } = readEnr(enr);
    const contact = { id: enr.id, ip: ip ?? '', udp: udp ?? 0, tcp: 0, record: enr.bytes };
    const visit = await visitDiscv5(us.discv5, contact, { knownSeq: 0n });
    assert.deepEqual([visit.code, visit.isWhole, visit.misplaced], ['ok', true, 0]);
    assert.deepEqual(visit.record?.bytes, enr.bytes);
  } finally {
    await us.close();
    const gone = once(child, 'exit');
    await endChild(child);
    await gone;
  }
});

test('geth accepts a tree that we signed for DNS, and would publish the same texts', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-devp2p-'));
  const pairs = { ip: Uint8Array.of(127, 0, 0, 1), udp: 30_303 };
  const records = Array.from({ length: 200 }, (_, i) =>
    signEnr(curve, new Uint8Array(32).fill(i + 1), { seq: BigInt(i), pairs }),
  );
  const links = ['enrtree://AM5FCQLWIZX2QFPNJAP7VUERCCRNGRHWZG3YYHIUV7BVDQ5FDPRT2@morenodes.example.org'];
  const tree = { domain: 'nodes.example.org', seq: 12n, records, links };
  const { url, texts } = writeDnsTree(curve, new Uint8Array(32).fill(9), tree);
  const [, signature] = / sig=(.*)$/.exec(texts.get(tree.domain) ?? '') ?? [];
  const nodes = records.map((enr) => [bytesToHex(idHash(enr.id)), { seq: Number(enr.seq), record: formatEnr(enr) }]);
  const info = { url, seq: Number(tree.seq), signature, links, lastModified: '2026-11-28T00:00:00Z' };
  try {
    await writeFile(join(folder, 'enrtree-info.json'), JSON.stringify(info));
    await writeFile(join(folder, 'nodes.json'), JSON.stringify(Object.fromEntries(nodes)));
    const { stdout } = await run(devp2p, ['dns', 'to-txt', folder], { maxBuffer: 1 << 24 });
    assert.deepEqual(JSON.parse(stdout), Object.fromEntries(texts));
  } finally {
    await rm(folder, { recursive: true });
  }
});
