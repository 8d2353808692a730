import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestApi, testNow } from '../testkit/testApi.ts';
import {
  bytesOf,
  insertCensus,
  insertCount,
  insertNetwork,
  insertVantage,
  type TestFork,
} from '../testkit/testRows.ts';

const next = BigInt(testNow / 1_000 + 3_600);
const forks: TestFork[] = [
  { name: 'genesis', kind: 'genesis', activation: 0n, hash: '11111111', next: 5n },
  { name: 'Old', kind: 'time', activation: 1_600_000_000n, hash: '22222222', next },
  { name: 'Next', kind: 'time', activation: next, hash: '33333333', next: next + 9n },
  { name: 'Later', kind: 'time', activation: next + 9n, hash: '44444444', next: 0n },
];
const hour = 3_600_000;

test('readiness: the first fork to come, by client and version, with its history', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', forks);
  await insertNetwork(sql, 'blocks', [
    { name: 'genesis', kind: 'genesis', activation: 0n, hash: '11111111', next: 5n },
    { name: 'First', kind: 'block', activation: 5n, hash: '55555555', next: 900n },
    { name: 'Second', kind: 'block', activation: 900n, hash: '66666666', next: 0n },
  ]);
  await sql`insert into head_estimates values
    ('blocks', ${new Date(testNow - hour)}, 700, 4, null, null), ('blocks', ${new Date(testNow)}, 800, 5, 7, 40)`;
  await sql`insert into learned_forks values
    ('mainnet', ${bytesOf('77777777')}, ${bytesOf('33333333')}, 'time', ${String(next + 70n)}, 6, ${new Date(testNow)}),
    ('mainnet', ${bytesOf('44444444')}, ${bytesOf('33333333')}, 'time', ${String(next + 9n)}, 8, ${new Date(testNow)})`;
  const instants = [3, 2, 1].map((hours) => new Date(testNow - hours * hour));
  const figures = [
    [10, 90, 0],
    [0, 0, 0],
    [60, 30, 10],
  ] as const;
  for (const [index, at] of instants.entries()) {
    await insertCensus(sql, at);
    await insertCount(sql, { at, ids: 120 });
    for (const [place, key] of (['ready', 'current', 'conflicting'] as const).entries()) {
      await insertCount(sql, { at, cut: 'fork_class', key: [key], ids: figures[index]?.[place] ?? 0, ips: 1 });
    }
  }
  const at = instants[2]!;
  await insertCount(sql, { at, cut: 'fork_class', key: ['outdated'], ids: 20, ips: 19 });
  for (const [client, version, forkClass, ids] of [
    ['geth', '1.17.10', 'ready', 40],
    ['geth', '1.17.9', 'ready', 10],
    ['geth', '1.16.0', 'current', 30],
    ['besu', '26.8.0', 'conflicting', 10],
    ['', '', 'ready', 10],
    ['reth', '1.0.0', 'outdated', 20],
    ['ghost', '1.0.0', '', 5],
  ] as const) {
    await insertCount(sql, { at, cut: 'client_fork', key: [client, version, forkClass], ids });
  }

  const { status, body } = await api.get('/api/v1/networks/mainnet/readiness');
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.fork, { name: 'Next', kind: 'time', at: String(next), hash: '0x33333333' });
  assert.equal(body.secondsToGo, 3_600);
  assert.equal(body.blocksToGo, null);
  assert.deepEqual(
    body.notObservable.map((fork: { name: string }) => fork.name),
    ['Later'],
  );
  assert.deepEqual([body.ready, body.current, body.conflicting, body.share], [60, 30, 10, 0.6]);
  assert.deepEqual(
    body.classes.find((row: { forkClass: string }) => row.forkClass === 'outdated'),
    { forkClass: 'outdated', ids: 20, ips: 19 },
  );
  assert.equal(body.classes.length, 9);
  assert.deepEqual(
    body.clients.map((row: { client: string; share: number; lowestReady: unknown }) => [
      row.client,
      row.share,
      row.lowestReady,
    ]),
    [
      ['geth', 0.625, { version: '1.17.9', nodes: 10 }],
      ['besu', 0, null],
      [null, 1, null],
    ],
  );
  assert.deepEqual(
    body.clients[0].versions.map((row: { version: string }) => row.version),
    ['1.17.10', '1.17.9', '1.16.0'],
  );
  assert.deepEqual(
    body.history.points.map((point: { share: number | null }) => point.share),
    [0.1, null, 0.6],
  );
  assert.deepEqual(
    body.learned,
    [
      {
        hash: '0x77777777',
        base: '0x33333333',
        kind: 'time',
        at: String(next + 70n),
        subnets: 6,
        ofSubnets: 0,
        endpoint: null,
      },
    ],
    'what the file names is not learned',
  );

  const blocks = (await api.get('/api/v1/networks/blocks/readiness')).body;
  assert.deepEqual([blocks.fork.name, blocks.blocksToGo, blocks.secondsToGo], ['Second', '100', null]);
  assert.equal(blocks.share, null);
  api.clock.time = Number(next + 9n) * 1_000;
  const after = (await api.get('/api/v1/networks/mainnet/readiness')).body;
  assert.deepEqual([after.fork, after.secondsToGo, after.notObservable], [null, null, []]);

  const heads = (await api.get('/api/v1/networks/blocks/heads')).body;
  assert.deepEqual(
    heads.points.map((point: { number: string; ageMedianSeconds: number; ageLateSeconds: number }) => [
      point.number,
      point.ageMedianSeconds,
      point.ageLateSeconds,
    ]),
    [
      ['700', null, null],
      ['800', 7, 40],
    ],
  );
  for (const path of ['readiness', 'readiness/series', 'splits', 'heads']) {
    for (const network of ['all', 'nowhere']) {
      assert.equal((await api.get(`/api/v1/networks/${network}/${path}`)).status, 404);
    }
  }
});

