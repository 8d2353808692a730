/** Which chain a node is on, in the database and in the census: judged from the visits, against the shipped network files. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createNetworkIndex } from '../../chains/networks/chainIdentity.ts';
import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import type { EnrContent } from '../../p2p/wire/enr.ts';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { makeFullVisit, makeId, makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { judgeVisit, type VisitContext } from '../crawl/judgeVisit.ts';
import type { VisitOutcome } from '../crawl/visit.ts';
import { takeCensus } from '../jobs/census.ts';
import { createStore } from './createStore.ts';
import type { Store } from './store.ts';
import { toVisitRow } from './visitRow.ts';

const t0 = Date.UTC(2026, 10, 22, 12);
const minute = 60_000;
const networks = loadBuiltinNetworks();
const index = createNetworkIndex(networks);
const mainnet = networks.find(({ slug }) => slug === 'mainnet')!;
const context: VisitContext = {
  now: t0,
  learned: () => [],
  head: () => null,
  passedAt: () => new Map(),
  voterOf: () => 'voter',
};

let db: TestDatabase;
let store: Store;
beforeEach(async (t) => {
  db = await openTestDatabase(t as { after(hook: () => Promise<void>): void });
  store = createStore(db.sql, 'here');
  await store.saveNetworks(networks, t0);
});

interface Told {
  readonly hash?: string;
  readonly next?: number;
  readonly networkId?: number;
  readonly genesisHash?: Uint8Array;
  readonly head?: number;
  readonly client?: string;
}

const forkId = ({ hash = '07c9462e', next = 0 }: Told) => ({ hash: hexToBytes(hash), next: BigInt(next) });

function record(seq: number, told: Told): EnrContent {
  const none = { ip: null, udp: null, tcp: null, ip6: null, udp6: null, tcp6: null };
  return {
    id: makeId(1),
    seq: BigInt(seq),
    text: `enr:${seq}`,
    eth: forkId(told),
    ...none,
    keys: ['eth'],
  } as EnrContent;
}

/** A visit that reads a Status, with the record that came beside it. */
function byStatus(n: number, at: number, told: Told, enr: EnrContent | null = null): VisitOutcome {
  const { outcome } = makeFullVisit(n, at, null, told.client ?? 'Geth/v1.17.5-stable/linux-amd64/go1.26');
  const status = {
    ...outcome.status!,
    networkId: BigInt(told.networkId ?? 1),
    genesisHash: told.genesisHash ?? mainnet.genesisHash,
    forkId: forkId(told),
    headNumber: BigInt(told.head ?? 24_000_000),
  };
  return { ...outcome, status, enr };
}

/** A visit to a node that is full: a PONG, and its record. */
const byRecord = (n: number, at: number, enr: EnrContent): VisitOutcome =>
  makeVisit(n, at, { stage: 'auth', code: 'disconnected', remoteReason: 4, pong: makePong, enr }).outcome;

/** It dialled us and waited. */
const byWaiting = (n: number, at: number): VisitOutcome => {
  const { outcome } = makeFullVisit(n, at, null, 'Geth/v1.16.0-stable/linux-amd64/go1.24');
  return { ...outcome, direction: 'inbound', stage: 'hello', code: 'statusTimeout', status: null, pong: null };
};

async function write(...outcomes: VisitOutcome[]): Promise<void> {
  await store.recordVisits(
    outcomes.map((outcome) =>
      toVisitRow({
        outcome,
        ...judgeVisit(index, outcome, { ...context, now: outcome.startedAt }),
        dueAt: t0,
        failures: 0,
      }),
    ),
  );
}

async function node(n: number) {
  const [row] = await db.sql`
    select network, network_ambiguous as ambiguous, network_candidates as candidates, network_relative as relative,
      other_network_id as other, crawler, fork_class as class, fork_source as source, encode(f.hash, 'hex') as hash
    from nodes left join fork_ids f using (fork_no) where id = ${makeId(n)}`;
  return row ?? assert.fail();
}

