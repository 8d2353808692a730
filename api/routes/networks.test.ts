import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestApi, testNow } from '../testkit/testApi.ts';
import {
  insertCensus,
  insertCount,
  insertCoverage,
  insertNetwork,
  insertVantage,
  type TestFork,
} from '../testkit/testRows.ts';

const mainnetForks: TestFork[] = [
  { name: 'Genesis', kind: 'genesis', activation: 0n, hash: 'fc64ec04', next: 1_150_000n },
  { name: 'Homestead', kind: 'block', activation: 1_150_000n, hash: '97c2c34c', next: 1_681_338_455n },
  { name: 'Shanghai', kind: 'time', activation: 1_681_338_455n, hash: 'dce96c2d', next: 1_999_999_999n },
  { name: 'Later', kind: 'time', activation: 1_999_999_999n, hash: '01020304', next: 0n },
];

test('networks come with their schedule; what nobody knows any more stays out', async (t) => {
  const api = await openTestApi(t);
  await insertNetwork(api.sql, 'mainnet', mainnetForks, { name: 'Ethereum', genesisHash: 'd4'.repeat(32) });
  await insertNetwork(
    api.sql,
    'private',
    [
      { name: 'Genesis', kind: 'genesis', activation: 0n, hash: '11111111', next: 5n },
      { name: 'Istanbul', kind: 'block', activation: 5n, hash: '22222222', next: 0n },
    ],
    { networkId: 18_446_744_073_709_551_615n },
  );
  await insertNetwork(api.sql, 'seen', [
    { name: 'Genesis', kind: 'genesis', activation: 0n, hash: '11111111', next: 5n },
    { name: 'First', kind: 'block', activation: 5n, hash: '22222222', next: 9n },
    { name: 'Second', kind: 'block', activation: 9n, hash: '33333333', next: 0n },
  ]);
  await insertNetwork(api.sql, 'gone', [], { known: false });
  await insertNetwork(api.sql, 'young', [
    { name: 'Genesis', kind: 'genesis', activation: 0n, hash: '11111111', next: 5n },
    { name: 'First', kind: 'block', activation: 5n, hash: '22222222', next: 9n },
    { name: 'Second', kind: 'block', activation: 9n, hash: '33333333', next: 0n },
  ]);
  await api.sql`insert into head_estimates (network, at, number, nodes) values
    ('young', ${new Date(testNow)}, 8, 3), ('young', ${new Date(testNow - 60_000)}, 4, 3)`;
  const found = new Date(1_681_338_455_000);
  await api.sql`insert into fork_activations values
    ('mainnet', 1681338455, 17034869, 17034870, ${found}), ('mainnet', 1999999999, 5, 7, ${found}),
    ('seen', 5, 4, 5, ${found})`;
  await insertCensus(api.sql, new Date(testNow - 90_000));
  const { status, headers, body } = await api.get('/api/v1/networks');
  assert.equal(status, 200);
  assert.deepEqual(
    body.networks.map((network: { slug: string }) => network.slug),
    ['mainnet', 'private', 'seen', 'young'],
  );
  assert.deepEqual(body.networks[0], {
    slug: 'mainnet',
    name: 'Ethereum',
    networkId: '1',
    genesisHash: `0x${'d4'.repeat(32)}`,
    watched: false,
    genesisForkHash: '0xfc64ec04',
    forks: [
      // A block fork before a time fork that has come has come too.
      {
        name: 'Homestead',
        kind: 'block',
        at: '1150000',
        hash: '0x97c2c34c',
        activated: true,
        firstBlock: '1150000',
        firstBlockAt: null,
      },
      {
        name: 'Shanghai',
        kind: 'time',
        at: '1681338455',
        hash: '0xdce96c2d',
        activated: true,
        firstBlock: '17034870',
        firstBlockAt: '2023-04-12T22:27:35.000Z',
      },
      {
        name: 'Later',
        kind: 'time',
        at: '1999999999',
        hash: '0x01020304',
        activated: false,
        firstBlock: null,
        firstBlockAt: null,
      },
    ],
    ended: null,
    fileIsOlder: false,
  });
  assert.equal(body.networks[1].networkId, '18446744073709551615');
  assert.equal(body.networks[1].forks[0].activated, null);
  assert.deepEqual(
    body.networks[2].forks.map((fork: { activated: boolean | null }) => fork.activated),
    [true, null],
    'a header of its first block is proof without a head',
  );
  assert.deepEqual(
    body.networks[3].forks.map((fork: { activated: boolean }) => fork.activated),
    [true, false],
    'where the head is known, what it has not passed is to come',
  );
  assert.deepEqual(body.freshness, {
    asOf: '2026-03-01T11:58:30.000Z',
    ageSeconds: 90,
    stale: false,
    simulated: false,
  });
  // The next census is due in 510 s; nobody may keep an answer for longer than a minute.
  assert.equal(headers.get('cache-control'), 'public, max-age=60');
});

