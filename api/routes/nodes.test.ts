import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putVisits } from '../../sql/testRows.ts';
import { openTestApi, type TestApi, testNow } from '../testkit/testApi.ts';
import { idOf, insertNetwork, insertNode, insertVantage, type TestNode } from '../testkit/testRows.ts';

const day = 24 * 60;
const hex = (index: number) => Buffer.from(idOf(index)).toString('hex');
const hashOf = (index: number) =>
  Buffer.from(idOf(index + 900))
    .toString('hex')
    .slice(64);
const geth = { raw: 'Geth/v1.16.4-stable/linux-amd64/go1.24', name: 'geth', version: '1.16.4' };

test('a list of nodes', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', [
    { hash: '00112233', name: 'genesis', kind: 'genesis', activation: 0n, next: 1n },
    { hash: '11223344', name: 'scheduled', kind: 'time', activation: 1n, next: 0n },
  ]);
  await insertNetwork(sql, 'sepolia', []);
  await insertVantage(sql, testNow, { beatMinutesAgo: 2 });
  const now = { hash: '07c9462e', next: 0n };
  const rows: TestNode[] = [
    {
      index: 0,
      alive: 5,
      reachable: 5,
      identified: 5,
      network: 'mainnet',
      client: geth,
      fork: now,
      forkClass: 'current',
    },
    {
      index: 1,
      alive: 4,
      reachable: 600,
      network: 'mainnet',
      ip: '2001:db8::7',
      udp: 30_301,
      tcp: 30_303,
      enr: 'enr:-Je4QHsMabc_-',
    },
    { index: 2, alive: 3, network: 'sepolia', source: 'enr', fork: { hash: '07c9462e', next: 9n }, tcp: null },
    {
      ...{ index: 3, alive: 130, identified: 3_000, idHash: hashOf(3) },
      client: { ...geth, raw: 'Geth/bank-7 f3a9c1d2e4b5/v1.16.4-stable' },
    },
    { index: 4, alive: null, seen: 2, inbound: 2, identified: 2, client: { raw: 'besu/v25', name: 'besu' } },
    { index: 5, alive: day + 1, seen: 30, ip: '198.51.100.9' },
    { index: 6, alive: 2 * day, seen: 2 * day },
  ];
  for (const row of rows) await insertNode(sql, testNow, row);
  const list = async (query: string): Promise<number[]> => {
    const { status, text, body } = await api.get(`/api/v1/nodes?${query}`);
    assert.equal(status, 200, `${query}: ${text}`);
    return body.nodes.map((node: { id: string }) => rows.findIndex((row) => hex(row.index) === node.id));
  };

  const cases: [string, number[]][] = [
    ['', [2, 1, 0, 3]],
    ['window=now', [2, 1, 0]],
    ['population=seen', [3, 2, 1, 0, 4, 5]],
    ['population=reachable', [0, 1]],
    ['population=reachable&window=now', [0]],
    ['population=identified', [4, 0]],
    ['population=inboundOnly', [4]],
    ['network=mainnet', [1, 0]],
    ['network=sepolia', [2]],
    ['network=all', [2, 1, 0, 3]],
    ['client=geth', [0, 3]],
    ['client=Geth', [0, 3]],
    ['forkHash=0x07c9462e', [2, 0]],
    ['forkHash=07c9462e&network=mainnet', [0]],
    ['forkHash=11223344', []],
    ['forkClass=current', [0]],
    [`q=${hex(1)}`, [1]],
    [`q=0x${hex(2).slice(0, 9).toUpperCase()}`, [2]],
    [`q=${encodeURIComponent(`enode://${hex(0)}@192.0.2.1:30303?discport=0`)}`, [0]],
    ['q=2001:DB8:0:0::7', [1]],
    ['q=[2001:db8::7]', [1]],
    ['q=198.51.100.9&population=seen', [5]],
    ['q=198.51.100.9', []],
    // geth's `id`; in these rows it is no hash, so that it is another node's prefix than the ID's.
    [`q=${hashOf(3)}`, [3]],
    [`q=0x${hashOf(3).slice(0, 16)}`, [3]],
    [`q=${hashOf(3).slice(0, 16)}…`, [3]],
    ['q=192.0.2.1:30303', [2, 0, 3]],
    ['q=192.0.2.1:30304', []],
    ['q=[2001:db8::7]:30301', [1]],
    ['q=2001:db8::7', [1]],
    ['q=bank-7', [3]],
    ['q=BANK-7', [3]],
    ['q=geth/', [0, 3]],
    ['q=f3a9c1d2e4b5', [3]],
    ['q=besu', []],
    ['q=besu&population=seen', [4]],
    ['q=100%25', []],
    ['q=no such label', []],
    ['q=enr:-Je4QHsM', [1]],
    ['q=enr:-Je4QHsM…', [1]],
    ['q=enr:-Je5', []],
  ];
  for (const [query, expected] of cases) {
    await t.test(`?${query.slice(0, 60)}`, async () => {
      // Rows of one minute come in no set order here.
      if (query !== 'population=seen') assert.deepEqual(await list(query), expected);
      else assert.deepEqual((await list(query)).toSorted(), expected.toSorted());
    });
  }

  await t.test('with all that is known of one', async () => {
    const { body } = await api.get('/api/v1/nodes?client=geth&limit=1');
    assert.deepEqual(body.nodes, [
      {
        id: hex(0),
        idHash: hex(0).slice(0, 64),
        enode: `enode://${hex(0)}@192.0.2.1:30303`,
        ip: '192.0.2.1',
        udp: 30_303,
        tcp: 30_303,
        populations: ['seen', 'alive', 'reachable', 'identified'],
        firstSeenAt: '2026-02-28T02:40:00.000Z',
        lastAliveAt: '2026-03-01T11:55:00.000Z',
        lastReachableAt: '2026-03-01T11:55:00.000Z',
        lastIdentifiedAt: '2026-03-01T11:55:00.000Z',
        client: { raw: geth.raw, name: 'geth', version: '1.16.4', os: null, arch: null, language: null },
        capabilities: [],
        helloShortened: false,
        clockSkewMs: null,
        network: {
          slug: 'mainnet',
          source: 'status',
          ambiguous: false,
          candidates: [],
          relative: false,
          otherNetworkId: false,
        },
        crawler: false,
        foundBy: [],
        lastDiscv4At: null,
        lastDiscv5At: null,
        layer: null,
        consensus: null,
        recordClient: null,
        networkId: null,
        genesisHash: null,
        forkId: { hash: '0x07c9462e', next: '0' },
        forkClass: 'current',
        forkSource: null,
        forkAt: null,
        headNumber: null,
        headAt: null,
        synced: null,
        earliestBlock: null,
        lastVisit: null,
      },
    ]);
    assert.equal(body.freshness.asOf, '2026-03-01T11:58:00.000Z');
  });

  await t.test('with enodes that geth reads', async () => {
    const { body } = await api.get('/api/v1/nodes?limit=2');
    const enodes = body.nodes.map((node: { enode: string }) => node.enode.replace(/[0-9a-f]{128}/, 'ID'));
    assert.deepEqual(enodes, [
      'enode://ID@192.0.2.1:0?discport=30303',
      'enode://ID@[2001:db8::7]:30303?discport=30301',
    ]);
  });

  await t.test('populations of a row agree with the lists', async () => {
    const byPopulation = new Map<string, string[]>();
    for (const population of ['seen', 'alive', 'reachable', 'identified', 'inboundOnly']) {
      const { body } = await api.get(`/api/v1/nodes?population=${population}`);
      byPopulation.set(population, body.nodes.map((node: { id: string }) => node.id).toSorted());
    }
    const everyone = (await Promise.all(rows.map((row) => api.get(`/api/v1/nodes/${hex(row.index)}`)))).map(
      ({ body }) => body.node,
    );
    for (const [population, ids] of byPopulation) {
      const said = everyone.filter((node) => node.populations.includes(population)).map((node) => node.id);
      assert.deepEqual(said.toSorted(), ids, population);
    }
  });

  await t.test('as many as the census counts', async () => {
    await sql`select * from take_census(${new Date(testNow)}, 'test')`;
    const { body } = await api.get('/api/v1/networks/all/summary');
    assert.equal(body.populations.length, 5);
    for (const { population, now: recent, day: whole } of body.populations) {
      assert.equal(whole.ids, (await list(`population=${population}`)).length, population);
      assert.equal(recent.ids, (await list(`population=${population}&window=now`)).length, population);
    }
  });

  await t.test('what cannot be asked for is refused with its path', async () => {
    const bad: [string, string][] = [
      ['limit=0', 'limit'],
      ['limit=501', 'limit'],
      ['limit=ten', 'limit'],
      ['population=', 'population'],
      ['network=No', 'network'],
      ['forkHash=07c9462', 'forkHash'],
      ['forkHash=07c9462e00', 'forkHash'],
      ['forkClass=best', 'forkClass'],
      ['client=', 'client'],
      [`client=${'x'.repeat(65)}`, 'client'],
      ['client=%00', 'client'],
      ['q=z', 'q'],
      ['q=1.2.3.4.5', 'q'],
      [`q=${'a'.repeat(129)}`, 'q'],
      ['cursor=*', 'cursor'],
      ['cursor=aaaa', 'cursor'],
      [`cursor=${'a'.repeat(300)}`, 'cursor'],
      // Another population's, one from the future, one with a number that is too long.
      [`cursor=${Buffer.from('1.0.5.5.5').toString('base64url')}`, 'cursor'],
      [`cursor=${Buffer.from(`1.1.5.5.${testNow + 1}`).toString('base64url')}`, 'cursor'],
      [`cursor=${Buffer.from('1.1.123456789012345678.5.5').toString('base64url')}`, 'cursor'],
      [`cursor=${Buffer.from('1.1.05.5.5').toString('base64url')}`, 'cursor'],
      ['limit=5&limit=6', 'limit'],
    ];
    for (const [query, path] of bad) {
      const { status, body } = await api.get(`/api/v1/nodes?${query}`);
      assert.equal(status, 400, query);
      assert.equal(body.code, 'badRequest', query);
      assert.equal(body.details[0].path, path, query);
    }
  });

  await t.test('a value that nothing has ever had is said to be unknown, in lists and exports', async () => {
    for (const [query, path] of [
      ['network=nowhere', 'network'],
      ['client=nobody', 'client'],
      ['forkHash=00000000', 'forkHash'],
    ]) {
      for (const list of ['nodes', 'nodes.csv']) {
        const { status, body } = await api.get(`/api/v1/${list}?${query}`);
        assert.deepEqual([status, body.code, body.details[0].path], [400, 'unknownValue', path], query);
      }
    }
  });
});

