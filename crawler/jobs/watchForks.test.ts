import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createNetworkIndex, identifyChain } from '../../chains/networks/chainIdentity.ts';
import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import { type Network, parseNetworkFile } from '../../chains/networks/networkFile.ts';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { makeFullVisit } from '../../testkit/makeVisit.ts';
import type { VisitBlock, VisitRecord } from '../crawl/visit.ts';
import { createStore } from '../store/createStore.ts';
import type { Store } from '../store/store.ts';
import { toVisitRow } from '../store/visitRow.ts';
import { watchNetworks } from '../watchNetworks.ts';
import { type ForkWatchOptions, watchForks } from './watchForks.ts';

const minute = 60_000;
const options: ForkWatchOptions = { roundMs: 10 * minute, closeAfterMs: 60 * minute, isPrivate: false };
const sepolia = loadBuiltinNetworks().find(({ slug }) => slug === 'sepolia')!;
const amsterdam = sepolia.forks.at(-1)!;
const activation = Number(amsterdam.at) * 1_000;
const [before, after] = sepolia.forkHashes.slice(-2) as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];

let db: TestDatabase;
let store: Store;
beforeEach(async (t) => {
  db = await openTestDatabase(t as { after(hook: () => Promise<void>): void });
  store = createStore(db.sql, 'here');
  await store.saveNetworks([sepolia], activation);
});

interface Given {
  readonly client?: string;
  readonly hash?: Uint8Array<ArrayBuffer>;
  readonly next?: bigint;
  readonly head?: bigint;
  readonly blocks?: readonly (Pick<VisitBlock, 'height' | 'hash' | 'forged'> & { readonly time?: number })[];
  readonly subnet?: number;
  readonly forkClass?: string;
}

function visit(n: number, at: number, given: Given = {}, network: Network = sepolia): VisitRecord {
  const { client = 'Geth/v1.17.0', hash = before, next = amsterdam.at, head = 9_000_000n } = given;
  const full = makeFullVisit(n, at, network.slug, client, { hash, next });
  const { outcome } = full;
  const ip = `5.5.${given.subnet ?? n}.${n % 250}`;
  return {
    ...full,
    forkClass: given.forkClass ?? 'ready',
    outcome: {
      ...outcome,
      contact: { ...outcome.contact, ip },
      status: { ...outcome.status!, headNumber: head },
    },
    blocks: (given.blocks ?? []).map((block) => ({
      time: null,
      ...block,
      network: network.slug,
      voter: `5.5.${given.subnet ?? n}.0/24`,
    })),
  };
}