test('a network that has ended, and one whose file is older than it', async (t) => {
  const api = await openTestApi(t);
  for (const slug of ['holesky', 'bnb', 'base', 'gone']) await insertNetwork(api.sql, slug, []);
  await insertVantage(api.sql, testNow, { networks: ['bnb', 'base'] });
  await api.sql`update networks set file = file || '{"ended": "2025-10-31"}' where slug = 'holesky'`;
  const learn = (network: string, outdates: boolean, hoursAgo: number) => api.sql`
    insert into learned_forks (network, hash, base, activation_kind, activation, subnets, of_subnets, outdates, seen_at)
    values (${network}, '\\xd38cc282', '\\x808e16a3', 'time', 1787625000, 40, 400, ${outdates},
      ${new Date(testNow - hoursAgo * 3_600_000)})`;
  await learn('bnb', true, 1);
  await learn('base', false, 1);
  await learn('gone', true, 30);
  const { networks } = (await api.get('/api/v1/networks')).body;
  assert.deepEqual(
    networks.map(({ slug, ended, fileIsOlder }: Record<string, unknown>) => [slug, ended, fileIsOlder]),
    [
      ['base', null, false],
      ['bnb', null, true],
      ['gone', null, false],
      ['holesky', '2025-10-31', false],
    ],
  );
  await api.sql`update learned_forks set endpoint = 'mine/node' where network = 'base'`;
  assert.equal(
    (await api.get('/api/v1/networks')).body.networks[0].fileIsOlder,
    true,
    'an endpoint of the operator knows',
  );
  await api.sql`update learned_forks set endpoint = null`;
  const metrics = (await api.get('/metrics')).text;
  assert.match(metrics, /^forkscope_network_missing_forks\{network="bnb"\} 1$/m);
  assert.match(metrics, /^forkscope_network_missing_forks\{network="base"\} 0$/m);
  await api.sql`insert into network_forks values ('bnb', 1, 'Pasteur', 'time', 1787625000, '\\xd38cc282', 0)`;
  const after = (await api.get('/api/v1/networks')).body.networks;
  assert.equal(after[1].fileIsOlder, false, 'a newer file lists it');
});

test('those that crawlers watch are named in the order of their configuration', async (t) => {
  const api = await openTestApi(t);
  const watched = async (): Promise<string[]> => (await api.get('/api/v1/networks')).body.watched;
  for (const slug of ['base', 'hoodi', 'mainnet', 'sepolia']) await insertNetwork(api.sql, slug, []);
  await insertNetwork(api.sql, 'gone', [], { known: false });
  assert.deepEqual(await watched(), [], 'nobody has said anything yet');
  await insertVantage(api.sql, testNow, { vantage: 'old', beatMinutesAgo: 90, networks: ['base'] });
  assert.deepEqual(await watched(), ['base'], 'while none is alive, the last one counts');
  await insertVantage(api.sql, testNow, { vantage: 'b', beatMinutesAgo: 1, networks: ['hoodi', 'mainnet'] });
  await insertVantage(api.sql, testNow, { vantage: 'a', beatMinutesAgo: 4, networks: ['sepolia', 'gone', 'mainnet'] });
  assert.deepEqual(await watched(), ['sepolia', 'mainnet', 'hoodi']);
  const { networks } = (await api.get('/api/v1/networks')).body;
  assert.deepEqual(
    networks.map(({ slug, watched }: { slug: string; watched: boolean }) => [slug, watched]),
    [
      ['base', false],
      ['hoodi', true],
      ['mainnet', true],
      ['sepolia', true],
    ],
    'the others are listed all the same',
  );
});