test('paging walks every node once, however the pages fall and whatever comes meanwhile', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  // Several share a microsecond, and times are finer than JavaScript can tell.
  await sql`
    insert into nodes (id, id_hash, first_seen, last_seen, last_alive, last_reachable, last_identified, ip)
    select sha512(int4send(i)), sha256(int4send(i)), at, at, at, at, case when i % 3 = 0 then at end, '192.0.2.1'
    from (select i, ${new Date(testNow)}::timestamptz - (i / 4) * interval '1 microsecond' as at from generate_series(1, 503) i) rows`;
  for (const [population, limit, total] of [
    ['alive', 7, 503],
    ['seen', 500, 503],
    ['identified', 1, 167],
  ] as const) {
    const walked = await walk(api, `population=${population}&limit=${limit}`, async (page) => {
      if (page > 20) return;
      // Newer ones come in at the top; the window of a walk does not move with the clock.
      api.clock.time += 60_000;
      await insertNode(sql, api.clock.time, {
        index: page + limit * 1_000,
        identified: 0,
        reachable: 0,
        alive: 0,
        seen: 0,
      });
    });
    assert.equal(walked.length, total, population);
    assert.equal(new Set(walked).size, total, population);
    await sql`delete from nodes where last_alive > ${new Date(testNow)}`;
    api.clock.time = testNow;
  }
});

