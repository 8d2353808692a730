import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes } from '../../p2p/wire/bytes.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { encodeRlp } from '../../p2p/wire/rlp.ts';
import { type HeaderView, nameBlock, nameBlockOf, viewHeader } from './blockNaming.ts';
import {
  type BlockFact,
  defaultSplitRules,
  judgeSplit,
  noSplit,
  type SplitRound,
  type SplitState,
} from './chainSplit.ts';

const minute = 60_000;
const hash = (text: string): Uint8Array => keccak256(new TextEncoder().encode(text));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A BFT header of 15 fields. */
function encodeHeader(header: { number: bigint; parentHash: Uint8Array; extraData: Uint8Array }): Uint8Array {
  const zero = new Uint8Array(32);
  const mixHash = new TextEncoder().encode('ctical byzantine fault tolerance');
  const roots = [zero, zero, zero, new Uint8Array(256)];
  const numbers = [1n, header.number, 0n, 0n, 0n];
  const seal = [header.extraData, mixHash, new Uint8Array(8)];
  return encodeRlp([header.parentHash, zero, new Uint8Array(20), ...roots, ...numbers, ...seal]);
}

/** A fact as it comes about: from a peer's answer to (height, amount 2). */
function factOf(node: number, subnet: number, height: bigint, headers: readonly HeaderView[]): BlockFact[] {
  const naming = nameBlock(height, headers);
  if (naming.at === 'none') return [];
  const voter = `10.0.${subnet}.0/24`;
  return [{ node: `n${node}`, voter, height, hash: naming.hash, forged: naming.at === 'forged', source: 'eth' }];
}

const chain = (name: string, height: bigint): HeaderView[] => [
  { number: height, parentHash: hash(`${name}${height - 1n}`), hash: hash(`${name}${height}`) },
  { number: height + 1n, parentHash: hash(`${name}${height}`), hash: hash(`${name}${height + 1n}`) },
];

/** `count` nodes on a chain, each on a /24 of its own. */
function nodes(name: string, first: number, count: number, height = 1000n): BlockFact[] {
  return Array.from({ length: count }, (_, i) => factOf(first + i, first + i, height, chain(name, height))).flat();
}

function run(rounds: readonly SplitRound[], rules = defaultSplitRules) {
  let state: SplitState = noSplit;
  const events: string[] = [];
  for (const round of rounds) {
    const judged = judgeSplit(state, round, rules);
    state = judged.state;
    events.push(...judged.events.map(({ kind, at }) => `${kind} ${at / minute}`));
  }
  return { state, events };
}

const at = (minutes: number, ...facts: BlockFact[][]): SplitRound => ({ at: minutes * minute, facts: facts.flat() });

test('two sides in two rounds ten minutes apart open a split, an hour of one chain closes it', () => {
  const both = [nodes('a', 0, 10), nodes('b', 100, 3)];
  const whole = [nodes('a', 0, 13)];
  const { events } = run([
    at(0, ...both),
    at(9, ...both),
    at(10, ...both),
    at(30, ...whole),
    at(89, ...whole),
    at(90, ...whole),
  ]);
  assert.deepEqual(events, ['opened 10', 'closed 90']);
});

test('the event says who is where', () => {
  const both = [nodes('a', 0, 4), nodes('b', 100, 3), nodes('c', 200, 2)];
  const { state } = judgeSplit(noSplit, at(0, ...both));
  const judged = judgeSplit(state, at(10, ...both));
  const [event] = judged.events;
  assert.ok(event?.kind === 'opened');
  assert.equal(event.firstSeenAt, 0);
  assert.deepEqual(
    event.evidence.sides.map(({ hash: name, voters, nodes: members, counts }) => [name, voters, members, counts]),
    [
      [hex(hash('a1000')), 4, ['n0', 'n1', 'n2', 'n3'], true],
      [hex(hash('b1000')), 3, ['n100', 'n101', 'n102'], true],
      [hex(hash('c1000')), 2, ['n200', 'n201'], false],
    ],
  );
  assert.equal(event.evidence.voters, 9);
});

test('a smaller group is listed and opens nothing: under three voters, or under one in a hundred', () => {
  const pair = at(0, nodes('a', 0, 50), nodes('b', 100, 2));
  assert.deepEqual(run([pair, { ...pair, at: 20 * minute }]).events, []);
  assert.deepEqual(
    judgeSplit(noSplit, pair).heights[0]?.sides.map(({ counts }) => counts),
    [true, false],
  );
  const few = at(0, nodes('a', 1000, 700), nodes('b', 0, 7));
  assert.equal(judgeSplit(noSplit, few).heights[0]?.verdict, 'whole');
  assert.equal(judgeSplit(noSplit, at(0, nodes('a', 1000, 700), nodes('b', 0, 8))).heights[0]?.verdict, 'split');
});

