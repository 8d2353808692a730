import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import type { TextAnswer } from '../../p2p/ports.ts';
import { parseTreeLink, parseTreeRoot } from '../../p2p/wire/dnsTree.ts';
import { writeDnsTree } from '../../p2p/wire/dnsTreeWriter.ts';
import { parseEnr, signEnr } from '../../p2p/wire/enr.ts';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import type { ListState } from '../crawl/bootnodes.ts';
import { followSources } from './followSources.ts';
import { selectSources } from './selectSources.ts';
import { TreeList } from './treeList.ts';

const minute = 60_000;
const domain = 'nodes.example.org';
const keyOf = (i: number) => new Uint8Array(32).fill(i);
const recordOf = (i: number) =>
  signEnr(curve, keyOf(i), { seq: 1n, pairs: { ip: Uint8Array.of(127, 0, 0, i), udp: 30_303 } });
const treeOf = (seq: bigint, from: number, to: number, owner = 9) =>
  writeDnsTree(curve, keyOf(owner), {
    ...{ domain, seq, links: [] },
    records: Array.from({ length: to - from }, (_, i) => recordOf(from + i)),
  });

/** Sources at work on a simulated clock, a name server that a test changes, and a folder. */
function open(t: TestContext, sources: readonly string[], folder = temporary(t)) {
  const clock = new SimulatedClock();
  const startedAt = clock.now();
  const published = new Map<string, string>();
  const asked: { name: string; at: number }[] = [];
  const seen: string[] = [];
  const lists: string[][] = [];
  const lines: string[] = [];
  const server = { state: 'up' as 'up' | 'away', answerMs: 20 };
  let state: ListState | null = null;
  const say = (message: string): void => void lines.push(message);
  const atWork = followSources(
    {
      ...{ curve, clock, random: seededRandom(4), dataDir: folder, refreshMs: 30 * minute },
      log: { debug() {}, info: say, warn: say, error: say },
      texts: {
        async lookUpTexts(name): Promise<TextAnswer> {
          asked.push({ name, at: clock.now() - startedAt });
          await clock.sleep(server.answerMs);
          if (server.state === 'away') return { at: 'unanswered' };
          const text = published.get(name);
          return text === undefined ? { at: 'unknown' } : { at: 'found', texts: [text] };
        },
      },
      onNode: ({ ip }, kind, isNew) => void seen.push(`${kind} ${ip}${isNew ? '' : ' again'}`),
      onList: (_, nodes) => void lists.push([...nodes]),
      onState: (_, now) => {
        state = now;
      },
    },
    selectSources(curve, sources, []),
  );
  const stop = new AbortController();
  const publish = (texts: ReadonlyMap<string, string>): void => {
    published.clear();
    for (const [name, text] of texts) published.set(name, text);
  };
  let running = Promise.resolve();
  const end = async () => {
    stop.abort();
    await clock.drive(running);
  };
  const start = async () => {
    await clock.drive(atWork.begin(stop.signal));
    running = atWork.run(stop.signal);
    t.after(end);
  };
  const told = () => state ?? assert.fail('nothing was told');
  return { ...{ clock, asked, seen, lists, lines, server, atWork, folder }, publish, start, end, told };
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-sources-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a list in DNS is asked for on its schedule, and of a new one only what is new', async (t) => {
  const { url, texts } = treeOf(1n, 1, 41);
  const { clock, asked, seen, start, publish, atWork, told } = open(t, [url]);
  publish(texts);
  await start();
  await clock.drive(clock.sleep(1_200));
  assert.ok(seen.length > 5 && seen.length < 40, `${seen.length} nodes come in while it is being read`);
  await clock.drive(clock.sleep(5 * minute));
  assert.equal(asked.length, texts.size);
  assert.equal(seen.length, 40);
  assert.ok(seen.every((one) => one.startsWith('dns 127.') && !one.endsWith('again')));
  assert.deepEqual(told(), { nodes: 40, wasRead: true, problem: null });
  await clock.drive(clock.sleep(40 * minute));
  assert.equal(asked.length, texts.size + 1, 'the root alone, which has not changed');
  assert.deepEqual(
    seen.slice(40),
    seen.slice(0, 40).map((one) => `${one} again`),
    'for whom there was no room before',
  );
  const newer = treeOf(2n, 1, 42).texts;
  publish(newer);
  await clock.drive(clock.sleep(40 * minute));
  const known = new Set(texts.values());
  const news = [...newer.values()].filter((text) => !known.has(text)).length;
  assert.ok(news < 8, String(news));
  // Its root is looked at to see whether it has changed, and once more when it is read.
  assert.equal(asked.length, texts.size + 1 + 1 + news);
  assert.deepEqual(
    seen.slice(40).filter((one) => !one.endsWith('again')),
    ['dns 127.0.0.41'],
  );
  assert.deepEqual(
    [atWork.books.count('dns', 'whole'), atWork.books.sum('dns', 'nodes'), atWork.books.reads('dns', 'unchanged')],
    [1, 41, 1],
  );
});