test('an empty database answers, and says that nothing was measured', async (t) => {
  const api = await openTestApi(t);
  const { status, headers, body } = await api.get('/api/v1/networks');
  assert.equal(status, 200);
  assert.deepEqual(body, {
    networks: [],
    watched: [],
    freshness: { asOf: null, ageSeconds: null, stale: true, simulated: false },
  });
  assert.equal(headers.get('cache-control'), 'no-cache');
  const summary = await api.get('/api/v1/networks/all/summary');
  assert.equal(summary.status, 200);
  assert.equal(summary.body.populations.length, 5);
});

test('a summary has both figures of every population and window at the newest census alone', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', []);
  const old = new Date(testNow - 700_000);
  const at = new Date(testNow - 100_000);
  await insertCensus(sql, old);
  await insertCensus(sql, at);
  await insertCount(sql, { at: old, population: 'identified', ids: 99 });
  await insertCount(sql, { at, ids: 40, ips: 35 });
  await insertCount(sql, { at, window: 'now', ids: 30, ips: 29 });
  await insertCount(sql, { at, population: 'reachable', ids: 20, ips: 18 });
  await insertCount(sql, { at, population: 'reachable', cut: 'client', key: ['geth'], ids: 13, ips: 12 });
  await insertCount(sql, { at, population: 'reachable', cut: 'client', key: [''], ids: 7, ips: 6 });
  await insertCount(sql, { at, network: 'all', ids: 1_000 });
  const { status, body } = await api.get('/api/v1/networks/mainnet/summary');
  assert.equal(status, 200);
  const zero = { ids: 0, ips: 0 };
  const untold = { coverage: { now: null, day: null }, whole: { now: null, day: null } };
  assert.deepEqual(body.populations, [
    { population: 'seen', now: zero, day: zero, ...untold },
    { population: 'alive', now: { ids: 30, ips: 29 }, day: { ids: 40, ips: 35 }, ...untold },
    { population: 'reachable', now: zero, day: { ids: 20, ips: 18 }, ...untold },
    { population: 'identified', now: zero, day: zero, ...untold },
    { population: 'inboundOnly', now: zero, day: zero, ...untold },
  ]);
  assert.deepEqual(body.clientUnknown, { ids: 7, ips: 6 });
  const all = await api.get('/api/v1/networks/all/summary');
  assert.deepEqual(all.body.populations[1].day, { ids: 1_000, ips: 1_000 });
});

test('a summary tells what each count stands on, and of what it is a part', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', []);
  await insertVantage(sql, testNow, { networks: ['mainnet'] });
  const old = new Date(testNow - 700_000);
  const at = new Date(testNow - 100_000);
  for (const census of [old, at]) await insertCensus(sql, census);
  await insertCoverage(sql, { at: old, population: 'alive', window: 'day', due: 9, looked: 9 });
  await insertCoverage(sql, { at, window: 'now', due: 10, looked: 4, unknown: 6, partial: 'starved', whole: 20 });
  await insertCoverage(sql, {
    at,
    window: 'day',
    due: 0,
    looked: 0,
    watched: 0.123456,
    partial: 'firstHours',
    whole: 0,
  });
  await insertCoverage(sql, { at, population: 'seen', window: 'now', due: 3, looked: 3, unknown: null, whole: null });
  const { body } = await api.get('/api/v1/networks/mainnet/summary');
  const alive = body.populations.find((row: { population: string }) => row.population === 'alive');
  assert.deepEqual(alive.coverage, {
    now: { due: 10, looked: 4, watched: 1, unknown: { ids: 6, ips: 6 }, partial: 'starved' },
    day: { due: 0, looked: 0, watched: 0.1235, unknown: { ids: 0, ips: 0 }, partial: 'firstHours' },
  });
  assert.deepEqual(alive.whole, { now: { ids: 20, ips: 20 }, day: { ids: 0, ips: 0 } });
  assert.deepEqual(body.populations[0].coverage.now.unknown, null);
  assert.deepEqual(body.populations[0].whole, { now: null, day: null });
  const { body: distribution } = await api.get('/api/v1/networks/mainnet/distribution?cut=client&window=now');
  assert.equal(distribution.coverage.partial, 'starved');
  const metrics = (await api.get('/metrics')).text;
  const labels = (window: string) => `\\{network="mainnet",population="alive",window="${window}"\\}`;
  assert.match(metrics, new RegExp(`^forkscope_network_coverage_ratio${labels('now')} 0.4$`, 'm'));
  assert.match(metrics, new RegExp(`^forkscope_network_coverage_ratio${labels('day')} 1$`, 'm'));
  assert.match(metrics, new RegExp(`^forkscope_network_unknown_nodes${labels('now')} 6$`, 'm'));
  assert.match(metrics, new RegExp(`^forkscope_network_partial${labels('now')} 1$`, 'm'));
  assert.doesNotMatch(metrics, /unknown_nodes\{network="mainnet",population="seen"/);
});

