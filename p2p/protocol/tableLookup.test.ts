import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { idHash, type NodeContact } from '../wire/nodeEndpoint.ts';
import { bucketSize, compareDistance } from './kademliaTable.ts';
import { maxLookupQueries, TableLookup } from './tableLookup.ts';

// A random DHT, but always the same one.
const random = seededRandom(600);
const contact = (): NodeContact => ({ id: random.bytes(64), ip: '10.0.0.1', udp: 30303, tcp: 0 });
const target = random.bytes(32);
const byDistance = (a: NodeContact, b: NodeContact) => compareDistance(target, idHash(a.id), idHash(b.id));

test('a lookup comes to the 16 nodes nearest to its target, asking each node once', () => {
  const nodes = Array.from({ length: 600 }, contact);
  const sorted = nodes.toSorted(byDistance);
  // Each knows a few others at random and its neighbours, as in a DHT.
  const knows = (node: NodeContact) => {
    const at = sorted.indexOf(node);
    return [...sorted.slice(Math.max(0, at - 12), at + 4), ...Array.from({ length: 6 }, () => random.pick(nodes))];
  };
  const lookup = new TableLookup(target, sorted.slice(-3));
  const asked: NodeContact[] = [];
  for (let next = lookup.next(); next !== null; next = lookup.next()) {
    asked.push(next);
    lookup.named(knows(next).toSorted(byDistance).slice(0, 16));
  }
  assert.equal(new Set(asked).size, asked.length);
  for (const near of sorted.slice(0, bucketSize)) assert.ok(asked.includes(near), `seed ${random.seed}`);
  assert.ok(asked.length <= maxLookupQueries);
});

test('two tables that name each other end a lookup after two questions', () => {
  const [a, b] = [contact(), contact()];
  const lookup = new TableLookup(target, [a]);
  assert.equal(lookup.next(), a);
  lookup.named([b, a]);
  assert.equal(lookup.next(), b);
  lookup.named([a, b]);
  assert.equal(lookup.next(), null);
});

test('fresh keys without end, each nearer than the one before, end a lookup at its bound', () => {
  const start = contact();
  const lookup = new TableLookup(target, [start]);
  let nearest = start;
  let asked = 0;
  for (let next = lookup.next(); next !== null; next = lookup.next()) {
    asked += 1;
    const forged = Array.from({ length: 28 }, () => {
      let one = contact();
      for (let i = 0; i < 20; i++) if (byDistance(one, nearest) > 0) one = contact();
      return one;
    });
    nearest = [nearest, ...forged].toSorted(byDistance)[0]!;
    lookup.named(forged);
  }
  assert.ok(asked <= maxLookupQueries && asked >= bucketSize, `${asked} asked, seed ${random.seed}`);
  const endless = new TableLookup(target, [start]);
  let count = 0;
  for (let next = endless.next(); next !== null; next = endless.next(), count++) {
    endless.silent(next);
    endless.named(Array.from({ length: 28 }, contact));
  }
  assert.equal(count, maxLookupQueries);
});

test('a silent node loses its place for good, and the next nearest is asked instead', () => {
  const nodes = Array.from({ length: bucketSize + 4 }, contact).toSorted(byDistance);
  const lookup = new TableLookup(target, nodes);
  const first = lookup.next()!;
  assert.equal(bytesToHex(first.id), bytesToHex(nodes[0]!.id));
  lookup.silent(first);
  lookup.named([first, nodes[bucketSize]!]);
  const asked: NodeContact[] = [];
  for (let next = lookup.next(); next !== null; next = lookup.next()) asked.push(next);
  assert.deepEqual(asked, nodes.slice(1, bucketSize + 1));
});
