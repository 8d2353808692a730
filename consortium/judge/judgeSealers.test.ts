import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { readSealerChain } from '../../testkit/sealerChains.ts';
import type { SealerConsensus, SlowReading } from '../ask/readSealers.ts';
import type { AnswerKind } from '../ask/round.ts';
import { readSealedHeader, type SealedHeader } from '../ask/sealedHeader.ts';
import { type BlockRule, learnBlockRule } from './blockRule.ts';
import { judgeSealers, type SealersConfig, type SealersJudgement } from './judgeSealers.ts';
import { neededSealers, type SealerBook } from './sealerBook.ts';
import type { SealerEvent } from './sealerEvent.ts';
import { isDue } from './sealerProgress.ts';
import { readTurns } from './sealerTurns.ts';

const curve = await chooseCurve();
const address = (n: number): string => n.toString(16).padStart(40, '0');
const epoch = 1_800_000_000_000;

/** A chain whose sealers take turns, watched round by round through one endpoint a sealer. */
class Chain {
  readonly config: SealersConfig;
  readonly consensus: SealerConsensus;
  set: readonly string[];
  /** Those that do not seal, and those whose endpoints do not answer. */
  readonly dead = new Set<string>();
  readonly refused = new Set<string>();
  periodMs: number;
  roundMs = 2_000;
  /** Transactions in each block; waiting in each pool, null = no node can say. */
  transactions = 0;
  pending: number | null = 0;
  skewMs = 0;
  readonly headers: SealedHeader[] = [];
  t = epoch;
  judgement: SealersJudgement | null = null;
  readonly events: SealerEvent[] = [];
  #read = 0;
  #dueAt = epoch;
  rounds = 0;
  /** Blocks are sealed as others let them. */
  stopped = false;
  onlyFor = false;

  constructor(
    size: number,
    more: Partial<{
      consensus: SealerConsensus;
      periodMs: number;
      intervalMs: number;
      emptyBlockMs: SealersConfig['emptyBlockMs'];
    }> = {},
  ) {
    this.set = Array.from({ length: size }, (_, index) => address(index + 1));
    this.consensus = more.consensus ?? 'qbft';
    this.periodMs = more.periodMs ?? 1_000;
    this.config = { cluster: 'c', intervalMs: more.intervalMs ?? 5_000, emptyBlockMs: more.emptyBlockMs ?? null };
    this.seal(64);
  }

  get state() {
    return this.judgement?.verdict.state;
  }

  /** Lets time pass with a look every interval; returns the states seen. */
  pass(ms: number): readonly (string | undefined)[] {
    const states = [];
    for (const end = this.t + ms; this.t < end; ) {
      this.t += Math.min(this.config.intervalMs, end - this.t);
      this.#grow();
      this.look();
      states.push(this.state);
    }
    return states;
  }