test('a list that vanishes is told once, asked for ever more rarely, and what was known of it stays, after a restart too', async (t) => {
  const { url, texts } = treeOf(5n, 1, 21);
  const { clock, lines, asked, start, publish, atWork, told, folder } = open(t, [url]);
  publish(texts);
  await start();
  await clock.drive(clock.sleep(5 * minute));
  publish(new Map());
  asked.length = 0;
  await clock.drive(clock.sleep(24 * 60 * minute));
  assert.deepEqual(told(), { nodes: 20, wasRead: true, problem: { code: 'listMissing', about: domain } });
  assert.deepEqual(lines, [
    'a list of nodes in DNS was read',
    'a list of nodes in DNS cannot be used; what was known of it stays',
  ]);
  const roots = asked.filter(({ name }) => name === domain).length;
  assert.ok(roots >= 10 && roots <= 26, `${roots} questions in a day`);
  assert.deepEqual([atWork.books.count('dns', 'failed'), atWork.books.sum('dns', 'nodes')], [1, 20]);
  const later = open(t, [url], folder);
  await later.start();
  assert.equal(later.seen.length, 20);
  assert.deepEqual(later.told(), { nodes: 20, wasRead: false, problem: null });
  later.publish(treeOf(4n, 1, 31).texts);
  await later.clock.drive(later.clock.sleep(2 * minute));
  assert.deepEqual(later.told().problem, { code: 'listOlder', about: domain });
  assert.equal(later.seen.length, 20, 'none of the older one');
  later.publish(treeOf(6n, 1, 31, 8).texts);
  await later.clock.drive(later.clock.sleep(20 * minute));
  assert.deepEqual(later.told().problem, { code: 'listForged', about: domain });
  later.server.state = 'away';
  await later.clock.drive(later.clock.sleep(20 * minute));
  assert.deepEqual(later.told().problem, { code: 'listUnanswered', about: domain });
  later.server.state = 'up';
  later.publish(treeOf(6n, 1, 31).texts);
  await later.clock.drive(later.clock.sleep(60 * minute));
  assert.deepEqual(later.told(), { nodes: 30, wasRead: true, problem: null });
  assert.equal(later.lines.length, 5, later.lines.join('\n'));
});

test('a stop in the middle of a reading is no fault of the list, and what was read so far is not asked for again', async (t) => {
  const { url, texts } = treeOf(1n, 1, 41);
  const first = open(t, [url]);
  first.publish(texts);
  await first.start();
  await first.clock.drive(first.clock.sleep(1_200));
  await first.end();
  assert.deepEqual([first.lines, first.told().problem], [[], null]);
  const before = first.asked.length;
  assert.ok(before > 10 && before < texts.size);
  const second = open(t, [url], first.folder);
  second.publish(texts);
  await second.start();
  await second.clock.drive(second.clock.sleep(5 * minute));
  assert.ok(second.asked.length <= texts.size - before + 9, `${second.asked.length}`);
  assert.equal(second.told().nodes, 40);
});

test('what was kept on disk is not trusted: entries that are not their hash are asked for again', async (t) => {
  const { url, texts } = treeOf(1n, 1, 6);
  const first = open(t, [url]);
  first.publish(texts);
  await first.start();
  await first.clock.drive(first.clock.sleep(minute));
  const [file] = readdirSync(join(first.folder, 'lists'));
  const path = join(first.folder, 'lists', file ?? '');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"enr:-', '"enr:x'));
  const second = open(t, [url], first.folder);
  second.publish(texts);
  await second.start();
  assert.equal(second.seen.length, 4);
  await second.clock.drive(second.clock.sleep(minute));
  assert.equal(second.asked.length, 2, 'the root, and the entry that was damaged');
  assert.deepEqual(second.told().nodes, 5);
  writeFileSync(path, '{');
  const third = open(t, [url], first.folder);
  await third.start();
  assert.deepEqual(third.told(), { nodes: 0, wasRead: false, problem: null });
});