async function record(visits: readonly VisitRecord[]): Promise<void> {
  await store.recordVisits(visits.map(toVisitRow));
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const hashOf = (letter: string) => letter.repeat(64);

async function events() {
  const rows = await db.sql`select kind, opened_at, closed_at, data from events order by event_no`;
  return rows.map(({ kind, opened_at, closed_at, data }) => ({
    kind,
    opened: (opened_at.getTime() - activation) / minute,
    closed: closed_at === null ? null : (closed_at.getTime() - activation) / minute,
    data,
  }));
}

async function classes(): Promise<Record<string, number>> {
  const rows = await db.sql`select fork_class, count(*)::int4 as n from nodes group by 1`;
  return Object.fromEntries(rows.map(({ fork_class, n }) => [fork_class, n]));
}

test('an activation changes classes, splits the network, and is reported with who is where', async () => {
  const at = (minutes: number) => activation + minutes * minute;
  await record([
    ...range(0, 60).map((n) => visit(n, at(-5), { client: n < 40 ? 'Geth/v1.17.0' : 'Besu/v26.8.0' })),
    ...range(60, 100).map((n) => visit(n, at(-5), { next: 0n, client: 'Reth/v1.0.0', forkClass: 'unknown' })),
  ]);
  await watchForks(db.sql, sepolia, at(-1), options);
  assert.deepEqual(await classes(), { ready: 60, current: 40 }, 'what a visit judged wrongly is judged again');
  assert.deepEqual(await events(), []);

  await record(range(0, 60).map((n) => visit(n, at(2), { hash: after, next: 0n, forkClass: 'current' })));
  await watchForks(db.sql, sepolia, at(3), options);
  assert.deepEqual(await classes(), { current: 60, notYetKnown: 40 }, 'who has told nothing since may have followed');
  await record(range(60, 100).map((n) => visit(n, at(4), { next: 0n, client: 'Reth/v1.0.0' })));
  for (const minutes of [10, 12, 20]) await watchForks(db.sql, sepolia, at(minutes), options);
  assert.deepEqual(await classes(), { current: 60, outdated: 40 });
  const [event, ...others] = await events();
  assert.deepEqual(others, []);
  assert.equal(event?.kind, 'forkSplit');
  assert.equal(event?.opened, 20);
  assert.equal(event?.closed, null);
  assert.deepEqual(
    event?.data.sides.map((side: { kind: string; nodes: number; fork: { name: string }; clients: unknown }) => [
      side.kind,
      side.fork.name,
      side.nodes,
      side.clients,
    ]),
    [
      ['followed', 'Amsterdam', 60, [{ client: 'geth', version: '1.17.0', nodes: 60 }]],
      ['missed', 'Amsterdam', 40, [{ client: 'reth', version: '1.0.0', nodes: 40 }]],
    ],
  );

  await record(range(60, 100).map((n) => visit(n, at(25), { hash: after, next: 0n, forkClass: 'current' })));
  for (const minutes of [30, 60, 85, 95]) await watchForks(db.sql, sepolia, at(minutes), options);
  assert.deepEqual(
    (await events()).map(({ kind, opened, closed, data }) => [kind, opened, closed, data.sides.length]),
    [['forkSplit', 20, 95, 2]],
    'closed after an hour, with the sides that it had',
  );
});

test('a fork that no file names is learned from many networks, not from many IDs', async () => {
  const next = amsterdam.at + 5_000n;
  const announce = (subnets: number) =>
    range(0, 20).map((n) => visit(n, activation + minute, { hash: after, next, subnet: n % subnets }));
  await record(announce(4));
  assert.equal((await watchForks(db.sql, sepolia, activation + minute, options)).learned.length, 0);
  await record(announce(6));
  const { learned } = await watchForks(db.sql, sepolia, activation + 2 * minute, options);
  assert.deepEqual(
    learned.map(({ at, kind, subnets }) => ({ at, kind, subnets })),
    [{ at: next, kind: 'time', subnets: 6 }],
  );
  const [row] = await db.sql`select activation, subnets from learned_forks`;
  assert.deepEqual({ ...row }, { activation: next, subnets: 6 });
});

test('on a private chain two nodes are enough to learn a fork: its file counts as older from then on', async () => {
  const isPrivate = { ...options, isPrivate: true };
  const next = amsterdam.at + 5_000n;
  const at = activation + minute;
  await record(range(0, 4).map((n) => visit(n, at, { hash: after, next: n < 1 ? next : 0n, subnet: 1 })));
  assert.deepEqual((await watchForks(db.sql, sepolia, at, isPrivate)).missing, []);
  await record([visit(1, at + minute, { hash: after, next, subnet: 1 })]);
  const { missing } = await watchForks(db.sql, sepolia, at + minute, isPrivate);
  assert.deepEqual(
    missing.map(({ at: time, subnets }) => [time, subnets]),
    [[next, 2]],
  );
});

test('a fork that has passed and that the file lacks is learned too; from a twentieth of the network on, the file counts as older', async () => {
  const old: Network = {
    ...sepolia,
    forks: sepolia.forks.slice(0, -1),
    forkHashes: sepolia.forkHashes.slice(0, -1),
  };
  await store.saveNetworks([old], activation);
  const at = activation + 60 * minute;
  const look = () => watchForks(db.sql, old, at, options);
  // A crawler that starts after the activation: nobody announces the fork any more.
  await record(range(0, 5).map((n) => visit(n, at, { hash: after, next: 0n, forkClass: 'unknown' }, old)));
  await record(range(5, 120).map((n) => visit(n, at, { next: 0n, forkClass: 'current' }, old)));
  const few = await look();
  assert.deepEqual(
    few.learned.map(({ at: time, subnets, hash }) => [time, subnets, Buffer.compare(hash, after)]),
    [[amsterdam.at, 5, 0]],
  );
  assert.deepEqual(few.missing, [], '5 of 120 are less than a twentieth');
  await record(range(100, 120).map((n) => visit(n, at, { hash: after, next: 0n, forkClass: 'unknown' }, old)));
  const many = await look();
  assert.deepEqual(
    many.missing.map(({ at: time, subnets }) => [time, subnets]),
    [[amsterdam.at, 25]],
  );
  const rows = await db.sql`select subnets, of_subnets, outdates from learned_forks`;
  assert.deepEqual({ ...rows[0] }, { subnets: 25, of_subnets: 120, outdates: true });

  const lines: [string, object][] = [];
  const nothing = (): void => {};
  const warn = (message: string, fields: object = {}): void => void lines.push([message, fields]);
  const log = { debug: nothing, info: nothing, warn, error: nothing };
  const networks = watchNetworks(
    db.sql,
    { known: [old], watched: [old], isPrivate: false },
    { splitVoters: 'auto', splitRoundMs: 10 * minute, splitCloseMs: 60 * minute },
    log,
  );
  await networks.look(at);
  await networks.look(at + minute);
  assert.equal(lines.length, 1, 'said once');
  assert.match(lines[0]?.[0] ?? '', /^the file of sepolia is older than the network: /);
  assert.deepEqual(lines[0]?.[1], {
    network: 'sepolia',
    forkHash: '0x6c1d9423',
    time: '1791294816',
    announcers: 25,
  });
  // The crawler judges by the fork that it has learned what only a record says.
  const index = createNetworkIndex([old]);
  const enr = { hash: after, next: 0n };
  const { learned } = networks.watch.context;
  assert.equal(identifyChain(index, { status: null, enr }, { now: at, learned }).at, 'on');
});

test('a chain split with equal fork IDs is found by headers, and its common ancestor by asking between', async () => {
  const truth = 8_999_990n;
  const start = activation + 60 * minute;
  const side = (n: number) => (n < 30 ? 'a' : 'b');
  const blockAt = (height: bigint, n: number) => hashOf(height <= truth ? 'c' : side(n));
  let now = start;
  let heights: readonly bigint[] = [];
  const found: (string | null)[] = [];
  for (let round = 0; round < 8; round++) {
    await record(
      range(0, 50).map((n) =>
        visit(n, now, {
          hash: after,
          next: 0n,
          head: 9_000_100n,
          forkClass: 'current',
          client: n < 30 ? 'Geth/v1.17.0' : 'Besu/v26.8.0',
          blocks: [...heights.map((height) => ({ height, hash: blockAt(height, n), forged: false }))],
        }),
      ),
    );
    // Ten on one network who tell of a block of their own, and one whose headers contradict each other.
    await record(
      range(50, 61).map((n) =>
        visit(n, now, {
          hash: after,
          next: 0n,
          head: 9_000_100n,
          forkClass: 'current',
          subnet: 200,
          blocks: heights.map((height) => ({ height, hash: hashOf(n === 60 ? 'f' : 'e'), forged: n === 60 })),
        }),
      ),
    );
    const view = await watchForks(db.sql, sepolia, now, options);
    assert.equal(view.head?.number, 9_000_100n);
    heights = view.heights;
    const [event] = await events();
    found.push(event === undefined ? null : (event.data.ancestor?.from ?? 'searched'));
    now += 10 * minute + 1;
  }
  assert.deepEqual(found.slice(0, 2), [null, null], 'one round is no proof');
  assert.equal(found.at(-1), truth.toString());
  const [event] = await events();
  assert.equal(event?.kind, 'chainSplit');
  assert.deepEqual(
    event?.data.sides.map(
      (one: { hash: string; counts: boolean; voters: number; nodes: number; clients: object[] }) => [
        one.hash[0],
        one.counts,
        one.voters,
        one.nodes,
        one.clients,
      ],
    ),
    [
      ['a', true, 30, 30, [{ client: 'geth', version: '1.17.0', nodes: 30 }]],
      ['b', true, 20, 20, [{ client: 'besu', version: '26.8.0', nodes: 20 }]],
      ['e', false, 1, 10, [{ client: 'geth', version: '1.17.0', nodes: 10 }]],
    ],
  );
  assert.equal(event?.data.forgers.length, 1);
  assert.equal(event?.data.voterKind, 'subnet');
});

test('a split that heals is remembered as it was at its widest', async () => {
  let heights: readonly bigint[] = [];
  let now = activation + 60 * minute;
  const round = async (onOther: number) => {
    await record(
      range(0, 50).map((n) => {
        const blocks = heights.map((height) => ({ height, hash: hashOf(n < onOther ? 'b' : 'a'), forged: false }));
        return visit(n, now, { hash: after, next: 0n, head: 9_000_100n, forkClass: 'current', blocks });
      }),
    );
    ({ heights } = await watchForks(db.sql, sepolia, now, options));
    now += 10 * minute + 1;
    const [event] = await events();
    const sizes = (sides: { nodes: number }[] | undefined) => sides?.map(({ nodes }) => nodes);
    return [sizes(event?.data.sides), sizes(event?.data.widest?.sides), event?.closed != null];
  };
  assert.deepEqual(await round(20), [undefined, undefined, false]);
  await round(20);
  assert.deepEqual(await round(20), [[30, 20], undefined, false]);
  assert.deepEqual(await round(8), [[42, 8], [30, 20], false]);
  assert.deepEqual(await round(4), [[46, 4], [30, 20], false]);
  assert.deepEqual(await round(22), [[28, 22], undefined, false], 'wider than before: nothing to keep beside');
  assert.deepEqual(await round(5), [[45, 5], [28, 22], false]);
  for (let i = 0; i < 6; i++) assert.deepEqual(await round(0), [[45, 5], [28, 22], false]);
  assert.deepEqual(await round(0), [[45, 5], [28, 22], true]);
});

test('peers that answer nothing change no verdict', async () => {
  let heights: readonly bigint[] = [];
  for (let round = 0; round < 4; round++) {
    const now = activation + (60 + 10 * round) * minute + round;
    await record(
      range(0, 20).map((n) => {
        const blocks = n < 10 ? heights.map((height) => ({ height, hash: hashOf('a'), forged: false })) : [];
        return visit(n, now, { hash: after, next: 0n, forkClass: 'current', blocks });
      }),
    );
    ({ heights } = await watchForks(db.sql, sepolia, now, options));
  }
  assert.deepEqual(await events(), []);
});

test('of many crawlers at the same moment one judges the round, and the others adopt what it found', async () => {
  await record(range(0, 20).map((n) => visit(n, activation, { hash: after, next: 0n, forkClass: 'current' })));
  const views = await Promise.all(range(0, 4).map(() => watchForks(db.sql, sepolia, activation + minute, options)));
  for (const view of views) assert.ok(view.head?.number === 9_000_000n);
  const [row] = await db.sql`select revision from fork_watches`;
  assert.equal(row?.revision, 1);
  await record(range(0, 20).map((n) => visit(n, activation + 5 * minute, { hash: after, next: 0n })));
  const next = await Promise.all(range(0, 4).map(() => watchForks(db.sql, sepolia, activation + 12 * minute, options)));
  assert.ok(next.every(({ heights }) => heights.join() === next[0]?.heights.join()));
  assert.equal((await db.sql`select 1 from head_estimates`).length, 2);
});

test('a state that nobody can read begins anew', async () => {
  await db.sql`insert into fork_watches (network, state, judged_at) values ('sepolia', '{"roundAt": "x"}', now())`;
  await record([visit(1, activation, { hash: after, next: 0n, forkClass: 'current' })]);
  await watchForks(db.sql, sepolia, activation + minute, options);
  const [row] = await db.sql`select revision, state from fork_watches`;
  assert.equal(row?.revision, 2);
  assert.equal(row?.state.roundAt, activation + minute);
});

test('after a fork by time, those that have told nothing since are visited first, each once', async () => {
  const at = (minutes: number) => activation + minutes * minute;
  await record(range(0, 10).map((n) => visit(n, at(-5))));
  await db.sql`update frontier set due_at = ${new Date(at(60))}`;
  await watchForks(db.sql, sepolia, at(0.5), options);
  assert.deepEqual(await classes(), { notYetKnown: 10 }, 'nobody is at genesis, behind or outdated by the clock alone');
  const due = async () =>
    (await db.sql`select due_at from frontier order by due_at, node_no`).map(
      ({ due_at }) => (due_at - activation) / minute,
    );
  assert.deepEqual(new Set(await due()), new Set([60]), 'not before its block is there');
  await record(range(0, 2).map((n) => visit(n, at(1.5), { hash: after, next: 0n, forkClass: 'current' })));
  await db.sql`update frontier set due_at = ${new Date(at(60))}`;
  await watchForks(db.sql, sepolia, at(2), options);
  assert.deepEqual(await due(), [...Array(8).fill(1), 60, 60]);
  // A visit that finds out nothing is not repeated at once.
  await record(
    range(2, 10).map((n) => ({ ...makeFullVisit(n, at(3)), ...silent(visit(n, at(3))), dueAt: at(33), failures: 0 })),
  );
  await watchForks(db.sql, sepolia, at(4), options);
  assert.deepEqual(await due(), [...Array(8).fill(33), 60, 60]);
  assert.deepEqual(await classes(), { current: 2, notYetKnown: 8 });
  await record(range(2, 10).map((n) => visit(n, at(33))));
  await watchForks(db.sql, sepolia, at(34), options);
  assert.deepEqual(await classes(), { current: 2, behind: 8 });
});

/** A visit that got a PONG and no more: the node was full. */
function silent(record: VisitRecord): VisitRecord {
  const outcome = { ...record.outcome, stage: 'auth', code: 'disconnected', hello: null, status: null } as const;
  return { ...record, outcome, network: null, forkId: null, forkClass: null, client: null };
}

const clique = parseNetworkFile(
  JSON.stringify({
    version: 1,
    slug: 'ours',
    name: 'Ours',
    networkId: 1_337,
    genesisHash: `0x${'ab'.repeat(32)}`,
    forks: [{ name: 'London', block: 100 }],
    allowedCidrs: ['10.0.0.0/8'],
    consensus: 'clique',
  }),
  'ours',
);

test('a private chain with its fork still ahead knows its head from the first visit on, and its classes by it', async () => {
  assert.ok('network' in clique);
  const { network } = clique;
  const [genesis, london] = network.forkHashes as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];
  await store.saveNetworks([network], activation);
  const at = (minutes: number) => activation + minutes * minute;
  const tell = (nodes: number[], minutes: number, head: bigint, hash = genesis, next = hash === genesis ? 100n : 0n) =>
    record(nodes.map((n) => visit(n, at(minutes), { hash, next, head, forkClass: 'notYetKnown' }, network)));
  const all = range(0, 6);
  await tell(all, 0, 22n);
  const view = await watchForks(db.sql, network, at(0.5), options);
  assert.equal(view.head?.number, 22n);
  assert.deepEqual(await classes(), { ready: 6 });
  assert.equal(
    (await watchForks(db.sql, network, at(25), options)).head?.number,
    22n,
    'though nobody was visited lately',
  );
  assert.deepEqual(await classes(), { ready: 6 });
  await tell(all, 30, 60n);
  await watchForks(db.sql, network, at(30.5), options);
  assert.deepEqual(await classes(), { ready: 6 });

  // Past the fork, the first to be visited shows the head; the others are not judged by what they said at block 60.
  await tell(all.slice(0, 3), 56, 140n, london);
  await watchForks(db.sql, network, at(56.5), options);
  assert.deepEqual(await classes(), { current: 3, notYetKnown: 3 });
  await tell(all.slice(3, 5), 62, 150n, london);
  await tell(all.slice(5), 62, 150n, genesis, 0n);
  for (const minutes of [63, 74, 85]) await watchForks(db.sql, network, at(minutes), options);
  assert.deepEqual(await classes(), { current: 5, outdated: 1 }, 'past genesis without the fork is not at genesis');
  assert.deepEqual(
    (await events()).map(({ kind, data }) => [kind, data.sides.map((side: { nodes: number }) => side.nodes)]),
    [['forkSplit', [5, 1]]],
    'on a private chain one member that stayed behind is a side',
  );
});