function healed(nodes: number) {
  const side = { hash: 'cd'.repeat(32), counts: true, voters: nodes, nodes, nodeIds: [], clients: [] };
  return { height: '80', voters: nodes, forgers: [], sides: [side], ancestor: null };
}

test('splits: open ones first, with who is where; hostile names are escaped and unreadable ones not hidden', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', forks);
  await insertVantage(sql, testNow, { networks: ['mainnet'] });
  const clients = [{ client: 'geth\u202e', version: '1.17.0', nodes: 3 }];
  const rows: [string, string, number, number | null, unknown][] = [
    [
      'forkSplit',
      'network/mainnet',
      5,
      4,
      {
        sides: [
          {
            hash: '33333333',
            kind: 'followed',
            fork: { name: 'Next', kind: 'time', at: '9' },
            nodes: 3,
            syncing: 0,
            clients,
          },
        ],
      },
    ],
    [
      'chainSplit',
      'network/mainnet',
      7,
      null,
      {
        height: '900',
        voters: 5,
        voterKind: 'id',
        forgers: ['aa'],
        sides: [
          { hash: 'ab'.repeat(32), counts: true, voters: 3, nodes: 3, nodeIds: ['aa'], sources: ['eth'], clients },
        ],
        ancestor: { from: '890', to: '890' },
      },
    ],
    ['chainSplit', 'network/mainnet', 9, 8, { height: 'x' }],
    ['chainSplit', 'network/mainnet', 11, 10, { ...healed(1), ancestor: { from: '77', to: '77' }, widest: healed(9) }],
    ['chainSplit', 'network/other', 1, null, {}],
    ['leaderChange', 'network/mainnet', 1, 1, {}],
  ];
  for (const [kind, subject, opened, closed, data] of rows) {
    await sql`insert into events (kind, subject, opened_at, closed_at, data) values (${kind}, ${subject},
      ${new Date(testNow - opened * hour)}, ${closed === null ? null : new Date(testNow - closed * hour)}, ${sql.json(data as never)})`;
  }
  const { body, status } = await api.get('/api/v1/networks/mainnet/splits');
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(
    body.splits.map((split: { kind: string; closedAt: string | null; sides: unknown[] }) => [
      split.kind,
      split.closedAt === null,
      split.sides.length,
    ]),
    [
      ['chainSplit', true, 1],
      ['forkSplit', false, 1],
      ['chainSplit', false, 0],
      ['chainSplit', false, 1],
    ],
  );
  assert.deepEqual(body.splits[0].ancestor, { from: '890', to: '890' });
  assert.equal(body.splits[0].forgers, 1);
  assert.deepEqual(
    body.splits.map((split: { voterKind?: string }) => split.voterKind),
    ['id', undefined, 'subnet', 'subnet'],
    'networks where an event of before does not tell',
  );
  assert.equal(body.splits[0].sides[0].hash, `0x${'ab'.repeat(32)}`);
  assert.deepEqual(
    [body.splits[3].sides[0].nodes, body.splits[3].ancestor.from, 'widest' in body.splits[3]],
    [9, '77', false],
    'a closed one as it was at its widest',
  );
  assert.doesNotMatch(body.splits[1].sides[0].clients[0].client, /\u202e/);

  await insertCensus(sql, new Date(testNow));
  const { text } = await api.get('/metrics');
  assert.match(text, /^forkscope_network_open_splits\{network="mainnet",kind="chainSplit"\} 1$/m);
  assert.match(text, /^forkscope_network_open_splits\{network="mainnet",kind="forkSplit"\} 0$/m);
  assert.doesNotMatch(text, /network="other"/);
  assert.doesNotMatch(text, /^forkscope_network_ready_ratio\{/m, 'nobody to be ready');
  await insertCount(sql, { at: new Date(testNow), cut: 'fork_class', key: ['ready'], ids: 3 });
  await insertCount(sql, { at: new Date(testNow), cut: 'fork_class', key: ['current'], ids: 1 });
  assert.match((await api.get('/metrics')).text, /^forkscope_network_ready_ratio\{network="mainnet"\} 0\.75$/m);
});