test('the window of a walk stays where it was when it began', async (t) => {
  const api = await openTestApi(t);
  await insertNode(api.sql, testNow, { index: 1, alive: 1 });
  await insertNode(api.sql, testNow, { index: 2, alive: 119 });
  const first = await api.get('/api/v1/nodes?window=now&limit=1');
  api.clock.time += 600_000;
  const second = await api.get(`/api/v1/nodes?window=now&limit=1&cursor=${first.body.next}`);
  assert.deepEqual([second.body.nodes[0].id, second.body.next], [hex(2), null]);
  assert.equal((await api.get('/api/v1/nodes?window=now')).body.nodes.length, 1);
});

async function walk(api: TestApi, query: string, meanwhile: (page: number) => Promise<void>): Promise<string[]> {
  const ids: string[] = [];
  let next: string | null = '';
  for (let page = 0; next !== null; page++) {
    const { status, text, body } = await api.get(`/api/v1/nodes?${query}${next === '' ? '' : `&cursor=${next}`}`);
    assert.equal(status, 200, text);
    ids.push(...body.nodes.map((node: { id: string }) => node.id));
    next = body.next;
    await meanwhile(page);
  }
  return ids;
}

test('one node', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  const client = { raw: 'Geth/\u202e<b>\u0007', name: 'geth' };
  await insertNode(sql, testNow, {
    index: 1,
    ip: '203.0.113.77',
    client,
    capabilities: ['eth/68', 'eth/69'],
    headNumber: 18_446_744_073_709_551_615n,
    enr: 'enr:-abc',
  });
  await sql`update nodes set head_at = ${new Date(testNow - 12_000)}, synced = false, earliest_block = 15537394`;
  await sql`insert into codes (code) values ('hello'), ('disconnected')`;
  await sql`select create_visit_partition(${'2026-03-01'}::date), create_visit_partition(${'2026-02-28'}::date)`;
  await sql`
    insert into endpoints (node_no, ip, udp_port, tcp_port, source, first_seen, last_seen, last_pong)
    select node_no, e.ip::inet, 30303, e.tcp::int4, 'neighbour', ${new Date(testNow)}, ${new Date(testNow)}, e.pong::timestamptz
    from nodes, (values ('2001:db8:1:2::3', null, null), ('203.0.113.77', 30303, ${new Date(testNow)}::timestamptz))
      as e(ip, tcp, pong)`;
  await sql.begin((one) =>
    putVisits(
      one,
      `select '${new Date(testNow).toISOString()}'::timestamptz - i * interval '12 hours' as at,
        ('00000000-0000-7000-8000-00000000000' || i)::uuid as visit_key, node_no, 'here' as vantage, 'outbound' as direction,
        '203.0.113.77' as ip, s.code_no as stage_no, c.code_no as code_no, 4 as remote_reason, 120 + i as took_ms
      from nodes, generate_series(0, 2) i, codes s, codes c where s.code = 'hello' and c.code = 'disconnected'`,
    ),
  );

  await t.test('with its addresses and visits', async () => {
    const { status, body } = await api.get(`/api/v1/nodes/${hex(1)}`);
    assert.equal(status, 200);
    assert.deepEqual(body.node.client.raw, 'Geth/\\u{202e}<b>\\x07');
    assert.deepEqual(body.node.capabilities, ['eth/68', 'eth/69']);
    assert.equal(body.node.headNumber, '18446744073709551615');
    assert.deepEqual(
      [body.node.headAt, body.node.synced, body.node.earliestBlock],
      ['2026-03-01T11:59:48.000Z', false, '15537394'],
    );
    assert.equal(body.enr, 'enr:-abc');
    assert.deepEqual(body.endpoints, [
      {
        ip: '203.0.113.77',
        udp: 30_303,
        tcp: 30_303,
        source: 'neighbour',
        firstSeenAt: '2026-03-01T12:00:00.000Z',
        lastPongAt: '2026-03-01T12:00:00.000Z',
      },
      {
        ip: '2001:db8:1:2::3',
        udp: 30_303,
        tcp: 0,
        source: 'neighbour',
        firstSeenAt: '2026-03-01T12:00:00.000Z',
        lastPongAt: null,
      },
    ]);
    assert.deepEqual(
      body.visits.map((visit: { at: string; tookMs: number }) => [visit.at, visit.tookMs]),
      [
        ['2026-03-01T12:00:00.000Z', 120],
        ['2026-03-01T00:00:00.000Z', 121],
        ['2026-02-28T12:00:00.000Z', 122],
      ],
    );
    assert.deepEqual(body.visits[0], {
      key: '00000000000070008000000000000000',
      at: '2026-03-01T12:00:00.000Z',
      direction: 'outbound',
      vantage: 'here',
      ip: '203.0.113.77',
      stage: 'hello',
      code: 'disconnected',
      remoteReason: 4,
      tookMs: 120,
      clockSkewMs: null,
    });
  });

  await t.test('by either of its IDs', async () => {
    const [row] = await sql<{ hash: Uint8Array }[]>`select id_hash as hash from nodes`;
    const hash = Buffer.from(row!.hash).toString('hex');
    const { status, body } = await api.get(`/api/v1/nodes/${hash}`);
    assert.deepEqual([status, body.node.id, body.node.idHash], [200, hex(1), hash]);
  });

  await t.test('not found, or not a node ID', async () => {
    const unknown = await api.get(`/api/v1/nodes/${hex(2)}`);
    assert.deepEqual([unknown.status, unknown.body.code], [404, 'notFound']);
    for (const id of ['abc', hex(1).toUpperCase(), `0x${hex(1)}`, `${hex(1)}00`]) {
      const { status, body } = await api.get(`/api/v1/nodes/${id}`);
      assert.deepEqual([status, body.details[0].path], [400, 'id'], id);
    }
  });

  await t.test('a masked site tells nothing of the address beyond its network', async (tt) => {
    const masked = await openTestApi(tt, { sql, maskIps: true });
    const { text, body } = await masked.get(`/api/v1/nodes/${hex(1)}`);
    assert.equal(body.node.ip, '203.0.113.0/24');
    assert.equal(body.node.enode, `enode://${hex(1)}`);
    assert.equal(body.enr, null);
    assert.deepEqual(
      body.endpoints.map((endpoint: { ip: string }) => endpoint.ip),
      ['203.0.113.0/24', '2001:db8:1::/48'],
    );
    assert.equal(body.visits[0].ip, '203.0.113.0/24');
    assert.doesNotMatch(text, /203\.0\.113\.77|1:2::3|enr:/);
    const listed = await masked.get('/api/v1/nodes');
    assert.doesNotMatch(listed.text, /203\.0\.113\.77/);
    // Else a search would tell what the page does not.
    const searched = await masked.get('/api/v1/nodes?q=203.0.113.77');
    assert.deepEqual([searched.status, searched.body.details[0].path], [400, 'q']);
  });
});