test('a round of one chain between the two takes the suspicion back', () => {
  const both = [nodes('a', 0, 5), nodes('b', 100, 5)];
  assert.deepEqual(run([at(0, ...both), at(5, nodes('a', 0, 9)), at(10, ...both)]).events, []);
  assert.deepEqual(run([at(0, ...both), at(5, nodes('a', 0, 9)), at(10, ...both), at(20, ...both)]).events, [
    'opened 20',
  ]);
});

test('heights move with the head, the split stays one', () => {
  const rounds = [0, 10, 20, 30].map((minutes) => {
    const height = 1000n + BigInt(minutes);
    return at(minutes, nodes('a', 0, 5, height), nodes('b', 100, 5, height));
  });
  const { events, state } = run(rounds);
  assert.deepEqual(events, ['opened 10']);
  assert.equal(state.at === 'open' && state.last.height, 1030n);
});

test('an empty answer is no evidence: it neither opens, nor closes, nor clears', () => {
  const both = [nodes('a', 0, 5), nodes('b', 100, 5)];
  const silent = Array.from({ length: 20 }, (_, i) => factOf(i, i, 1000n, [])).flat();
  assert.deepEqual(silent, []);
  assert.deepEqual(run([at(0, ...both), at(5), at(10, ...both)]).events, ['opened 10']);
  assert.deepEqual(run([at(0, ...both), at(10, ...both), ...[20, 80, 200, 2000].map((t) => at(t))]).events, [
    'opened 10',
  ]);
  assert.deepEqual(run([at(0), at(10), at(20)]).state, noSplit);
});

test('too few voters to count are no evidence of one chain', () => {
  const both = [nodes('a', 0, 5), nodes('b', 100, 5)];
  assert.deepEqual(run([at(0, ...both), at(5, nodes('a', 0, 2)), at(10, ...both)]).events, ['opened 10']);
});

test('the hour of one chain starts anew when the split shows again', () => {
  const both = [nodes('a', 0, 5), nodes('b', 100, 5)];
  const whole = [nodes('a', 0, 5)];
  const { events } = run([
    at(0, ...both),
    at(10, ...both),
    at(20, ...whole),
    at(60, ...both),
    at(70, ...whole),
    at(129, ...whole),
    at(130, ...whole),
  ]);
  assert.deepEqual(events, ['opened 10', 'closed 130']);
});

const liesThatChangeNothing: Record<string, BlockFact[]> = {
  'a forged header': Array.from({ length: 10 }, (_, i) => {
    const [block, child] = chain('lie', 1000n);
    return factOf(500 + i, 500 + i, 1000n, [{ ...block!, hash: hash(`other${i}`) }, child!]);
  }).flat(),
  'a header for another height': Array.from({ length: 10 }, (_, i) =>
    factOf(500 + i, 500 + i, 1000n, chain('lie', 999n)),
  ).flat(),
  'a child for another height': Array.from({ length: 10 }, (_, i) =>
    factOf(500 + i, 500 + i, 1000n, [chain('lie', 1000n)[0]!, chain('lie', 1001n)[1]!]),
  ).flat(),
  'ten liars on one /24': Array.from({ length: 10 }, (_, i) => factOf(500 + i, 77, 1000n, chain('lie', 1000n))).flat(),
  'a peer at block 0': Array.from({ length: 10 }, (_, i) =>
    factOf(500 + i, 500 + i, 1000n, [{ number: 0n, parentHash: new Uint8Array(32), hash: hash('genesis') }]),
  ).flat(),
  'a peer that answers nothing': Array.from({ length: 10 }, (_, i) => factOf(500 + i, 500 + i, 1000n, [])).flat(),
  'a peer whose head is the block': Array.from({ length: 10 }, (_, i) =>
    factOf(500 + i, 500 + i, 1000n, chain('lie', 1000n).slice(0, 1)),
  ).flat(),
};

for (const [lie, facts] of Object.entries(liesThatChangeNothing)) {
  test(`${lie} changes no verdict`, () => {
    const honest = nodes('a', 0, 5);
    const { events, state } = run([0, 10, 20, 30].map((minutes) => at(minutes, honest, facts)));
    assert.deepEqual(events, []);
    assert.deepEqual(state, noSplit);
    const split = [honest, nodes('b', 100, 5), facts];
    assert.deepEqual(run([at(0, ...split), at(10, ...split)]).events, ['opened 10']);
  });
}

test('forgers are named, and count for no side', () => {
  const { heights } = judgeSplit(noSplit, at(0, nodes('a', 0, 5), liesThatChangeNothing['a forged header']!));
  assert.equal(heights[0]?.forgers.length, 10);
  assert.equal(heights[0]?.voters, 5);
  assert.equal(heights[0]?.sides.length, 1);
});

