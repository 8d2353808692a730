import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { readTestdata } from '../../testkit/readTestdata.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { fromBase32, toBase32 } from '../wire/base32.ts';
import { bytesToHex, hexToBytes } from '../wire/bytes.ts';
import {
  DnsTreeError,
  type DnsTreeErrorDetail,
  entryName,
  formatBranch,
  parseTreeEntry,
  parseTreeLink,
  parseTreeRoot,
  signTreeRoot,
} from '../wire/dnsTree.ts';
import { writeDnsTree } from '../wire/dnsTreeWriter.ts';
import { formatEnr, parseEnr, signEnr } from '../wire/enr.ts';
import { defaultTreeLimits, type TreeFindings, type TreeLimits, TreeSync } from './treeSync.ts';

/*
 * Vectors: ethereum/devp2p dnsdisc.md, the example tree, whose root go-ethereum's key for tests signed; and
 * go-ethereum p2p/dnsdisc/{tree,client}_test.go.
 */
const vectors: {
  readonly key: string;
  readonly url: string;
  readonly tree: Readonly<Record<string, string>>;
  readonly badRecord: Readonly<Record<string, string>>;
  readonly roots: readonly { readonly text: string; readonly code: DnsTreeErrorDetail['code'] | null }[];
  readonly links: readonly { readonly text: string; readonly code: DnsTreeErrorDetail['code'] | null }[];
  readonly entries: readonly { readonly text: string; readonly code: DnsTreeErrorDetail['code'] | null }[];
} = readTestdata('p2p/wire/testdata/dnsTree.json');
const testKey = hexToBytes(vectors.key);
const owner = curve.publicKey(testKey);

const codeOf = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    assert.ok(error instanceof DnsTreeError, String(error));
    return error.code;
  }
};

function sync(
  texts: ReadonlyMap<string, string>,
  url: string,
  { knownSeq = 0n, limits = defaultTreeLimits }: { knownSeq?: bigint; limits?: TreeLimits } = {},
): TreeFindings & { asked: number } {
  const tree = new TreeSync(curve, parseTreeLink(curve, url), knownSeq, limits);
  let asked = 0;
  while (!tree.isDone) {
    const name = tree.next();
    assert.ok(name !== null);
    const text = texts.get(name);
    tree.answered(name, text === undefined ? { at: 'unknown' } : { at: 'found', texts: ['v=spf1 -all', text] });
    asked += 1;
    assert.ok(asked < 2_000);
  }
  return { ...tree.found, asked };
}

const urlAt = (domain: string) => `enrtree://${toBase32(curve.compress(owner))}@${domain}`;
const faultsOf = ({ faults }: TreeFindings) => faults.map(({ code }) => code);

test('the example of the specification is read whole, and written byte for byte', () => {
  const texts = new Map(Object.entries(vectors.tree));
  const found = sync(texts, vectors.url);
  assert.deepEqual([found.records.length, found.links.length, found.seq, found.faults], [3, 1, 1n, []]);
  assert.equal(found.links[0]?.domain, 'morenodes.example.org');
  const links = found.links.map(({ text }) => text);
  const written = writeDnsTree(curve, testKey, { domain: 'n', seq: 1n, records: found.records, links });
  assert.equal(written.url, vectors.url);
  assert.deepEqual(Object.fromEntries(written.texts), vectors.tree);
});

test("geth's roots, links and entries, good and bad", () => {
  for (const { text, code } of vectors.roots) {
    assert.equal(
      codeOf(() => parseTreeRoot(curve, text, owner)),
      code,
      text,
    );
  }
  for (const { text, code } of vectors.links)
    assert.equal(
      codeOf(() => parseTreeLink(curve, text)),
      code,
      text,
    );
  for (const { text, code } of vectors.entries) {
    assert.equal(
      codeOf(() => parseTreeEntry(curve, entryName(text), text)),
      code,
      text,
    );
  }
  const bad = sync(new Map(Object.entries(vectors.badRecord)), urlAt('n'));
  assert.deepEqual([faultsOf(bad), bad.links.length, bad.seq], [['treeRecord'], 1, 3n]);
});

const records = Array.from({ length: 400 }, (_, i) => {
  const key = seededRandom(i + 1).bytes(32);
  return signEnr(curve, key, { seq: 1n, pairs: { ip: Uint8Array.of(1, 2, i >> 8, i & 255), udp: 30_303 } });
});

test('trees of any size are read as they were written; the order of records makes no difference', () => {
  for (const count of [0, 1, 2, 13, 14, 170, 400]) {
    const some = records.slice(0, count);
    const tree = { domain: 'nodes.example.org', seq: 7n, records: some, links: [vectors.url] };
    const { url, texts } = writeDnsTree(curve, testKey, tree);
    const found = sync(texts, url);
    assert.deepEqual(new Set(found.records.map(formatEnr)), new Set(some.map(formatEnr)), `${count} records`);
    assert.deepEqual([found.faults, found.seq, found.asked], [[], 7n, texts.size]);
    const again = writeDnsTree(curve, testKey, { ...tree, records: some.toReversed() });
    assert.deepEqual(again.texts, texts);
    assert.ok([...texts.values()].every((text) => text.length <= 404));
  }
});

test('a tree of another key, an older one, and one that is not there are refused', () => {
  const { url, texts } = writeDnsTree(curve, testKey, {
    domain: 'n',
    seq: 4n,
    records: records.slice(0, 3),
    links: [],
  });
  assert.deepEqual(faultsOf(sync(texts, url, { knownSeq: 5n })), ['treeSequence']);
  assert.deepEqual(faultsOf(sync(texts, url, { knownSeq: 4n })), []);
  const other = `enrtree://AM5FCQLWIZX2QFPNJAP7VUERCCRNGRHWZG3YYHIUV7BVDQ5FDPRT2@n`;
  assert.deepEqual(faultsOf(sync(texts, other)), ['treeSignature']);
  assert.deepEqual(faultsOf(sync(new Map(), url)), ['treeMissing']);
});