  look(readNothing = false): void {
    const head = this.headers.at(-1) ?? null;
    const kindOf = (node: string): AnswerKind => (this.refused.has(node) ? 'refused' : 'answers');
    const slow: SlowReading = { set: this.set, votes: [], proposals: new Map(), selves: [], counts: null };
    const readings = readNothing
      ? []
      : this.set
          .filter((node) => !this.refused.has(node))
          .map((node) => ({
            node,
            consensus: this.consensus,
            head,
            pending: this.pending,
            slow: { ...slow, selves: [node] },
          }));
    const headers = readNothing ? [] : this.headers.slice(this.#read);
    if (!readNothing) this.#read = this.headers.length;
    const nodes = this.set.map((node) => ({ node, kind: readNothing ? ('refused' as const) : kindOf(node) }));
    const before = this.judgement?.book ?? null;
    this.judgement = judgeSealers(
      before,
      { t: this.t, nodes, readings, headers: headers.map((each) => ({ ...each, at: each.at + this.skewMs })) },
      this.config,
    );
    this.events.push(...(this.judgement?.events ?? []));
  }

  /** A new watcher that knows what the database keeps. */
  restart(): void {
    const book: SealerBook | undefined = this.judgement?.book;
    if (book === undefined || this.judgement === null) return;
    this.judgement = { ...this.judgement, book: JSON.parse(JSON.stringify({ ...book, blocks: [] })) as SealerBook };
    this.#read = Math.max(0, this.headers.length - 64);
  }

  seal(count: number): void {
    for (let n = 0; n < count; n++) this.#sealOne();
    this.#read = 0;
    this.t = Math.max(this.t, this.#dueAt - this.periodMs);
  }

  #grow(): void {
    const live = this.set.filter((each) => !this.dead.has(each)).length;
    if (this.stopped || live < neededSealers(this.consensus, this.set.length)) {
      this.#dueAt = Math.max(this.#dueAt, this.t);
      return;
    }
    while (this.#dueAt <= this.t && !(this.onlyFor && (this.pending ?? 0) === 0)) {
      this.#sealOne();
      if (this.onlyFor) this.pending = 0;
    }
    if (this.onlyFor) this.#dueAt = Math.max(this.#dueAt, this.t);
  }

  #sealOne(): void {
    const number = this.headers.length;
    let turn = this.consensus === 'clique' ? number : this.set.indexOf(this.headers.at(-1)?.sealer ?? '') + 1;
    let round = 0;
    while (this.dead.has(this.set[turn % this.set.length] ?? '')) {
      turn += 1;
      round += 1;
    }
    const sealer = this.set[turn % this.set.length] ?? null;
    const at = Math.floor((this.#dueAt + (this.consensus === 'clique' ? 0 : round * this.roundMs)) / 1_000) * 1_000;
    this.rounds += round;
    this.headers.push({
      number,
      hash: null,
      at,
      transactions: this.transactions,
      kind: 'qbft',
      sealer,
      round: this.consensus === 'qbft' ? round : null,
      set: null,
      vote: null,
    });
    this.#dueAt = Math.max(at, this.#dueAt) + this.periodMs;
  }
}

const unexpected = (states: readonly (string | undefined)[], ...expected: readonly string[]) =>
  states.filter((state) => !expected.includes(state ?? ''));

test('four validators: all well; with one dead it is degraded, with one more halted; two that die at once halt it within three periods and a look', () => {
  const chain = new Chain(4);
  chain.look();
  assert.equal(chain.state, 'well');
  assert.deepEqual(unexpected(chain.pass(120_000), 'well'), []);
  assert.equal(chain.judgement?.verdict.failuresToHalt, 2);
  chain.dead.add(address(2));
  chain.refused.add(address(2));
  assert.deepEqual(unexpected(chain.pass(120_000), 'well', 'degraded'), []);
  assert.deepEqual(
    [chain.state, chain.judgement?.verdict.failuresToHalt, chain.judgement?.verdict.active],
    ['degraded', 1, 3],
  );
  const silentAt = chain.events.find(({ kind }) => kind === 'sealerSilent');
  assert.deepEqual([silentAt?.sealer, silentAt?.node], [address(2), address(2)]);
  const lastBlock = chain.headers.at(-1)?.at ?? 0;
  chain.dead.add(address(3));
  chain.refused.add(address(3));
  chain.pass(20_000);
  const halt = chain.events.find(({ kind }) => kind === 'halted');
  assert.ok(
    halt !== undefined && halt.detectedAt - lastBlock <= 3_000 + 5_000 + 1_000,
    `after ${(halt?.detectedAt ?? 0) - lastBlock} ms`,
  );
  chain.pass(20_000);
  assert.deepEqual([chain.state, chain.judgement?.verdict.failuresToHalt], ['halted', 0]);
  assert.equal(chain.judgement?.verdict.sealers.filter(({ silent }) => silent).length, 2, 'the dead do not seal');
  chain.dead.clear();
  chain.refused.clear();
  chain.pass(60_000);
  assert.equal(chain.state, 'well');
  assert.deepEqual(chain.events.map(({ kind }) => kind).sort(), [
    'halted',
    'resumed',
    'sealerBack',
    'sealerBack',
    'sealerSilent',
    'sealerSilent',
  ]);
});

test('a restart of the watcher changes no verdict: a halt of twelve minutes goes on, and nothing is said twice', () => {
  const chain = new Chain(4);
  chain.pass(30_000);
  chain.stopped = true;
  chain.pass(12 * 60_000);
  const since = chain.judgement?.verdict.stateSince;
  chain.restart();
  chain.pass(5_000);
  assert.deepEqual([chain.state, chain.judgement?.verdict.stateSince], ['halted', since]);
  assert.equal(chain.events.filter(({ kind }) => kind === 'halted').length, 1);
  const fresh = new Chain(4);
  fresh.t += 12 * 60_000;
  fresh.look();
  assert.equal(fresh.state, 'halted', 'without a database the header’s own time tells');
});

test('a chain that runs is not halted, whatever the clocks of its sealers, the pauses of its rounds and the times of the looks', () => {
  for (const skewMs of [-40_000, -7_000, 9_000]) {
    for (const [periodMs, intervalMs] of [
      [1_000, 5_000],
      [4_000, 5_000],
      [5_000, 1_000],
      [15_000, 5_000],
    ] as const) {
      const chain = new Chain(4, { periodMs, intervalMs });
      chain.skewMs = skewMs;
      chain.pass(10_000);
      assert.deepEqual(unexpected(chain.pass(200_000), 'well'), [], `${skewMs} ms, ${periodMs} ms, ${intervalMs} ms`);
    }
  }
  const slow = new Chain(4);
  slow.roundMs = 10_000;
  slow.pass(60_000);
  slow.dead.add(address(1));
  slow.pass(60_000);
  assert.deepEqual(unexpected(slow.pass(300_000), 'degraded'), [], 'ten seconds pass whenever its turn comes');
});

test('the first turn that passes is no halt to be told of, and how long it took is not forgotten', () => {
  // A second between blocks and ten until a turn is given up: what GoQuorum does unless told otherwise.
  const chain = new Chain(4);
  chain.roundMs = 10_000;
  chain.pass(120_000);
  const restartOne = (sealer: string): readonly (string | undefined)[] => {
    chain.dead.add(sealer);
    const states = chain.pass(15_000);
    chain.dead.delete(sealer);
    return [...states, ...chain.pass(300_000)];
  };
  restartOne(address(2));
  assert.equal(chain.events.length, 0);
  chain.restart();
  assert.deepEqual(unexpected(restartOne(address(3)), 'well'), [], 'five minutes of quick blocks and a restart later');
  const lastBlock = chain.headers.at(-1)?.at ?? 0;
  chain.stopped = true;
  chain.pass(20_000);
  const halt = chain.events.find(({ kind }) => kind === 'halted');
  assert.ok(halt !== undefined && halt.detectedAt - lastBlock <= 11_000 + 1_000 + 6_000);
});

test('a halt of a chain that never passed a turn is told ten seconds later, at once where too few are at work', () => {
  const [unseen, seen] = [new Chain(4), new Chain(4)];
  for (const chain of [unseen, seen]) {
    chain.pass(60_000);
    chain.stopped = true;
  }
  for (const sealer of [address(1), address(2)]) seen.refused.add(sealer);
  for (const chain of [unseen, seen]) chain.pass(10_000);
  const told = (chain: Chain) => chain.events.some(({ kind }) => kind === 'halted');
  assert.deepEqual([unseen.state, told(unseen), seen.state, told(seen)], ['halted', false, 'halted', true]);
  unseen.pass(10_000);
  assert.ok(told(unseen));
  unseen.restart();
  unseen.stopped = false;
  unseen.pass(60_000);
  assert.deepEqual(
    unseen.events.map(({ kind }) => kind),
    ['halted', 'resumed'],
  );
});

test('Clique that mints only for transactions is idle without them, and halted only when they are left waiting', () => {
  const chain = new Chain(3, { consensus: 'clique', periodMs: 0, emptyBlockMs: null });
  chain.transactions = 2;
  const quick = new Chain(3, { consensus: 'clique' });
  for (const header of quick.headers.splice(0)) chain.headers.splice(header.number, 1, { ...header, transactions: 1 });
  chain.onlyFor = true;
  chain.pass(20_000);
  assert.deepEqual(unexpected(chain.pass(3_600_000).slice(24), 'idle'), []);
  assert.deepEqual(chain.events, []);
  chain.pending = 1;
  chain.stopped = true;
  const states = chain.pass(60_000);
  assert.notEqual(states[0], 'halted', 'what has just come may have to wait');
  assert.equal(states.at(-1), 'halted');
  chain.stopped = false;
  chain.pass(5_000);
  assert.notEqual(chain.state, 'halted');
});

test('nobody knows what waits, and the chain makes no empty blocks: unknown, neither idle nor halted', () => {
  const chain = new Chain(4, { emptyBlockMs: 'never' });
  chain.pending = null;
  chain.stopped = true;
  assert.deepEqual(unexpected(chain.pass(600_000).slice(24), 'unknown'), []);
});

test('all endpoints away is unknown, and ends nothing that lasts', () => {
  const chain = new Chain(4);
  chain.pass(10_000);
  chain.stopped = true;
  chain.pass(30_000);
  assert.equal(chain.state, 'halted');
  const count = chain.events.length;
  for (let round = 0; round < 4; round++) {
    chain.t += 5_000;
    chain.look(true);
  }
  assert.equal(chain.state, 'unknown');
  chain.pass(5_000);
  assert.deepEqual([chain.state, chain.events.length], ['halted', count]);
});

test('a validator whose endpoint alone is away goes on sealing and is not missing; one that stays away from an idle chain is', () => {
  const chain = new Chain(4);
  chain.pass(20_000);
  chain.refused.add(address(2));
  assert.deepEqual(unexpected(chain.pass(120_000), 'well'), []);
  assert.equal(chain.judgement?.verdict.sealers[1]?.down, true);
});

test('a dead sealer that was missed while nothing moved does not come back with the block of another', () => {
  const chain = new Chain(4, { intervalMs: 500 });
  chain.pass(30_000);
  chain.dead.add(address(2));
  chain.refused.add(address(2));
  // Its turn, until the others give it up.
  chain.stopped = true;
  chain.pass(6_000);
  chain.stopped = false;
  chain.pass(60_000);
  assert.deepEqual(
    chain.events.filter(({ sealer }) => sealer !== null).map(({ kind, sealer }) => [kind, sealer]),
    [['sealerSilent', address(2)]],
  );
  chain.dead.clear();
  chain.refused.clear();
  chain.pass(30_000);
  assert.equal(chain.events.filter(({ kind }) => kind === 'sealerBack').length, 1);
});

test('a proposer that stays (sticky) does not make the others silent; a storm of round changes is one event', () => {
  const sticky = new Chain(4);
  sticky.pass(10_000);
  const headers = sticky.headers.map((header) => ({ ...header, sealer: address(1), round: 0 }));
  sticky.headers.splice(0, headers.length, ...headers);
  const fresh = judgeSealers(
    null,
    {
      t: sticky.t,
      nodes: [],
      readings: [
        {
          node: 'n',
          consensus: 'qbft',
          head: headers.at(-1) ?? null,
          pending: 0,
          slow: { set: sticky.set, votes: [], proposals: new Map(), selves: [], counts: null },
        },
      ],
      headers,
    },
    sticky.config,
  );
  assert.deepEqual([fresh?.verdict.state, fresh?.verdict.roundChanges], ['well', 0]);

  const storm = headers.map((header, index) => ({ ...header, sealer: address(1 + ((2 * index) % 4)), round: 1 }));
  const judged = judgeSealers(
    fresh?.book ?? null,
    {
      t: sticky.t + 5_000,
      nodes: [],
      readings: [
        {
          node: 'n',
          consensus: 'qbft',
          head: { ...(headers.at(-1) as SealedHeader), number: headers.length * 2 - 1 },
          pending: 0,
          slow: null,
        },
      ],
      headers: storm.map((each) => ({ ...each, number: each.number + headers.length })),
    },
    sticky.config,
  );
  assert.ok(judged?.events.some(({ kind }) => kind === 'roundChangeStormStarted'));
  assert.equal(judged?.roundChanges, headers.length);
});

test('who joins and leaves is one event; a newcomer has its own two rounds', () => {
  const chain = new Chain(4);
  chain.pass(20_000);
  chain.set = [...chain.set.slice(1), address(9)];
  chain.pass(5_000);
  const [changed, ...more] = chain.events;
  assert.deepEqual(
    [changed?.kind, changed?.added, changed?.removed, more],
    ['validatorsChanged', [address(9)], [address(1)], []],
  );
  assert.equal(chain.judgement?.verdict.validators, 4);
  assert.deepEqual(unexpected(chain.pass(60_000), 'well', 'unknown'), []);
});

for (const consensus of ['qbft', 'ibft'] as const) {
  test(`real GoQuorum, ${consensus}: the recorded chain is judged as it was`, () => {
    const recorded = readSealerChain(consensus);
    const headers = recorded.headers.map((header) => readSealedHeader(header, curve)).flatMap((header) => header ?? []);
    const config: SealersConfig = { cluster: 'c', intervalMs: 1_000, emptyBlockMs: null };
    const dead = recorded.addresses.at(-1);
    const slow: SlowReading = {
      set: [...recorded.addresses].sort(),
      votes: [],
      proposals: new Map(),
      selves: [],
      counts: null,
    };
    let book: SealerBook | null = null;
    const seen = new Map<number, SealersJudgement>();
    const events: SealerEvent[] = [];
    const look = (t: number, upTo: number): void => {
      const known = book?.blocks.at(-1)?.number ?? -1;
      const head = headers[upTo] ?? null;
      const judged = judgeSealers(
        book,
        {
          t,
          nodes: [],
          readings: [{ node: 'n1', consensus, head, pending: 0, slow }],
          headers: headers.slice(known + 1, upTo + 1),
        },
        config,
      );
      assert.ok(judged);
      book = judged.book;
      seen.set(upTo, judged);
      events.push(...judged.events);
    };
    const stands = recorded.halt.at(-1)?.latest ?? 0;
    for (let number = 10; number <= stands; number++) look((headers[number]?.at ?? 0) + 100, number);
    assert.equal(seen.get(17)?.verdict.state, 'well');
    assert.equal(seen.get(stands)?.verdict.state, 'degraded');
    assert.deepEqual(
      events.map(({ kind, sealer }) => [kind, sealer]),
      [['sealerSilent', dead]],
    );
    assert.equal(seen.get(stands)?.verdict.failuresToHalt, 1);
    assert.ok((seen.get(stands)?.verdict.roundChanges ?? 0) > 3, 'also where IBFT does not write them down');
    assert.ok((seen.get(stands)?.verdict.sealers.find((each) => each.address === dead)?.missed ?? 0) > 3);
    const { timeline = [], sealers = [] } = seen.get(stands)?.verdict ?? {};
    const passed = timeline.filter(({ missed }) => missed.length > 0);
    assert.ok(passed.every(({ missed }) => missed.length === 1 && missed[0] === dead));
    assert.equal(
      passed.length,
      sealers.find(({ address }) => address === dead)?.missed,
      'each turn stands at its block',
    );
    assert.ok((passed[0]?.number ?? 0) > 18, 'from its death on');
    for (const { at } of recorded.halt) look(at, stands);
    const halted = events.find(({ kind }) => kind === 'halted');
    assert.ok(halted !== undefined && halted.detectedAt - (headers[stands]?.at ?? 0) <= 6_000);
  });
}

test('real GoQuorum, clique: the turns of the dead sealer passed, and of those that may not seal again so soon none', () => {
  const recorded = readSealerChain('clique');
  const headers = recorded.headers.map((header) => readSealedHeader(header, curve)).flatMap((header) => header ?? []);
  const run = headers.filter(({ number }) => number > 0 && number <= (recorded.halt.at(-1)?.latest ?? 0));
  const { bySealer } = readTurns(
    'clique',
    [...recorded.addresses].sort(),
    run.map((each) => ({ ...each, empty: true })),
  );
  assert.deepEqual([...bySealer.keys()], [recorded.addresses.at(-1)]);
  assert.ok((bySealer.get(recorded.addresses.at(-1) ?? '') ?? 0) >= 7);
});

test('how many must be at work', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7].map((n) => neededSealers('qbft', n)),
    [0, 1, 2, 2, 3, 4, 4, 5],
  );
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((n) => neededSealers('clique', n)),
    [1, 2, 2, 3, 3],
  );
});

