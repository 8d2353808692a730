import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { concatBytes } from '../wire/bytes.ts';
import { parseTreeLink } from '../wire/dnsTree.ts';
import { writeDnsTree } from '../wire/dnsTreeWriter.ts';
import { signEnr } from '../wire/enr.ts';
import { fetchTrees } from './fetchTrees.ts';
import { systemClock } from './systemClock.ts';
import { createSystemTexts } from './systemNames.ts';
import { systemSockets } from './systemSockets.ts';

/** The question of a DNS packet (RFC 1035), as text, and where it ends. */
function questionOf(packet: Uint8Array): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(Buffer.from(packet.subarray(at + 1, at + 1 + length)).toString('latin1'));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 5 };
}

/** Response codes (RFC 1035). */
const [servfail, nxdomain] = [2, 3];

/** The answer with this text in strings of at most 255 bytes, or with this response code. */
function answerTo(packet: Uint8Array, text: string | undefined, code = nxdomain): Uint8Array {
  const { end } = questionOf(packet);
  const count = text === undefined ? 0 : 1;
  const header = Uint8Array.of(
    packet[0] ?? 0,
    packet[1] ?? 0,
    0x81,
    0x80 | (count === 1 ? 0 : code),
    0,
    1,
    0,
    count,
    0,
    0,
    0,
    0,
  );
  const question = packet.subarray(12, end);
  if (text === undefined) return concatBytes(header, question);
  const bytes = Buffer.from(text);
  const strings: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    strings.push(Uint8Array.of(part.length), part);
  }
  const data = concatBytes(...strings);
  const record = Uint8Array.of(0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255);
  return concatBytes(header, question, record, data);
}

test('a tree is read from a name server as the system asks it, long texts in several strings', async () => {
  const pairs = { ip: Uint8Array.of(127, 0, 0, 1), udp: 30_303, filler: new Uint8Array(140) };
  const records = Array.from({ length: 20 }, (_, i) =>
    signEnr(curve, new Uint8Array(32).fill(i + 1), { seq: 1n, pairs }),
  );
  const tree = { domain: 'nodes.example.org', seq: 1n, records, links: [] };
  const { url, texts } = writeDnsTree(curve, new Uint8Array(32).fill(9), tree);
  // DNS ignores case: what comes back is that of the name that was asked for.
  const byName = new Map([...texts].map(([name, text]) => [name.toLowerCase(), text]));
  const server = await systemSockets.bindUdp({
    ip: '127.0.0.1',
    port: 0,
    maxBytes: 2_048,
    receive: (packet, from) => server.send(answerTo(packet, byName.get(questionOf(packet).name.toLowerCase())), from),
  });
  try {
    const deps = { curve, clock: systemClock, texts: createSystemTexts([`127.0.0.1:${server.local.port}`]) };
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
  const server = await systemSockets.bindUdp({
    ip: '127.0.0.1',
    port: 0,
    maxBytes: 2_048,
    receive: (packet, from) => {
      const { name } = questionOf(packet);
      if (name !== 'silent.example.org') {
        server.send(answerTo(packet, undefined, name === 'broken.example.org' ? servfail : nxdomain), from);
      }
    },
  });
  try {
    const texts = createSystemTexts([`127.0.0.1:${server.local.port}`]);
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