test('a record older than the last Status does not override it, a newer one is a hint', async () => {
  await write(byStatus(1, t0, { hash: '07c9462e' }, record(5, { hash: '5167e2a6', next: 1_765_290_071 })));
  await write(byRecord(1, t0 + minute, record(5, { hash: '5167e2a6', next: 1_765_290_071 })));
  assert.deepEqual(await node(1).then(({ hash, source, class: own }) => [hash, source, own]), [
    '07c9462e',
    'status',
    'current',
  ]);
  await write(byRecord(1, t0 + 2 * minute, record(6, { hash: 'cba2a1c0', next: 1_767_747_671 })));
  assert.deepEqual(await node(1).then(({ hash, source, class: own }) => [hash, source, own]), [
    'cba2a1c0',
    'enr',
    'behind',
  ]);
  await write(byStatus(1, t0 + 3 * minute, { hash: '07c9462e' }));
  // Which of its records are older than that Status is not known: the first one after it is no news.
  await write(byRecord(1, t0 + 4 * minute, record(7, { hash: 'cba2a1c0', next: 1_767_747_671 })));
  assert.equal((await node(1)).hash, '07c9462e');
  await write(byRecord(1, t0 + 5 * minute, record(8, { hash: 'cba2a1c0', next: 1_767_747_671 })));
  assert.equal((await node(1)).hash, 'cba2a1c0');
});

test('the same in one batch, in any order, and twice', async () => {
  const stale = record(5, { hash: '5167e2a6', next: 1_765_290_071 });
  const visits = [
    byRecord(1, t0, stale),
    byStatus(1, t0 + minute, {}, stale),
    byRecord(1, t0 + 2 * minute, stale),
    byRecord(2, t0, stale),
    byRecord(2, t0 + minute, record(6, { hash: 'cba2a1c0' })),
  ];
  await write(...visits.toReversed());
  await write(...visits);
  assert.deepEqual([(await node(1)).hash, (await node(1)).source], ['07c9462e', 'status']);
  assert.deepEqual([(await node(2)).hash, (await node(2)).source], ['cba2a1c0', 'enr']);
});

test('a crawler is no node of the network, by its name or because it only ever dials and waits', async () => {
  const name = 'Forkscope/v0.1.0/linux-x64/node20.20.2';
  await write(byStatus(1, t0, { client: name }), byRecord(1, t0 + minute, record(3, {})));
  assert.deepEqual(await node(1).then((row) => [row.network, row.crawler, row.candidates]), [null, true, ['mainnet']]);
  await write(byRecord(1, t0 + 2 * minute, record(4, {})));
  assert.deepEqual(await node(1).then((row) => [row.network, row.crawler]), [null, true], 'whatever its record says');

  const aliveOnly = (at: number): VisitOutcome => ({
    ...byRecord(2, at, record(1, {})),
    stage: 'pong',
    code: 'dialRefused',
    remoteReason: null,
  });
  await write(aliveOnly(t0), byWaiting(2, t0 + minute), byWaiting(2, t0 + 20 * minute));
  assert.deepEqual(await node(2).then((row) => [row.network, row.crawler]), ['mainnet', false], 'it may be slow');
  await write(byWaiting(2, t0 + 62 * minute));
  assert.deepEqual(await node(2).then((row) => [row.network, row.crawler, row.candidates]), [null, true, ['mainnet']]);
  await write(aliveOnly(t0 + 70 * minute));
  assert.deepEqual(await node(2).then((row) => [row.network, row.crawler]), [null, true]);
  await write(byStatus(2, t0 + 90 * minute, {}));
  assert.deepEqual(await node(2).then((row) => [row.network, row.crawler, row.candidates]), ['mainnet', false, null]);
  await write(byWaiting(2, t0 + 300 * minute));
  assert.equal((await node(2)).crawler, false, 'it has served before');

  await write(byRecord(3, t0, record(1, {})), byWaiting(3, t0 + minute), byWaiting(3, t0 + 90 * minute));
  assert.equal((await node(3)).crawler, false, 'who takes our dials is no mere caller');
});

