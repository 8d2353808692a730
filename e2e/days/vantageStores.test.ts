/** Three vantages share one database for a day and more: what any of them sees counts, and the others look in turn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeId } from '../../testkit/makeVisit.ts';
import { A, B, C, nodes, openWorld, watchPlacesCome } from '../../testkit/virtualCrawl/vantageWorld.ts';

const minute = 60_000;
const hour = 60 * minute;

test('a further vantage never lowers a count over a day, and what any of them reaches counts', (t) =>
  watchPlacesCome(t, 4, 20 * hour));

test('the others look in turn, so that it is known from where a node is reachable, and no more often than that', async (t) => {
  const world = await openWorld(t, nodes(2), minute);
  for (const place of [A, B, C]) world.open(place);
  await world.pass(30 * hour);
  const since = world.clock.now() - 24 * hour;
  const rows = await world.sql<
    { id: Uint8Array; vantage: string; visited: boolean; alive: boolean; reachable: boolean }[]
  >`
    select n.id, r.vantage, r.last_visit > ${new Date(since)} as visited,
      coalesce(r.last_alive > ${new Date(since)}, false) as alive, coalesce(r.last_reachable > ${new Date(since)}, false) as reachable
    from reachability r join nodes n using (node_no)`;
  for (const [n, sights] of world.sights.entries()) {
    for (const place of [A, B, C]) {
      const row = rows.find(({ id, vantage }) => vantage === place && Buffer.compare(id, makeId(n)) === 0);
      const sight = sights[place] ?? 0;
      assert.deepEqual(
        [row?.visited, row?.alive, row?.reachable],
        [true, sight > 0, sight > 1],
        `node ${n} from ${place}`,
      );
    }
  }
  const late = world.visits.filter(({ at }) => at > since);
  const perNode = late.length / world.sights.length;
  assert.ok(perNode < 1.25 * 48, `${perNode} visits of a node a day`);
});