test('the ready share by client and by version over time; a census that found none of one is no gap', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', forks);
  const instants = [3, 2, 1].map((hours) => new Date(testNow - hours * hour));
  for (const at of instants) {
    await insertCensus(sql, at);
    await insertCount(sql, { at, ids: 100 });
  }
  const rows: [number, string, string, string, number][] = [
    [0, 'geth', '1.16.0', 'current', 30],
    [1, 'geth', '1.16.0', 'current', 20],
    [1, 'geth', '1.17.9', 'ready', 10],
    [2, 'geth', '1.17.9', 'ready', 15],
    [2, 'geth', '1.16.0', 'conflicting', 15],
    [2, 'geth', '1.10.0', 'outdated', 900],
    [1, 'besu', '26.8.0', 'ready', 4],
    [2, 'besu', '26.8.0', 'ready', 0],
    [0, '', '', 'current', 3],
    [0, 'tiny', '1.0.0', 'ready', 1],
  ];
  for (const [place, client, version, forkClass, ids] of rows) {
    await insertCount(sql, { at: instants[place]!, cut: 'client_fork', key: [client, version, forkClass], ids });
  }
  const seriesOf = async (query: string) => {
    const { status, body } = await api.get(`/api/v1/networks/mainnet/readiness/series?resolution=census&${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.series.map((series: { name: string | null; points: { share: number | null }[] }) => [
      series.name,
      series.points.map(({ share }) => share),
    ]);
  };
  assert.deepEqual(await seriesOf('top=3'), [
    ['geth', [0, 1 / 3, 0.5]],
    ['besu', [null, 1, null]],
    [null, [0, null, null]],
  ]);
  assert.deepEqual(await seriesOf('client=geth'), [
    ['1.16.0', [0, 0, 0]],
    ['1.17.9', [null, 1, 1]],
  ]);
  assert.deepEqual(await seriesOf('client=nobody'), []);
  assert.equal((await api.get('/api/v1/networks/mainnet/readiness/series?client=')).status, 400);
  assert.equal((await api.get('/api/v1/networks/mainnet/readiness/series?top=99')).status, 400);
});

test('the head and the share for a fork by block are metrics', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'blocks', [
    { name: 'genesis', kind: 'genesis', activation: 0n, hash: '11111111', next: 900n },
    { name: 'First', kind: 'block', activation: 900n, hash: '55555555', next: 0n },
  ]);
  await insertVantage(sql, testNow, { networks: ['blocks'] });
  await sql`insert into head_estimates values ('blocks', ${new Date(testNow - 60_000)}, 800, 5, 7, 40)`;
  const at = new Date(testNow);
  await insertCensus(sql, at);
  await insertCount(sql, { at, network: 'blocks', cut: 'fork_class', key: ['ready'], ids: 1 });
  await insertCount(sql, { at, network: 'blocks', cut: 'fork_class', key: ['current'], ids: 1 });
  const { text } = await api.get('/metrics');
  for (const line of [
    'forkscope_network_head_block{network="blocks"} 800',
    `forkscope_network_head_estimate_timestamp_seconds{network="blocks"} ${testNow / 1_000 - 60}`,
    'forkscope_network_ready_ratio{network="blocks"} 0.5',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\nis not in\n${text}`);
  }
  await sql`update head_estimates set number = 900`;
  assert.doesNotMatch((await api.get('/metrics')).text, /^forkscope_network_ready_ratio\{/m);
});