test('nodes by what says that they are on a network, and those beside it', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', []);
  await insertNetwork(sql, 'ethereum-classic', []);
  await insertVantage(sql, testNow, { beatMinutesAgo: 2 });
  const both = ['mainnet', 'ethereum-classic'];
  const kinds: [string, TestNode, object][] = [
    ['status', { index: 0, network: 'mainnet' }, { fork_source: 'status' }],
    ['hint', { index: 1, network: 'mainnet', source: 'enr' }, {}],
    ['hint', { index: 2, network: 'mainnet' }, { fork_source: 'enr' }],
    ['otherNetworkId', { index: 3, network: 'mainnet' }, { other_network_id: true, network_id: '12345' }],
    [
      'atGenesis',
      { index: 4, forkClass: 'atGenesis' },
      { network_source: 'status', network_ambiguous: true, network_candidates: both },
    ],
    ['ambiguous', { index: 5 }, { network_source: 'enr', network_ambiguous: true, network_candidates: both }],
    [
      'relative',
      { index: 6 },
      { network_source: 'status', network_relative: true, network_candidates: both, network_id: '10001' },
    ],
    ['crawler', { index: 7 }, { network_source: 'enr', crawler: true, network_candidates: ['mainnet'] }],
    ['foreign', { index: 8 }, { network_source: 'status' }],
  ];
  for (const [, node, columns] of kinds) {
    await insertNode(sql, testNow, { alive: 5, ...node });
    if (Object.keys(columns).length > 0) await sql`update nodes set ${sql(columns)} where id = ${idOf(node.index)}`;
  }
  const list = async (query: string): Promise<number[]> => {
    const { status, text, body } = await api.get(`/api/v1/nodes?${query}`);
    assert.equal(status, 200, `${query}: ${text}`);
    return body.nodes.map((node: { id: string }) => kinds.findIndex(([, { index }]) => hex(index) === node.id)).sort();
  };
  assert.deepEqual(await list('network=mainnet'), [0, 1, 2, 3], 'those beside it are none of its nodes');
  for (const kind of ['status', 'hint', 'otherNetworkId', 'atGenesis', 'ambiguous', 'relative', 'crawler']) {
    const wanted = kinds.flatMap(([own], index) => (own === kind ? [index] : []));
    assert.deepEqual(await list(`network=mainnet&identity=${kind}`), wanted, kind);
    assert.deepEqual(await list(`identity=${kind}`), wanted, kind);
  }
  assert.deepEqual(await list('network=ethereum-classic&identity=relative'), [6]);
  assert.deepEqual(await list('network=ethereum-classic&identity=crawler'), []);
  assert.deepEqual(await list('identity=foreign'), [8]);
  assert.deepEqual(await list('network=mainnet&identity=foreign'), []);
  assert.equal((await api.get('/api/v1/nodes?identity=spy')).status, 400);
  const { body } = await api.get(`/api/v1/nodes/${hex(6)}`);
  assert.deepEqual(body.node.network, {
    slug: null,
    source: 'status',
    ambiguous: false,
    candidates: both,
    relative: true,
    otherNetworkId: false,
  });
  assert.equal(body.node.networkId, '10001');
});
