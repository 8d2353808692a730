/** Rows of every kind, written by the code of this build: what the test of upgrades starts from. */
import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import { createRaftLocks, openLockConnection } from '../../consortium/store/raftLocks.ts';
import { createPostgresRaftStore } from '../../consortium/store/raftStore.ts';
import { createRpcBlockStore } from '../../consortium/store/rpcBlockStore.ts';
import { noBootnodes } from '../../crawler/crawl/bootnodes.ts';
import type { VisitRecord } from '../../crawler/crawl/visit.ts';
import { takeCensus } from '../../crawler/jobs/census.ts';
import { followSessions, takeChurn } from '../../crawler/jobs/followSessions.ts';
import { rollUpCounts } from '../../crawler/jobs/rollUp.ts';
import { watchForks } from '../../crawler/jobs/watchForks.ts';
import { createStore } from '../../crawler/store/createStore.ts';
import { toVisitRow } from '../../crawler/store/visitRow.ts';
import { createPostgresNoticeStore } from '../../notify/postgresNoticeStore.ts';
import { systemClock } from '../../p2p/net/systemClock.ts';
import type { Sql } from '../../sql/client.ts';
import { databaseAt } from '../../sql/database.ts';
import { makeContact, makeFullVisit, makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { playRaft } from '../../testkit/playRaft.ts';
import { startRaftCluster } from '../../testkit/raftCluster.ts';

const minute = 60_000;
const hour = 60 * minute;

function findNetwork(slug: string) {
  const network = loadBuiltinNetworks().find((known) => known.slug === slug);
  if (network === undefined) throw new Error(`no network ${slug}`);
  return network;
}
const sepolia = findNetwork('sepolia');
const [before = new Uint8Array(), after = new Uint8Array()] = sepolia.forkHashes.slice(-2);
const activation = sepolia.forks.at(-1)?.at ?? 0n;
/** The last fork of sepolia. */
const t0 = Number(activation) * 1_000;
const head = 9_000_000n;

/** At least one row in every table. `url` names the same database as `sql`. */
export async function fillDatabase(sql: Sql, url: string): Promise<void> {
  let now = t0 - 5 * minute;
  const store = createStore(sql, 'here', '1', { at: 'caller', now: () => now });
  const record = (visits: readonly VisitRecord[]) => store.recordVisits(visits.map(toVisitRow));
  await store.saveSetting('simulated', true);
  await store.saveNetworks([sepolia, findNetwork('mainnet')], now);
  await record([
    ...numbers(0, 12).map((n) => announce(n, now, before, activation, n < 8 ? geth : besu)),
    ...others(now),
  ]);
  await watchForks(sql, sepolia, now, rules);

  // Eight follow the fork and four do not; six announce one that no file names.
  now = t0 + 10 * minute;
  await record(numbers(0, 8).map((n) => announce(n, now, after, n < 6 ? activation + 864_000n : 0n, geth)));
  await record(numbers(8, 12).map((n) => announce(n, now, before, 0n, besu)));
  for (const at of [t0 + 11 * minute, t0 + 22 * minute]) {
    const view = await watchForks(sql, sepolia, at, rules);
    await record(numbers(0, 8).map((n) => tell(announce(n, at, after, 0n, geth), [...view.heights])));
  }
  await watchForks(sql, sepolia, t0 + 33 * minute, rules);
  await createRpcBlockStore(sql).save([
    {
      network: 'sepolia',
      node: 'ab'.repeat(64),
      endpoint: 'prod/one',
      at: t0 + 33 * minute,
      head,
      blocks: [{ height: head - 64n, hash: 'cd'.repeat(32) }],
    },
  ]);
  // Nothing writes places yet: rows as the schema allows for them.
  await sql`insert into asns (asn, name) values (64496, 'Documentation')`;
  await sql`update nodes set asn = 64496, country = 'NO' where host(ip) = '5.5.1.1'`;

  await fillRaft(sql, url);
  await fillNotices(sql);
  for (const hours of [1, 25]) {
    now = t0 + hours * hour;
    await record(numbers(0, 4).map((n) => announce(n, now, after, 0n, geth)));
    await takeCensus(sql, now, 'here');
    await rollUpCounts(sql, now);
    await followSessions(sql, now);
    await takeChurn(sql, now);
  }
  await store.upsertSeen([{ contact: publicContact(50), source: 'neighbour', at: now, dueAt: now }]);
  await store.claimNodes([{ contact: publicContact(50), firstSeenAt: now, early: true, direct: false }], minute);
  await store.saveLeftOut([{ host: '5.5.9.9', bound: 'idsPerIp', ids: 3 }], now);
  await store.saveBeat({
    version: '0.1.0',
    startedAt: t0,
    at: now,
    bootnodes: { ...noBootnodes, given: 4, usable: 4, tried: 4, answered: 3, pinged: 4, alive: 3 },
    frontierNodes: 20,
    visits: 100,
    networks: ['sepolia'],
    censusIntervalMs: 600_000,
    spans: [{ fromAt: t0, untilAt: now, heard: true }],
    unwrittenSince: now,
    pingWithinMs: 2_520_000,
    dialWithinMs: 6_960_000,
    facts: { curve: 'native', once: false, ports: '30303' },
  });
}

const rules = { roundMs: 10 * minute, closeAfterMs: hour, isPrivate: false };
const geth = 'Geth/v1.17.0-stable/linux-amd64/go1.25.0';
const besu = 'besu/v26.8.0/linux-x86_64/openjdk-java-21';
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const publicContact = (n: number) => makeContact(n, `5.5.${n}.${n}`);

function announce(n: number, at: number, hash: Uint8Array, next: bigint, client: string): VisitRecord {
  const full = makeFullVisit(n, at, 'sepolia', client, { hash: Uint8Array.from(hash), next });
  return {
    ...full,
    outcome: {
      ...full.outcome,
      contact: publicContact(n),
      status: full.outcome.status && { ...full.outcome.status, headNumber: head },
    },
    forkClass: 'ready',
    headAt: at - 12_000,
    synced: true,
  };
}

/** The same node, which also answers for its blocks at these heights. */
function tell(visit: VisitRecord, heights: readonly bigint[]): VisitRecord {
  const { contact, startedAt } = visit.outcome;
  const blocks = [...heights, head - 64n].map((height) => ({
    network: 'sepolia',
    height,
    hash: height.toString(16).padStart(64, '0'),
    forged: false,
    voter: `${contact.ip.split('.').slice(0, 3).join('.')}.0/24`,
    time: startedAt - Number(head - height) * 12_000,
  }));
  return { ...visit, blocks };
}

/** One that refuses, one that sends rubbish, one that is silent, one that dials us, one that fits two networks. */
function others(at: number): VisitRecord[] {
  const inbound = makeFullVisit(23, at, 'mainnet', 'Nethermind/v1.36.0/linux-x64/dotnet10');
  const visits = [
    makeVisit(20, at, { stage: 'auth', code: 'disconnected', remoteReason: 4, pong: makePong }),
    makeVisit(21, at, { stage: 'hello', code: 'protocolError', wireCode: 'rlpDepth', pong: makePong }),
    makeVisit(22, at),
    { ...inbound, outcome: { ...inbound.outcome, direction: 'inbound' as const, pong: null } },
    makeVisit(
      24,
      at,
      {
        stage: 'pong',
        code: 'dialTimeout',
        pong: makePong,
        neighbours: { queries: 3, answers: 3, named: 40 },
        enr: {
          text: 'enr:-example',
          seq: 7n,
          eth: { hash: Uint8Array.of(0xfc, 0x64, 0xec, 0x04), next: 1_150_000n },
          ip: null,
          udp: null,
          tcp: null,
          ip6: null,
          udp6: null,
          tcp6: null,
          keys: ['eth', 'id', 'secp256k1'],
        },
      },
      { network: { slug: null, ambiguous: true, source: 'enr' } },
    ),
  ];
  return visits.map((visit, index) => ({
    ...visit,
    outcome: { ...visit.outcome, contact: publicContact(20 + index) },
  }));
}

/** Three members of which the leader is killed and comes back, and one that is cut off. */
async function fillRaft(sql: Sql, url: string): Promise<void> {
  const cluster = await startRaftCluster(
    {
      seed: 5,
      nodes: 3,
      faults: [
        { at: 5_000, kind: 'send', transactions: 5 },
        { at: 8_000, kind: 'kill', node: 'leader' },
        { at: 14_000, kind: 'start', node: 'leader' },
        { at: 18_000, kind: 'isolate', node: 'follower' },
      ],
    },
    { startAt: t0 },
  );
  const locks = createRaftLocks(() => openLockConnection(databaseAt(url)), systemClock);
  try {
    const store = createPostgresRaftStore({
      sql,
      locks,
      clock: systemClock,
      onRefused: (_, error) => {
        throw error;
      },
    });
    await playRaft({ cluster, store, startAt: t0, fromMs: 4_000, toMs: 24_000, name: 'prod' });
  } finally {
    await locks.close();
    await cluster.close();
  }
}

/** One that a target was told of. */
async function fillNotices(sql: Sql): Promise<void> {
  const part = { name: 'RaftNoLeader', severity: 'critical', summary: 'No leader', description: 'Look.' } as const;
  const notice = {
    ...part,
    kind: 'raftLeadership',
    subject: 'raft/prod',
    labels: { cluster: 'prod' },
    was: [],
    parts: [{ ...part, startsAt: t0, endsAt: null }],
    page: null,
    startsAt: t0,
    endsAt: null,
  };
  const store = createPostgresNoticeStore(sql);
  await store.save([{ notice, version: 1 }], ['ops'], t0);
  await store.markSent([{ target: 'ops', change: { notice, version: 1 }, at: t0 + minute }]);
}
