/** From where a node was seen, what else is at its IP, and what bounds left out there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestApi, testNow } from '../testkit/testApi.ts';
import { idOf, insertNetwork, insertNode, insertVantage } from '../testkit/testRows.ts';

const hour = 3_600_000;
const at = (hoursAgo: number): Date => new Date(testNow - hoursAgo * hour);
const hex = (index: number): string => Buffer.from(idOf(index)).toString('hex');

test('a node tells from where it was seen, and how many others are at its IP', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', []);
  for (let index = 1; index <= 12; index++) {
    await insertNode(sql, testNow, { index, ip: index === 12 ? '203.0.113.8' : '203.0.113.7' });
  }
  await sql`update nodes set network = 'mainnet', network_source = 'status', first_seen = ${at(20)},
    last_seen = ${at(3)}, last_alive = ${at(3)}, last_reachable = null, last_inbound = null`;
  await sql`update nodes set last_alive = ${at(1)}, last_seen = ${at(1)} where id = ${idOf(1)}`;
  await sql`
    insert into reachability (node_no, vantage, last_visit, last_alive, last_dialled, last_reachable, look_at)
    select node_no, v.vantage, ${at(1)}, v.alive::timestamptz, ${at(1)}, v.reachable::timestamptz, ${at(-9)}
    from nodes, (values ('paris', ${at(1)}, ${at(1)}), ('tokyo', ${at(1)}, null), ('lima', null, null)) as v (vantage, alive, reachable)
    where id = ${idOf(1)}`;
  // Asked to look, and not there yet.
  await sql`insert into reachability (node_no, vantage, look_at) select node_no, 'oslo', ${at(0)} from nodes`;
  await sql`
    insert into left_out (vantage, ip, bound, ids, at) values
      ('paris', '203.0.113.7', 'idsPerIp', 40, ${at(1)}), ('tokyo', '203.0.113.7', 'idsPerIp', 55, ${at(1)}),
      ('paris', '203.0.113.7', 'idsPerSubnet', 5, ${at(1)}), ('paris', '198.51.100.1', 'idsPerIp', 9, ${at(1)}),
      ('gone', '203.0.113.8', 'idsPerIp', 900, ${at(30)})`;
  const { body } = await api.get(`/api/v1/nodes/${hex(1)}`);
  assert.deepEqual(
    body.sights.map((sight: Record<string, unknown>) => [sight.vantage, sight.lastAliveAt, sight.lastReachableAt]),
    [
      ['paris', at(1).toISOString(), at(1).toISOString()],
      ['tokyo', at(1).toISOString(), null],
      ['lima', null, null],
    ],
  );
  assert.deepEqual(body.host, { ids: 11, answering: 1, capped: 60, rotatesKeys: true });
  const other = (await api.get(`/api/v1/nodes/${hex(12)}`)).body;
  assert.deepEqual(other.host, { ids: 1, answering: 0, capped: 0, rotatesKeys: false });
  const capped = async (network: string) => (await api.get(`/api/v1/networks/${network}/summary`)).body.capped;
  assert.deepEqual(await capped('mainnet'), { ids: 60, ips: 1 });
  assert.deepEqual(await capped('all'), { ids: 69, ips: 2 });
  await insertVantage(sql, testNow, { networks: ['mainnet'] });
  assert.match((await api.get('/metrics')).text, /^forkscope_network_capped_nodes\{network="mainnet"\} 60$/m);
});

test('counts by vantage are those of a census, over a day', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  for (let index = 1; index <= 3; index++) await insertNode(sql, testNow, { index, ip: `203.0.113.${index}` });
  await sql`
    insert into reachability (node_no, vantage, last_visit, last_alive, last_dialled, last_reachable)
    select n.node_no, v.vantage, ${at(1)}, ${at(1)}, ${at(1)}, case when v.vantage = 'paris' then ${at(1)}::timestamptz end
    from nodes n, (values ('paris'), ('tokyo')) as v (vantage) where v.vantage = 'paris' or n.id <> ${idOf(3)}`;
  await sql`select take_census(${at(0)}, 'paris')`;
  const rows = async (population: string) => {
    const { body } = await api.get(`/api/v1/networks/all/distribution?cut=vantage&population=${population}`);
    return body.rows.map(({ key, ids, ips }: Record<string, unknown>) => [key, ids, ips]);
  };
  assert.deepEqual(await rows('alive'), [
    ['paris', 3, 3],
    ['tokyo', 2, 2],
  ]);
  assert.deepEqual(await rows('reachable'), [['paris', 3, 3]]);
  const { status, body } = await api.get('/api/v1/networks/all/distribution?cut=vantage&window=now');
  assert.equal(status, 400);
  assert.match(body.message, /over a day/);
});
