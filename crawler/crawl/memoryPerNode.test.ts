import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { bytesToKey } from '../../p2p/wire/bytes.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import { makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { createAddressPolicy } from './addressPolicy.ts';
import { CrawlTally } from './crawlTally.ts';
import { Frontier } from './frontier.ts';
import { NodeSet } from './nodeSet.ts';
import { defaultFrontierLimits } from './roster.ts';

const ids = 20_000;

/** Bytes in use: objects, and what belongs to them outside the heap. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** As if from a packet: everything is new. */
function contactAt(n: number): NodeContact {
  const id = new Uint8Array(64).fill(n & 255);
  for (let i = 0; i < 4; i++) id[i] = (n >> (8 * i)) & 255;
  return { id, ip: `20.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, udp: 30_303, tcp: 30_303 };
}

test('a known ID takes some 600 bytes of the frontier, and a visited one 400 more of the counts', () => {
  const frontier = new Frontier(createAddressPolicy([]), defaultFrontierLimits);
  const tally = new CrawlTally(0);
  const nodeSet = new NodeSet();
  const empty = heldBytes();
  for (let n = 0; n < ids; n++) assert.equal(frontier.offer(contactAt(n), null, 1_800_000_000_000, 0), 'added');
  const perKnown = (heldBytes() - empty) / ids;
  assert.ok(perKnown < 750, `${perKnown} bytes a known ID`);

  let pages = 0;
  for (let node = frontier.take(0); node !== null; node = frontier.take(0)) {
    const contact = frontier.contactOf(node);
    const alive = (pages++ & 1) === 0;
    const client = {
      raw: 'x'.repeat(200),
      name: `client ${pages % 7}`,
      version: null,
      os: null,
      arch: null,
      language: null,
    };
    const record = makeVisit(
      0,
      1_800_000_000_000,
      { contact, ...(alive ? { pong: makePong, stage: 'pong' } : {}) },
      alive ? { client } : {},
    );
    const idKey = frontier.heldKey(bytesToKey(contact.id));
    tally.visited(idKey, record);
    nodeSet.visited(idKey, record.outcome);
    frontier.settle(node, contact, alive, 1_800_000_001_000, 1_800_000_900_000);
  }
  const perVisited = (heldBytes() - empty) / ids;
  assert.ok(perVisited < 1_050, `${perVisited} bytes a visited ID`);
  assert.deepEqual([frontier.size, tally.visits, [...nodeSet.entries()].length], [ids, ids, ids / 2]);
});