test("a real tree: geth's signature over the records of its nodes.json, and one whose branches were cut short", async (t) => {
  const read = (name: string) => JSON.parse(readFileSync(join(packageRoot, 'crawler/sources/testdata', name), 'utf8'));
  // github.com/CortexFoundation/discv4-dns-lists: what we would publish for these nodes is what was signed.
  const info = read('coinbag-enrtree-info.json');
  const records = Object.values<{ record: string }>(read('coinbag-nodes.json')).map(({ record }) =>
    parseEnr(curve, record),
  );
  const coinbag = 'all.mainnet.coinbag.org';
  const tree = { domain: coinbag, seq: BigInt(info.seq), records, links: info.links };
  const { texts } = writeDnsTree(curve, keyOf(1), tree);
  const root = texts.get(coinbag)?.replace(/ sig=.*/, ` sig=${info.signature}`) ?? '';
  const sources = open(t, [info.url]);
  const { publicKey } = selectSources(curve, [info.url], []).trees[0]?.link ?? assert.fail();
  assert.equal(parseTreeRoot(curve, root, publicKey).seq, 276n);
  sources.publish(new Map([...texts, [coinbag, root]]));
  await sources.start();
  await sources.clock.drive(sources.clock.sleep(minute));
  assert.deepEqual(sources.told(), { nodes: records.length, wasRead: true, problem: null });
  // github.com/hyperledger/besu, dns-records.json: a dump of all.holesky.ethdisco.net with texts of 255 characters at most.
  const besu = open(t, ['enrtree://AKA3AM6LPBYEUDMVNU3BSVQJ5AD45Y7YPOHJLEF6W26QOE4VTUDPE@all.holesky.ethdisco.net']);
  besu.publish(new Map(Object.entries(read('besu-dns-records.json'))));
  await besu.start();
  await besu.clock.drive(besu.clock.sleep(5 * minute));
  assert.equal(besu.atWork.books.count('dns', 'partial'), 1);
  assert.ok(besu.atWork.books.sum('dns', 'bad') > 0);
  assert.ok(besu.lines.includes('entries of a list of nodes in DNS are bad or missing; the others are used'));
});

test('a file is read again when it has changed and is not being written any more; a wrong one is told, and what it listed stays', async (t) => {
  const folder = temporary(t);
  const file = join(folder, 'static-nodes.json');
  const set = join(folder, 'nodes.json');
  const enode = (i: number) => `enode://${Buffer.from(curve.publicKey(keyOf(i))).toString('hex')}@127.0.0.${i}:30303`;
  const node = (i: number) => [String(i).padStart(64, '0'), { record: enode(i), seq: 0, score: 1 }];
  writeFileSync(file, JSON.stringify([enode(1)]));
  writeFileSync(set, JSON.stringify(Object.fromEntries([node(2), ['f'.repeat(64), { record: 'enr:-abc_' }]])));
  const { clock, lists, seen, lines, start, atWork } = open(t, [file, set], folder);
  await start();
  assert.deepEqual([seen, lists], [['file 127.0.0.2'], []]);
  assert.deepEqual([atWork.books.sum('file', 'nodes'), atWork.books.sum('file', 'bad')], [2, 1]);
  writeFileSync(file, JSON.stringify([enode(1), enode(3)]));
  await clock.drive(clock.sleep(11_000));
  assert.deepEqual(lists, [], 'it may still be being written');
  await clock.drive(clock.sleep(10_000));
  assert.deepEqual(lists, [[enode(1), enode(3)]]);
  writeFileSync(file, '{');
  await clock.drive(clock.sleep(minute));
  assert.equal(atWork.books.count('file', 'failed'), 1);
  assert.equal(lines.filter((line) => line.startsWith('a file of nodes has become unusable')).length, 1);
  rmSync(file);
  writeFileSync(set, JSON.stringify(Object.fromEntries([node(2), node(4)])));
  await clock.drive(clock.sleep(minute));
  assert.deepEqual(seen, ['file 127.0.0.2', 'file 127.0.0.2', 'file 127.0.0.4']);
  assert.equal(atWork.books.count('file', 'failed'), 1);
  writeFileSync(file, JSON.stringify([enode(5)]));
  await clock.drive(clock.sleep(minute));
  assert.deepEqual([lists.at(-1), atWork.books.count('file', 'failed')], [[enode(5)], 0]);
  await clock.drive(clock.sleep(23 * 60 * minute));
  assert.equal(seen.length, 3);
  await clock.drive(clock.sleep(60 * minute));
  assert.deepEqual(seen.slice(3), ['file 127.0.0.2 again', 'file 127.0.0.4 again']);
});

test('a list whose key is none is refused with what to do', () => {
  const url = `enrtree://${'A'.repeat(53)}@nodes.example.org`;
  assert.throws(() => selectSources(curve, [url], []), /is no list in DNS: between enrtree:\/\/ and @/);
});