test('a network that nobody knows is not found; a name that cannot be one is a bad request', async (t) => {
  const api = await openTestApi(t);
  for (const path of ['summary', 'counts', 'distribution']) {
    const unknown = await api.get(`/api/v1/networks/nowhere/${path}`);
    assert.equal(unknown.status, 404, path);
    assert.equal(unknown.body.code, 'notFound', path);
    const impossible = await api.get(`/api/v1/networks/No%20Where/${path}`);
    assert.equal(impossible.status, 400, path);
    assert.deepEqual(
      impossible.body.details.map((detail: { path: string }) => detail.path),
      ['network'],
      path,
    );
  }
});

test('simulated data says so, and old data is stale', async (t) => {
  const api = await openTestApi(t);
  await api.sql`insert into settings (key, value) values ('simulated', 'true')`;
  await insertCensus(api.sql, new Date(testNow - 1_800_000));
  const onTime = await api.get('/api/v1/networks');
  assert.deepEqual([onTime.body.freshness.stale, onTime.body.freshness.simulated], [false, true]);
  api.clock.time += 1;
  const late = await api.get('/api/v1/networks');
  assert.equal(late.body.freshness.stale, true);
  assert.equal(late.headers.get('cache-control'), 'no-cache');
});

test('the status tells each crawler and what to try when something is wrong', async (t) => {
  const api = await openTestApi(t);
  const codes = async () =>
    (await api.get('/api/v1/status')).body.advice.map((advice: { code: string }) => advice.code);
  assert.deepEqual(await codes(), ['noCrawler']);
  await insertVantage(api.sql, testNow, { answered: 0 });
  assert.deepEqual(await codes(), ['noBootnodeAnswered', 'censusLate']);
  await insertCensus(api.sql, new Date(testNow - 1_000));
  await api.sql`update vantages set bootnodes_answered = 1`;
  const { body, headers } = await api.get('/api/v1/status');
  assert.deepEqual(body, {
    version: '1.2.3',
    crawlers: [
      {
        vantage: 'here',
        startedAt: '2026-03-01T11:00:00.000Z',
        lastBeatAt: '2026-03-01T11:59:00.000Z',
        bootnodesAnswered: 1,
        bootnodesTried: 5,
        bootnodesGiven: null,
        bootnodesUsable: null,
        bootnodeProblems: [],
        frontierNodes: 42,
        visits: 7,
        held: null,
      },
    ],
    lastCensusAt: '2026-03-01T11:59:59.000Z',
    advice: [],
    // Of the census that the numbers stand on, not of the heartbeat.
    freshness: { asOf: '2026-03-01T11:59:59.000Z', ageSeconds: 1, stale: false, simulated: false },
  });
  assert.equal(headers.get('cache-control'), 'no-cache');
});