test('between two looks of one process, what changes slowly is read again only after a quarter of a round, or at an activation', async () => {
  const next = amsterdam.at + 5_000n;
  const at = (minutes: number) => activation + minutes * minute;
  const quarter = options.roundMs / 4 / minute;
  await record(range(0, 60).map((n) => visit(n, at(-30), {})));
  const first = await watchForks(db.sql, sepolia, at(-20), options);
  assert.equal(first.learned.length, 0);
  await record(range(0, 60).map((n) => visit(n, at(-20), { hash: after, next })));
  const soon = await watchForks(db.sql, sepolia, at(-20 + quarter / 2), options, first.slow);
  assert.equal(soon.learned.length, 0, 'not yet read again');
  const later = await watchForks(db.sql, sepolia, at(-20 + quarter), options, first.slow);
  assert.deepEqual(
    later.learned.map(({ at: time }) => time),
    [next],
  );
  const before = await watchForks(db.sql, sepolia, at(-0.1), options, undefined);
  const passed = await watchForks(db.sql, sepolia, at(0.1), options, before.slow);
  assert.notEqual(passed.slow, before.slow, 'at the activation its first block is searched at once');
  const back = await watchForks(db.sql, sepolia, at(-25), options, later.slow);
  assert.equal(back.slow.at, at(-25), 'a clock that was set back does not keep old facts for ever');
});
