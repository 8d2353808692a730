/** Who came and went, by network and client, and when one node was there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestApi, testNow } from '../testkit/testApi.ts';
import { idOf, insertCensus, insertNetwork, insertNode, insertVantage } from '../testkit/testRows.ts';

const hour = 3_600_000;
const at = (hoursAgo: number): Date => new Date(testNow - hoursAgo * hour);

test('the newest figures of a network, its clients by size, and as metrics', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', []);
  await insertNetwork(sql, 'quiet', []);
  await insertVantage(sql, testNow, { networks: ['mainnet'] });
  await insertCensus(sql, at(0.1));
  assert.deepEqual((await api.get('/api/v1/networks/mainnet/churn')).body.windows, []);
  const insert = (cut: string, key: string, window: string, nodes: number, hoursAgo = 0.2) => sql`
    insert into churn_points (network, cut, key, time_window, at, nodes, joined_ids, joined_ips, left_ids, left_ips,
      rotating_ids, sessions, median_s, at_least_s, uptime, watched, partial)
    values ('mainnet', ${cut}, ${key}, ${window}, ${at(hoursAgo)}, ${nodes}, 5, 4, 3, 2, 1, 6,
      ${window === 'day' ? 7_200.4 : null}, ${window === 'week' ? 90_000 : null}, 0.87654321, 0.5,
      ${window === 'month' ? 'firstHours' : null})`;
  await insert('total', '', 'day', 999, 2);
  for (const window of ['month', 'day', 'week']) await insert('total', '', window, 50);
  for (const [key, nodes] of [
    ['', 30],
    ['besu', 5],
    ['geth', 15],
  ] as const)
    await insert('client', key, 'day', nodes);
  const { body } = await api.get('/api/v1/networks/mainnet/churn');
  assert.equal(body.at, at(0.2).toISOString());
  assert.deepEqual(
    body.windows.map((each: Record<string, unknown>) => [each.window, each.partial, each.watched]),
    [
      ['day', null, 0.5],
      ['week', null, 0.5],
      ['month', 'firstHours', 0.5],
    ],
  );
  const [day, week] = body.windows;
  assert.deepEqual(day.total, {
    ...{ nodes: 50, joined: { ids: 5, ips: 4 }, left: { ids: 3, ips: 2 }, rotating: 1, sessions: 6 },
    ...{ medianSession: 7_200, medianSessionAtLeast: null, uptime: 0.8765 },
  });
  assert.deepEqual([week.total.medianSession, week.total.medianSessionAtLeast], [null, 90_000]);
  assert.deepEqual(
    day.clients.map((each: Record<string, unknown>) => [each.key, each.label, each.nodes]),
    [
      ['geth', 'geth', 15],
      ['besu', 'besu', 5],
      ['', 'unknown', 30],
    ],
  );
  assert.deepEqual((await api.get('/api/v1/networks/quiet/churn')).body.windows, []);
  assert.equal((await api.get('/api/v1/networks/nowhere/churn')).status, 404);
  const metrics = (await api.get('/metrics')).text;
  for (const line of [
    'joined_nodes{network="mainnet",window="week"} 5',
    'left_nodes{network="mainnet",window="month"} 3',
    'session_median_seconds{network="mainnet",window="day"} 7200.4',
    'churn_partial{network="mainnet",window="month"} 1',
    'churn_partial{network="mainnet",window="day"} 0',
  ])
    assert.ok(metrics.includes(`\nforkscope_network_${line}\n`), line);
  assert.match(metrics, /^forkscope_network_uptime_ratio\{network="mainnet",window="day"\} 0.8765/m);
  assert.doesNotMatch(metrics, /session_median_seconds\{network="mainnet",window="week"\}/);
});

test('a node tells since when it is there and for which share of the time it was, of the time that somebody looked', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  for (const index of [1, 2, 3]) await insertNode(sql, testNow, { index, ip: '203.0.113.1', alive: 1 });
  await sql`
    insert into crawl_spans (vantage, from_at, until_at, heard, networks) values
      ('here', ${at(100)}, ${at(20)}, true, '{}'), ('here', ${at(10)}, ${at(0)}, true, '{}')`;
  const numbers = await sql<{ no: bigint }[]>`select node_no as no from nodes order by node_no`;
  const [one, two] = numbers.map(({ no }) => no);
  await sql`insert into frontier (node_no, due_at) select node_no, ${at(0)} from nodes`;
  await sql`
    insert into sessions (node_no, from_at, until_at, proved_at, begun) values
      (${one ?? 0n}, ${at(50)}, ${at(40)}, ${at(40)}, true), (${one ?? 0n}, ${at(30)}, null, null, true),
      (${two ?? 0n}, ${at(90)}, ${at(8)}, ${at(8)}, false)`;
  const presenceOf = async (index: number) =>
    (await api.get(`/api/v1/nodes/${Buffer.from(idOf(index)).toString('hex')}`)).body.presence;
  assert.deepEqual(await presenceOf(1), {
    upSinceAt: at(30).toISOString(),
    beginningSeen: true,
    windows: [
      { window: 'day', uptime: 1, sessions: 1 },
      { window: 'week', uptime: 0.75, sessions: 2 },
      { window: 'month', uptime: 0.75, sessions: 2 },
    ],
  });
  // Of fourteen watched hours of the day it was there for four and two.
  assert.deepEqual(await presenceOf(2), {
    upSinceAt: null,
    beginningSeen: false,
    windows: [
      { window: 'day', uptime: 0.4286, sessions: 1 },
      { window: 'week', uptime: 0.9, sessions: 1 },
      { window: 'month', uptime: 0.9, sessions: 1 },
    ],
  });
  assert.equal(await presenceOf(3), null);
});
