import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import type { TextAnswer } from '../ports.ts';
import { parseTreeLink, type TreeLink } from '../wire/dnsTree.ts';
import { writeDnsTree } from '../wire/dnsTreeWriter.ts';
import { signEnr } from '../wire/enr.ts';
import { fetchTrees } from './fetchTrees.ts';

const keyOf = (i: number) => new Uint8Array(32).fill(i);
const records = Array.from({ length: 60 }, (_, i) => signEnr(curve, keyOf(i + 1), { seq: 1n, pairs: {} }));
const never = new AbortController().signal;
const urlOf = (domain: string) => writeDnsTree(curve, keyOf(99), { domain, seq: 1n, records: [], links: [] }).url;
const linkTo = (url: string): TreeLink => parseTreeLink(curve, url);

/** A name server with these trees, which takes 20 ms for an answer. */
function serve(trees: readonly { domain: string; from: number; to: number; links: readonly string[] }[]) {
  const clock = new SimulatedClock(1_800_000_000_000);
  const names = new Map<string, string>();
  for (const { domain, from, to, links } of trees) {
    const tree = { domain, seq: 3n, records: records.slice(from, to), links };
    for (const [name, text] of writeDnsTree(curve, keyOf(99), tree).texts) names.set(name, text);
  }
  let asked = 0;
  let most = 0;
  let now = 0;
  const texts = {
    async lookUpTexts(name: string, signal: AbortSignal): Promise<TextAnswer> {
      asked += 1;
      most = Math.max(most, ++now);
      await clock.sleep(400, signal);
      now -= 1;
      const text = names.get(name);
      if (signal.aborted) return { at: 'unanswered' };
      return text === undefined ? { at: 'unknown' } : { at: 'found', texts: [text] };
    },
  };
  return { clock, names, deps: { curve, clock, texts }, counts: () => ({ asked, most, now }) };
}

test('trees that name each other are read once each, a few questions at a time', async () => {
  const [a, b] = ['a.example.org', 'b.example.org'];
  const { clock, deps, names, counts } = serve([
    { domain: a, from: 0, to: 40, links: [urlOf(b), urlOf(a)] },
    { domain: b, from: 30, to: 60, links: [urlOf(a)] },
  ]);
  const trees = await clock.drive(fetchTrees(deps, [linkTo(urlOf(a))], never, { concurrency: 4 }));
  assert.deepEqual(
    trees.map(({ link, records, seq, faults }) => [link.domain, records.length, seq, faults]),
    [
      [a, 40, 3n, []],
      [b, 30, 3n, []],
    ],
  );
  assert.equal(counts().asked, names.size);
  assert.equal(counts().most, 4);
});

test('a tree that is away is a fault, and no more trees are read than allowed', async () => {
  const domains = Array.from({ length: 10 }, (_, i) => `t${i}.example.org`);
  const { clock, deps } = serve([{ domain: 'all.example.org', from: 0, to: 1, links: domains.map(urlOf) }]);
  const all = fetchTrees(deps, [linkTo(urlOf('all.example.org'))], never, { maxTrees: 4 });
  const trees = await clock.drive(all);
  assert.deepEqual(
    trees.map(({ faults }) => faults.map(({ code }) => code)),
    [[], ['treeMissing'], ['treeMissing'], ['treeMissing']],
  );
});

test('a tree that is named with a wrong key does not keep the right one of that domain from being read', async () => {
  const domain = 'a.example.org';
  const wrong = writeDnsTree(curve, keyOf(98), { domain, seq: 1n, records: [], links: [] }).url;
  const { clock, deps } = serve([
    { domain, from: 0, to: 5, links: [] },
    {
      domain: 'all.example.org',
      from: 0,
      to: 1,
      links: [wrong, urlOf(domain), wrong.replace(domain, 'A.example.ORG')],
    },
  ]);
  const trees = await clock.drive(fetchTrees(deps, [linkTo(urlOf('all.example.org'))], never));
  assert.deepEqual(
    new Set(trees.slice(1).map(({ records, faults }) => `${records.length} ${faults.map(({ code }) => code)}`)),
    new Set(['5 ', '0 treeSignature']),
  );
  assert.equal(trees.length, 3);
});

test('an older root is refused, and a signal ends it with what was found', async () => {
  const { clock, deps, counts } = serve([{ domain: 'a.example.org', from: 0, to: 60, links: [] }]);
  const link = linkTo(urlOf('a.example.org'));
  const [older] = await clock.drive(fetchTrees(deps, [link], never, { knownSeq: () => 4n }));
  assert.deepEqual([older?.records, older?.faults.map(({ code }) => code)], [[], ['treeSequence']]);
  const stop = new AbortController();
  clock.after(3_000, () => stop.abort());
  const [cut] = await clock.drive(fetchTrees(deps, [link], stop.signal, { concurrency: 8 }));
  assert.ok(cut !== undefined && cut.records.length < 60);
  assert.deepEqual([counts().now, cut.faults], [0, []], 'no question outlives it');
});
