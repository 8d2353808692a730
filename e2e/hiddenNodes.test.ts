/** Nodes without UDP and nodes known by a name, in virtual time over a real PostgreSQL. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScenario } from '../lib/scenarioFile.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import type { SimulatedTruth } from '../testkit/simulatedNetwork/networkTruth.ts';
import { openVirtualCrawl, type VirtualCrawl } from '../testkit/virtualCrawl/virtualCrawl.ts';

const minute = 60_000;
const about = { network: 'mainnet', client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0' };
const scenario = parseScenario(
  JSON.stringify({
    version: 1,
    seed: 5,
    nodes: [
      { name: 'static', count: 5, ...about },
      { name: 'full-up', count: 2, ...about, reachability: 'busy' },
      { name: 'gone', count: 1, ...about, reachability: 'dead' },
    ],
  }),
  'the test',
);

async function open(t: Parameters<typeof openTestDatabase>[0]): Promise<VirtualCrawl> {
  const { url: databaseUrl } = await openTestDatabase(t);
  return openVirtualCrawl({ scenario, seed: 1, databaseUrl, wire: { minLatencyMs: 1, maxLatencyMs: 30 } });
}
const withoutUdp = ({ id, ip, udp }: SimulatedTruth) => `enode://${id}@${ip}:${udp}?discport=0`;
const byName = ({ id, udp }: SimulatedTruth, name: string) => `enode://${id}@${name}:${udp}`;

test('nodes without UDP are dialled, count as reachable and identified, never as alive, and a restart keeps their schedule', async (t) => {
  await using crawl = await open(t);
  const { sql, network } = crawl;
  const bootnodes = network.truth.map(withoutUdp).join(',');
  const first = crawl.start('here', { bootnodes, revisit: '4m' });
  await crawl.pass(11 * minute);
  const nodes = await sql<{ alive: boolean; reachable: boolean; identified: boolean; udp: number; visits: number }[]>`
    select n.last_alive is not null as alive, n.last_reachable is not null as reachable,
      n.last_identified is not null as identified, n.udp_port as udp,
      (select count(*)::int4 from visits v where v.node_no = n.node_no) as visits
    from nodes n`;
  assert.equal(nodes.length, 8);
  const count = (is: (node: (typeof nodes)[number]) => boolean) => nodes.filter(is).length;
  assert.deepEqual(
    [count((n) => n.alive), count((n) => n.reachable), count((n) => n.identified), count((n) => n.udp > 0)],
    [0, 7, 5, 0],
  );
  for (const node of nodes) {
    // The full ones are left alone until there may be room; the silent one ever longer.
    const [least, most] = node.identified ? [3, 4] : node.reachable ? [1, 1] : [2, 4];
    assert.ok(node.visits >= least && node.visits <= most, `${node.visits} visits`);
  }
  const counted = await sql<{ population: string; ids: number }[]>`
    select population, ids from current_counts where network = 'mainnet' and cut = 'total' and time_window = 'now'`;
  const figures = Object.fromEntries(counted.map(({ population, ids }) => [population, ids]));
  assert.deepEqual(
    [figures.alive ?? 0, figures.reachable, figures.identified],
    [0, 5, 5],
    'of a full one no network is known',
  );
  const [beat] = await sql`
    select bootnodes_given as given, bootnodes_usable as usable, bootnodes_tried as tried, bootnodes_answered as answered,
      bootnodes_pinged as pinged from vantages`;
  assert.deepEqual({ ...beat }, { given: 8, usable: 8, tried: 8, answered: 7, pinged: 0 });
  await first.stop();

  const due = await sql<{ no: bigint; at: Date }[]>`select node_no as no, due_at as at from frontier order by 1`;
  const stoppedAt = crawl.clock.now();
  const again = crawl.start('here', { bootnodes, revisit: '4m' });
  await crawl.pass(8 * minute);
  await again.stop();
  const visits = await sql<{ no: bigint; at: Date }[]>`
    select node_no as no, min(at) as at from visits where at > ${new Date(stoppedAt)} group by 1 order by 1`;
  assert.ok(visits.length >= 5);
  for (const visit of visits) {
    const planned = due.find(({ no }) => no === visit.no)?.at.getTime() ?? 0;
    const late = visit.at.getTime() - Math.max(planned, stoppedAt);
    assert.ok(late > -1_000 && late < 15_000, `visited ${late} ms after it was due`);
  }
});

test('names are looked up until they are found, every address is tried, and a node that moves is followed', async (t) => {
  await using crawl = await open(t);
  const { sql, names, network } = crawl;
  const [moving, many, late, away] = network.truth;
  assert.ok(moving !== undefined && many !== undefined && late !== undefined && away !== undefined);
  // Outside the ranges, where nobody is, and where it is.
  names.set('many.example', { at: 'found', ips: ['10.0.0.9', '127.90.200.1', many.ip] });
  names.set('moving.example', { at: 'found', ips: ['127.90.200.2'] });
  const bootnodes = [
    byName(moving, 'moving.example'),
    byName(many, 'many.example'),
    byName(late, 'late.example'),
    byName(away, 'away.example'),
  ];
  const crawler = crawl.start('here', { bootnodes: bootnodes.join(','), revisit: '4m' });
  const aliveAt = async (id: string) =>
    (await sql`select ip, last_alive from nodes where id = ${Buffer.from(id, 'hex')} and last_alive is not null`)[0];
  const problems = async () => {
    const [row] = await sql<
      { problems: { code: string; about: string }[] }[]
    >`select bootnode_problems as problems from vantages`;
    return (row?.problems ?? []).map(({ code, about }) => `${code} ${about}`).sort();
  };
  names.set('away.example', { at: 'found', ips: ['192.168.7.7'] });
  await crawl.pass(30_000);
  assert.equal((await aliveAt(many.id))?.ip, many.ip, 'the third address is the right one');
  assert.deepEqual(await problems(), ['addressRefused 192.168.7.7', 'nameUnknown late.example']);
  names.set('late.example', { at: 'found', ips: [late.ip] });
  await crawl.pass(3 * minute);
  assert.equal((await aliveAt(late.id))?.ip, late.ip);
  assert.deepEqual(await problems(), ['addressRefused 192.168.7.7']);
  const warnings = crawler.log.filter((line) => line.startsWith('warn cannot use this bootnode'));
  assert.equal(warnings.length, 2, warnings.join('\n'));
  assert.ok(crawler.log.some((line) => line.includes('the name of this bootnode is found')));

  names.set('moving.example', { at: 'found', ips: [moving.ip] });
  const movedAt = crawl.clock.now();
  await crawl.pass(14 * minute);
  const found = await aliveAt(moving.id);
  assert.equal(found?.ip, moving.ip);
  assert.ok(found?.last_alive.getTime() - movedAt < 13 * minute);
  await crawler.stop();
});