test('the census counts members by what shows it, and shows those beside a network with their network ids', async () => {
  const genesis = { hash: 'fc64ec04', next: 1_150_000, head: 0 };
  await write(
    byStatus(1, t0, {}),
    byStatus(2, t0, { networkId: 12_345 }),
    byStatus(3, t0, genesis),
    byStatus(4, t0, { ...genesis, networkId: 7 }),
    byStatus(5, t0, { hash: 'deadbeef', networkId: 10_001 }),
    byStatus(6, t0, { hash: 'deadbeef', networkId: 513_100 }),
    byStatus(7, t0, { hash: '12345678', networkId: 10_001 }),
    byStatus(8, t0, { client: 'NodeCrawler/v0.1.0-12345678/linux-amd64/go1.21.0' }),
    byStatus(9, t0, { genesisHash: new Uint8Array(32).fill(7) }),
    byRecord(10, t0, record(1, {})),
    byRecord(11, t0, record(1, genesis)),
    byStatus(12, t0, { hash: 'be46d57c' }),
  );
  assert.deepEqual(await node(3).then((row) => [row.network, row.ambiguous, row.class, row.candidates.toSorted()]), [
    null,
    true,
    'atGenesis',
    ['ethereum-classic', 'mainnet'],
  ]);
  assert.deepEqual(await node(5).then((row) => [row.network, row.relative]), [null, true]);
  assert.deepEqual(await node(2).then((row) => [row.network, row.other]), ['mainnet', true]);
  assert.notEqual(await takeCensus(db.sql, t0 + minute, 'here'), null);
  const counted = async (network: string, cut: string) =>
    (
      await db.sql`
        select key, ids from current_counts
        where network = ${network} and cut = ${cut} and population = 'alive' and time_window = 'day' order by key`
    ).map(({ key, ids }) => [...key.filter((part: string) => part !== ''), ids].join(' '));
  const beside = ['atGenesis 3', 'crawler 1', 'relative 10001 2', 'relative 513100 1'];
  const onMainnet = ['hint 1', 'otherNetworkId 12345 1', 'status 1'];
  assert.deepEqual(await counted('mainnet', 'identity'), [...beside, ...onMainnet].sort());
  assert.deepEqual(await counted('mainnet', 'total'), ['3'], 'those beside it count in none of its figures');
  assert.deepEqual(
    await counted('ethereum-classic', 'identity'),
    ['atGenesis 3', 'relative 10001 2', 'relative 513100 1', 'status 1'].sort(),
  );
  assert.deepEqual(
    await counted('all', 'identity'),
    [...beside, 'foreign 1', 'hint 1', 'otherNetworkId 12345 1', 'status 2'].sort(),
  );
});

test('liars who invent network ids do not grow the census', async () => {
  await write(
    ...Array.from({ length: 300 }, (_, n) => byStatus(n, t0, { hash: 'deadbeef', networkId: 5_000 + n })),
    ...Array.from({ length: 4 }, (_, n) => byStatus(500 + n, t0, { hash: 'deadbeef', networkId: 10_001 })),
  );
  assert.notEqual(await takeCensus(db.sql, t0 + minute, 'here'), null);
  const rows = await db.sql`
    select key, ids from current_counts
    where network = 'mainnet' and cut = 'identity' and population = 'alive' and time_window = 'day' order by ids desc`;
  assert.equal(rows.length, 51);
  assert.deepEqual(
    rows.slice(0, 2).map(({ key, ids }) => [...key, ids]),
    [
      ['relative', '', 251],
      ['relative', '10001', 4],
    ],
  );
});