test('one IBFT or QBFT block with two sets of committed seals is one group', () => {
  const seal = (text: string) => concatBytes(hash(text), hash(`${text}'`), Uint8Array.of(0));
  const extraData: Record<'ibft1' | 'qbft' | 'ibft2', (seals: Uint8Array[]) => Uint8Array> = {
    ibft1: (seals) => concatBytes(new Uint8Array(32), encodeRlp([[new Uint8Array(20)], seal('proposer'), seals])),
    qbft: (seals) => encodeRlp([new Uint8Array(32), [new Uint8Array(20)], [], seals.length, seals]),
    ibft2: (seals) => encodeRlp([new Uint8Array(32), [new Uint8Array(20)], '', new Uint8Array(4), seals]),
  };
  for (const consensus of ['ibft1', 'qbft', 'ibft2'] as const) {
    const header = (number: bigint, parentHash: Uint8Array, seals: string[]): Uint8Array =>
      encodeHeader({ number, parentHash, extraData: extraData[consensus](seals.map(seal)) });
    const answers = [
      ['a', 'b', 'c'],
      ['b', 'c'],
    ].map((seals) => {
      const block = header(1000n, hash('parent'), seals);
      return [block, header(1001n, viewHeader(block, consensus).hash, ['d'])];
    });
    assert.notDeepEqual(keccak256(answers[0]![0]!), keccak256(answers[1]![0]!));
    const facts = Array.from({ length: 10 }, (_, i): BlockFact => {
      const naming = nameBlockOf(1000n, answers[i % 2]!, consensus);
      assert.equal(naming.at, 'named');
      const name = naming.at === 'named' ? naming.hash : '';
      return { node: `n${i}`, voter: `10.0.${i}.0/24`, height: 1000n, hash: name, forged: false, source: 'eth' };
    });
    const { heights, events } = judgeSplit(noSplit, at(0, facts));
    assert.equal(heights[0]?.sides.length, 1, consensus);
    assert.equal(heights[0]?.verdict, 'whole');
    assert.deepEqual(events, []);
    // By keccak of the bytes the same answers would be forgeries.
    assert.equal(nameBlockOf(1000n, answers[0]!, 'clique').at, 'forged');
  }
});

test('what is no header at all is no evidence', () => {
  assert.deepEqual(nameBlockOf(1000n, [Uint8Array.of(0xc0), Uint8Array.of(1)], 'pos'), {
    at: 'none',
    why: 'malformed',
  });
  assert.deepEqual(nameBlockOf(1000n, [], 'pos'), { at: 'none', why: 'empty' });
});

test('eth and rpc facts stand side by side; a node counts once, by what it said last', () => {
  const rpc = (node: string, name: string): BlockFact => ({
    node,
    voter: node,
    height: 1000n,
    hash: hex(hash(name)),
    forged: false,
    source: 'rpc',
  });
  const facts = [nodes('a', 0, 3), [rpc('r1', 'a1000'), rpc('r2', 'b1000'), rpc('r2', 'a1000')]];
  const [verdict] = judgeSplit(noSplit, at(0, ...facts)).heights;
  assert.equal(verdict?.sides.length, 1);
  assert.equal(verdict.sides[0]?.voters, 5);
  assert.deepEqual(verdict.sides[0]?.sources, ['eth', 'rpc']);
});

test('where operators’ own endpoints are believed, one with another block is a side; elsewhere it is one voter like any', () => {
  const rpc = (node: string, name: string): BlockFact => {
    return { node, voter: node, height: 1000n, hash: hex(hash(name)), forged: false, source: 'rpc' };
  };
  const own = [rpc('r1', 'a1000'), rpc('r2', 'b1000')];
  const verdictOf = (facts: BlockFact[], minEndpoints: number) =>
    judgeSplit(noSplit, at(0, facts), { ...defaultSplitRules, minEndpoints }).heights[0]?.verdict;
  assert.equal(verdictOf(own, 1), 'split');
  assert.equal(verdictOf(own, 2), 'none');
  assert.equal(verdictOf(own, defaultSplitRules.minEndpoints), 'none', 'not where anybody can be an endpoint');
  assert.equal(verdictOf([...nodes('a', 0, 50), rpc('r2', 'b1000')], defaultSplitRules.minEndpoints), 'whole');
  const liars = nodes('b', 0, 2).map((fact): BlockFact => ({ ...fact, voter: fact.node }));
  assert.equal(verdictOf([...liars, rpc('r1', 'a1000'), rpc('r3', 'a1000')], 1), 'whole', 'two peers are no side yet');
});
