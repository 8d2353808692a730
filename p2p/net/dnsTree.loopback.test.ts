import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { startNameServer } from '../../testkit/nameServer.ts';
import { parseTreeLink } from '../wire/dnsTree.ts';
import { writeDnsTree } from '../wire/dnsTreeWriter.ts';
import { signEnr } from '../wire/enr.ts';
import { fetchTrees } from './fetchTrees.ts';
import { systemClock } from './systemClock.ts';
import { createSystemTexts } from './systemNames.ts';

test('a tree is read from a name server as the system asks it, long texts in several strings', async () => {
  const pairs = { ip: Uint8Array.of(127, 0, 0, 1), udp: 30_303, filler: new Uint8Array(140) };
  const records = Array.from({ length: 20 }, (_, i) =>
    signEnr(curve, new Uint8Array(32).fill(i + 1), { seq: 1n, pairs }),
  );
  const tree = { domain: 'nodes.example.org', seq: 1n, records, links: [] };
  const { url, texts } = writeDnsTree(curve, new Uint8Array(32).fill(9), tree);
  // DNS ignores case: what comes back is that of the name that was asked for.
  const byName = new Map([...texts].map(([name, text]) => [name.toLowerCase(), text]));
  const server = await startNameServer((name) => byName.get(name));
  try {
    const deps = { curve, clock: systemClock, texts: createSystemTexts([server.address]) };
    const signal = AbortSignal.timeout(20_000);
    const [found] = await fetchTrees(deps, [parseTreeLink(curve, url)], signal, { pauseMs: 1 });
    assert.deepEqual([found?.records.length, found?.faults], [20, []]);
    const other = parseTreeLink(curve, url.replace('nodes', 'absent'));
    const [absent] = await fetchTrees(deps, [other], signal);
    assert.deepEqual(
      absent?.faults.map(({ code }) => code),
      ['treeMissing'],
    );
  } finally {
    await server.close();
  }
});

test('no such name is known, what a server cannot tell is not, and a signal ends what it does not answer', async () => {
  const server = await startNameServer((name) =>
    name === 'silent.example.org' ? 'silent' : name === 'broken.example.org' ? 'broken' : undefined,
  );
  try {
    const texts = createSystemTexts([server.address]);
    const signal = AbortSignal.timeout(20_000);
    assert.deepEqual(await texts.lookUpTexts('absent.example.org', signal), { at: 'unknown' });
    assert.deepEqual(await texts.lookUpTexts('broken.example.org', signal), { at: 'unanswered' });
    const began = performance.now();
    const stop = new AbortController();
    const waiting = texts.lookUpTexts('silent.example.org', stop.signal);
    const others = texts.lookUpTexts('absent.example.org', signal);
    stop.abort();
    assert.deepEqual(await waiting, { at: 'unanswered' });
    assert.deepEqual(await texts.lookUpTexts('absent.example.org', stop.signal), { at: 'unanswered' });
    assert.deepEqual(await others, { at: 'unknown' }, 'a question of another goes on');
    assert.ok(performance.now() - began < 4_000);
  } finally {
    await server.close();
  }
});