test('many lists ask name servers no faster than one: twenty questions a second, eight at a time', async (t) => {
  const trees = Array.from({ length: 8 }, (_, i) => {
    const records = Array.from({ length: 30 }, (_, j) => recordOf(1 + i * 30 + j));
    return writeDnsTree(curve, keyOf(9), { domain: `l${i}.example.org`, seq: 1n, links: [], records });
  });
  const { clock, asked, seen, atWork, start, publish, server } = open(
    t,
    trees.map(({ url }) => url),
  );
  publish(new Map(trees.flatMap(({ texts }) => [...texts])));
  server.answerMs = 1_000;
  await start();
  await clock.drive(clock.sleep(5 * minute));
  assert.equal(seen.length, 240);
  assert.equal(atWork.books.count('dns', 'whole'), 8);
  const gaps = asked.slice(1).map(({ at }, i) => at - (asked[i]?.at ?? 0));
  assert.ok(Math.min(...gaps) >= 50, `${Math.min(...gaps)} ms between two`);
  const atOnce = asked.map(({ at }) => asked.filter((one) => one.at <= at && one.at + 1_000 > at).length);
  assert.equal(Math.max(...atOnce), 8);
});

/** One list, asked of a name server that a test makes. */
function listOf(url: string, lookUp: (name: string, signal: AbortSignal) => TextAnswer) {
  const clock = new SimulatedClock();
  const texts = { lookUpTexts: async (name: string, signal: AbortSignal) => lookUp(name, signal) };
  const list = new TreeList({ curve, clock, texts }, parseTreeLink(curve, url), { seqs: new Map(), texts: new Map() });
  return { list, read: () => clock.drive(list.refresh(new AbortController().signal, () => {})) };
}
const found = (text: string): TextAnswer => ({ at: 'found', texts: [text] });

test('roots that nobody signed are not kept, neither large ones nor any at the names of entries', async () => {
  const { url, texts } = treeOf(1n, 1, 41);
  for (const size of [80, 1_000, 60_000]) {
    const hostile = `enrtree-root:v1 ${'x'.repeat(size)}`;
    const { list, read } = listOf(url, (name) => {
      const text = texts.get(name) ?? '';
      return found(text.startsWith('enr:') ? hostile : text);
    });
    const reading = await read();
    assert.equal(reading.at, 'partial');
    const roots = [...list.kept.texts].filter(([, text]) => text.startsWith('enrtree-root:'));
    assert.deepEqual(roots, [[domain, texts.get(domain)]], `of ${size} characters`);
    assert.deepEqual([...list.kept.seqs], [[parseTreeLink(curve, url).text, 1n]]);
  }
});

test('a list that names other lists at each reading does not fill memory with their numbers, and its own stays', async () => {
  const own = writeDnsTree(curve, keyOf(9), { domain, seq: 1n, records: [], links: [] });
  let published = new Map<string, string>();
  const { list, read } = listOf(own.url, (name) => {
    const text = published.get(name);
    return text === undefined ? { at: 'unknown' } : found(text);
  });
  const publish = (seq: bigint, isBroken: boolean): void => {
    const others = Array.from({ length: 10 }, (_, i) =>
      writeDnsTree(curve, keyOf(8), { domain: `n${seq}-${i}.example.org`, seq, records: [recordOf(1)], links: [] }),
    );
    const links = others.map(({ url }) => url);
    const records = isBroken ? [recordOf(2), recordOf(3)] : [];
    const main = writeDnsTree(curve, keyOf(9), { domain, seq, records, links }).texts;
    const missing = isBroken ? [...main].find(([, text]) => text.startsWith('enr:'))?.[0] : undefined;
    published = new Map([...main, ...others.flatMap(({ texts }) => [...texts])].filter(([name]) => name !== missing));
  };
  for (let seq = 1n; seq <= 12n; seq++) {
    publish(seq, true);
    assert.equal((await read()).at, 'partial');
  }
  assert.equal(list.kept.seqs.size, 65);
  publish(13n, false);
  assert.equal((await read()).at, 'whole');
  assert.equal(list.kept.seqs.size, 11);
  assert.equal(list.kept.seqs.get(list.link.text), 13n);
});

test('nothing of a reading is waited for once it is over', async () => {
  const { url, texts } = treeOf(1n, 1, 6);
  const signals = new Set<AbortSignal>();
  const { read } = listOf(url, (name, signal) => {
    signals.add(signal);
    return found(texts.get(name) ?? '');
  });
  assert.equal((await read()).at, 'whole');
  assert.ok(signals.size > 0 && [...signals].every(({ aborted }) => aborted));
});