test('a block is due by the chain’s own rule', () => {
  const after = (seconds: number, waiting: number, rule: BlockRule): boolean =>
    isDue(
      {
        head: { number: 1, since: 0, witnessed: true },
        waitingSince: waiting === 0 ? null : (seconds - waiting) * 1_000,
      },
      rule,
      seconds * 1_000,
    );
  const every5s: BlockRule = { emptyMs: 5_000, periodMs: 5_000, longestMs: 5_000 };
  assert.deepEqual([after(14, 0, every5s), after(15, 0, every5s)], [false, true]);
  // Clique with period 0, Besu with createemptyblocks off: set by the operator, or never seen to make an empty one.
  for (const emptyMs of ['never', null] as const) {
    const rule = { emptyMs, periodMs: 1_000, longestMs: 1_000 };
    assert.deepEqual(
      [after(10 * 86_400, 0, rule), after(86_400, 5, rule), after(86_400, 30, rule)],
      [false, false, true],
    );
  }
  // emptyBlockPeriodSeconds 3600.
  const hourly: BlockRule = { emptyMs: 3_600_000, periodMs: 2_000, longestMs: 3_600_000 };
  assert.deepEqual([after(7_200, 0, hourly), after(10_800, 0, hourly)], [false, true]);
  const slow: BlockRule = { emptyMs: 120_000, periodMs: 120_000, longestMs: 120_000 };
  assert.deepEqual([after(100, 100, slow), after(360, 360, slow)], [false, true], 'a block in two minutes');
});