test('an entry that was changed or taken away costs itself alone', () => {
  const { url, texts } = writeDnsTree(curve, testKey, {
    domain: 'n',
    seq: 1n,
    records: records.slice(0, 40),
    links: [],
  });
  const leaves = [...texts].filter(([, text]) => text.startsWith('enr:'));
  const changed = new Map(texts);
  changed.set(leaves[0]![0], leaves[1]![1]);
  changed.delete(leaves[2]![0]);
  const found = sync(changed, url);
  assert.deepEqual([found.records.length, faultsOf(found).sort()], [38, ['treeHash', 'treeMissing']]);
});

test('what nobody answers is asked for once more, after all others, and only then a fault', () => {
  const { url, texts } = writeDnsTree(curve, testKey, {
    domain: 'n',
    seq: 1n,
    records: records.slice(0, 40),
    links: [],
  });
  const read = (silences: (name: string) => number) => {
    const tree = new TreeSync(curve, parseTreeLink(curve, url));
    const asked: string[] = [];
    for (let name = tree.next(); name !== null; name = tree.next()) {
      asked.push(name);
      const before = asked.filter((one) => one === name).length;
      const text = texts.get(name) ?? assert.fail(name);
      tree.answered(name, before <= silences(name) ? { at: 'unanswered' } : { at: 'found', texts: [text] });
    }
    assert.ok(tree.isDone);
    return { ...tree.found, asked };
  };
  const flaky = read(() => 1);
  assert.deepEqual([flaky.records.length, flaky.faults, flaky.asked.length], [40, [], 2 * texts.size]);
  const [leaf = ''] = [...texts].find(([, text]) => text.startsWith('enr:')) ?? [];
  const partly = read((name) => (name === leaf ? 2 : 0));
  assert.deepEqual([partly.records.length, faultsOf(partly)], [39, ['treeUnanswered']]);
  assert.deepEqual([partly.asked.length, partly.asked.at(-1)], [texts.size + 1, leaf]);
  assert.deepEqual([faultsOf(read(() => 2)), read(() => 2).asked], [['treeUnanswered'], ['n', 'n']]);
});

/** A tree with these texts below a signed root. */
function forged(recordsRoot: string, linksRoot: string, others: readonly string[]): Map<string, string> {
  const root = { records: entryName(recordsRoot), links: entryName(linksRoot), seq: 1n };
  const texts = [recordsRoot, linksRoot, ...others].map((text) => [`${entryName(text)}.n`, text] as const);
  return new Map([['n', signTreeRoot(curve, testKey, root)], ...texts]);
}

test('what does not belong, goes too deep, or has no end', () => {
  const record = formatEnr(records[0]!);
  const misplaced = sync(forged(vectors.url, record, []), urlAt('n'));
  assert.deepEqual(
    [faultsOf(misplaced), misplaced.records, misplaced.links],
    [['treeMisplaced', 'treeMisplaced'], [], []],
  );

  let deep = formatBranch([entryName(record)]);
  const chain = [record];
  for (let i = 0; i < 20; i++) {
    chain.push(deep);
    deep = formatBranch([entryName(deep)]);
  }
  assert.deepEqual(faultsOf(sync(forged(deep, vectors.url, chain), urlAt('n'))), ['treeLimit']);

  const many = records.map(formatEnr);
  const branch = formatBranch(many.slice(0, 30).map(entryName));
  const wide = sync(forged(branch, vectors.url, many), urlAt('n'), {
    limits: { ...defaultTreeLimits, maxEntries: 20 },
  });
  assert.deepEqual([faultsOf(wide), wide.records.length <= 20], [['treeLimit'], true]);

  // The same branch over and over.
  const twice = formatBranch([entryName(record), entryName(record), entryName(record)]);
  const doubled = sync(forged(twice, vectors.url, [record]), urlAt('n'));
  assert.deepEqual([doubled.records.length, doubled.asked], [1, 4]);

  const links = Array.from({ length: 70 }, (_, i) => `${urlAt(`n${i}.example.org`)}`);
  const linking = writeDnsTree(curve, testKey, { domain: 'n', seq: 1n, records: [], links });
  const linked = sync(linking.texts, linking.url, { limits: { ...defaultTreeLimits, maxLinks: 5 } });
  assert.deepEqual([linked.links.length, faultsOf(linked).length], [5, 65]);
  assert.ok(parseEnr(curve, record).seq === 1n);
});

test('base32 as RFC 4648 has it, without padding', () => {
  // RFC 4648, section 10.
  for (const [text, coded] of [
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const) {
    assert.equal(toBase32(Buffer.from(text)), coded);
    assert.equal(bytesToHex(fromBase32(coded) ?? assert.fail()), bytesToHex(Buffer.from(text)));
  }
  for (const bad of ['my', 'M1', 'M=', 'M Y']) assert.equal(fromBase32(bad), null);
});

test('mutated texts are refused with a code, or read', () => {
  const random = seededRandom();
  const texts = Object.values(vectors.tree);
  for (let i = 0; i < 3_000; i++) {
    const text = Buffer.from(random.pick(texts));
    for (let wounds = 1 + random.below(4); wounds > 0; wounds--)
      text[random.below(text.length)] = 32 + random.below(95);
    const mutant = text.subarray(0, 1 + random.below(text.length)).toString('latin1');
    codeOf(() => parseTreeEntry(curve, entryName(mutant), mutant));
    codeOf(() => parseTreeRoot(curve, mutant, owner));
    codeOf(() => parseTreeLink(curve, mutant));
  }
});
