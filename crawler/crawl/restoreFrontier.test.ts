import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToKey } from '../../p2p/wire/bytes.ts';
import { makeContact } from '../../testkit/makeVisit.ts';
import { createAddressPolicy } from './addressPolicy.ts';
import { defaultSchedule } from './backoff.ts';
import { Frontier } from './frontier.ts';
import type { KnownNode } from './leaseStore.ts';
import { restoreFrontier } from './restoreFrontier.ts';
import { defaultFrontierLimits } from './roster.ts';

const now = 1_800_000_000_000;
const known = (n: number, fullAt: number | null): KnownNode => ({
  contact: makeContact(n, `20.0.0.${n}`),
  proven: true,
  direct: false,
  visited: true,
  firstSeenAt: 0,
  lastAliveAt: now - 60_000,
  failures: 0,
  dueAt: now + 60_000,
  fullAt,
});

async function restore(once: boolean): Promise<Frontier> {
  const frontier = new Frontier(createAddressPolicy([]), defaultFrontierLimits);
  const pages = async function* () {
    yield [known(1, null), known(2, now - 3_600_000)];
  };
  assert.equal(await restoreFrontier(frontier, pages(), { once, now }), 2);
  return frontier;
}

const dialAt = (frontier: Frontier, n: number) => frontier.get(bytesToKey(makeContact(n).id))?.dialAt;

test('a full node is left alone as long as before the restart; its visits go on', async () => {
  const frontier = await restore(false);
  assert.equal(dialAt(frontier, 1), null);
  assert.equal(dialAt(frontier, 2), now - 3_600_000 + defaultSchedule.fullMs);
  assert.equal(frontier.nextDueAt(), now + 60_000);
});

test('a single run dials every node', async () => {
  const frontier = await restore(true);
  assert.deepEqual([dialAt(frontier, 1), dialAt(frontier, 2), frontier.nextDueAt()], [null, null, now]);
});