test('a chain’s rule is learned from its headers', () => {
  const run = (...blocks: readonly (readonly [seconds: number, empty: boolean])[]) =>
    blocks.map(([seconds, empty], index) => ({ number: index + 100, at: seconds * 1_000, empty }));
  assert.deepEqual(learnBlockRule(run([0, true], [5, true], [10, false], [16, true])), {
    emptyMs: 5_000,
    periodMs: 5_000,
    longestMs: 5_000,
  });
  const none = { emptyMs: null, periodMs: null, longestMs: 0 };
  assert.equal(
    learnBlockRule(run([0, false], [2, false], [4_000, false])).emptyMs,
    null,
    'blocks for transactions alone',
  );
  assert.deepEqual(
    learnBlockRule(run([0, false], [3_600, true], [3_602, false], [7_202, true])),
    { emptyMs: 3_600_000, periodMs: 2_000, longestMs: 3_600_000 },
    'long between empty ones',
  );
  const halt = learnBlockRule(run([0, true], [1, true], [2, true], [602, true], [603, true], [604, true]));
  assert.deepEqual([halt.emptyMs, halt.longestMs], [1_000, 1_000], 'a halt is no rule');
  const genesis = { number: 0, at: 0, empty: true };
  const first = { number: 1, at: 1_800_000_000_000, empty: true };
  assert.deepEqual(learnBlockRule([genesis, first]), none, 'the age of the chain');
  assert.deepEqual(learnBlockRule([]), none);
  const gap = [...run([0, true], [5, true]), { number: 300, at: 9_000_000, empty: true }];
  assert.equal(learnBlockRule(gap).emptyMs, 5_000, 'headers that were not read');
});