test('visits that wait for the database are told: a moment is none, disk is no loss, and a disk that refuses is at stake', async (t) => {
  const api = await openTestApi(t);
  await insertCensus(api.sql, new Date(testNow - 1_000));
  await insertVantage(api.sql, testNow);
  const told = async (secondsAgo: number, facts: object) => {
    await api.sql`update vantages set unwritten_since = ${new Date(testNow - secondsAgo * 1_000)}, facts = ${api.sql.json(facts as never)}`;
    const { body } = await api.get('/api/v1/status');
    return { held: body.crawlers[0].held, ...(body.advice[0] ?? {}) };
  };
  const inMemory = { inMemory: 40, onDisk: 0, diskRefuses: false };
  assert.deepEqual(await told(5, inMemory), { held: { since: '2026-03-01T11:59:55.000Z', ...inMemory } });
  assert.equal((await told(61, inMemory)).code, 'visitsHeld');
  const spilled = await told(5, { inMemory: 1, onDisk: 20_000, diskRefuses: false, curve: 'native' });
  assert.equal(spilled.code, 'visitsHeld');
  assert.match(spilled.message, /it holds 1 visit in memory and 20,000 visits on disk. Nothing is lost/);
  const failing = await told(5, { inMemory: 7_000, onDisk: 20_000, diskRefuses: true });
  assert.equal(failing.code, 'visitsAtStake');
  assert.match(failing.message, /7,000 visits in memory are lost if/);
  const old = await told(61, { curve: 'native', inMemory: 'many' });
  assert.deepEqual(old.held, { since: '2026-03-01T11:58:59.000Z', inMemory: null, onDisk: null, diskRefuses: null });
  assert.match(
    old.message,
    /^The database has not yet taken all that the crawler saw\. Nothing is lost/,
    'unknown is no zero',
  );
  const untold = await told(5, { inMemory: 'many', onDisk: 5, diskRefuses: true });
  assert.match(untold.message, /no longer either\. What the crawler holds in memory is lost if it ends before/);
});

test('a start without a bootnode that can be used says so, and why of each', async (t) => {
  const api = await openTestApi(t);
  await insertCensus(api.sql, new Date(testNow - 1_000));
  await insertVantage(api.sql, testNow, { answered: 0 });
  const set = async (
    figures: Partial<Record<'given' | 'usable' | 'waiting' | 'tried' | 'answered' | 'pinged' | 'alive', number>>,
    problems: readonly object[] = [],
  ) => {
    const { given = 0, usable = 0, waiting = 0, tried = 0, answered = 0, pinged = 0, alive = 0 } = figures;
    await api.sql`
      update vantages set bootnodes_given = ${given}, bootnodes_usable = ${usable}, bootnodes_waiting = ${waiting},
        bootnodes_tried = ${tried}, bootnodes_answered = ${answered}, bootnodes_pinged = ${pinged}, bootnodes_alive = ${alive},
        bootnode_problems = ${api.sql.json(JSON.parse(JSON.stringify(problems)))}`;
    const { body } = await api.get('/api/v1/status');
    return {
      codes: body.advice.map(({ code }: { code: string }) => code),
      message: body.advice[0]?.message,
      problems: body.crawlers[0].bootnodeProblems,
    };
  };
  const problem = { bootnode: 'enode://ab…@[::]:30303', network: 'hb', code: 'addressUnspecified', about: '::' };
  const unusable = await set({ given: 1 }, [problem]);
  assert.deepEqual(unusable.codes, ['noBootnode']);
  assert.match(unusable.problems[0].message, /^:: stands for every address of the machine/);
  const listed = { bootnode: 'enrtree://A@all.example.org', network: 'hb', code: 'dnsList', about: '' };
  assert.match((await set({}, [listed])).message, /only DNS lists of nodes \(EIP-1459\)/);
  assert.match((await set({})).message, /^No bootnode is given/);
  assert.deepEqual((await set({ given: 1, waiting: 1 })).codes, [], 'its name is being looked up');
  assert.deepEqual((await set({ given: 2, usable: 1 }, [problem])).codes, ['bootnodesUnusable']);
  assert.deepEqual((await set({ given: 1, usable: 1, tried: 1, pinged: 1 })).codes, ['noBootnodeAnswered']);
  const dialledOnly = await set({ given: 1, usable: 1, tried: 1 });
  assert.deepEqual(dialledOnly.codes, ['noBootnodeAnswered']);
  assert.doesNotMatch(dialledOnly.message, /UDP|firewall/);
  const silent = await set({ given: 1, usable: 1, tried: 1, answered: 1, pinged: 1 });
  assert.deepEqual(silent.codes, ['noBootnodeOverUdp']);
  assert.deepEqual((await set({ given: 1, usable: 1, tried: 1, answered: 1 })).codes, [], 'it has no UDP port');
  const newer = await set({ given: 2, usable: 1 }, [{ ...problem, code: 'ofANewerVersion' }]);
  assert.deepEqual([newer.codes, newer.problems], [[], []]);
});
