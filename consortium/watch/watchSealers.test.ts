import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../lib/secret.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { encodeRlp } from '../../p2p/wire/rlp.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import type { RawAnswer } from '../ask/parseNode.ts';
import type { NodeResult } from '../ask/round.ts';
import type { RpcCall, RpcClient } from '../ask/rpcClient.ts';
import { SealersWatch } from './watchSealers.ts';

const curve = await chooseCurve();
const set = [1, 2, 3, 4].map((n) => new Uint8Array(20).fill(n));
const startAt = 1_800_000_000_000;

/** Nodes of a QBFT chain, some of them silent, in which each third block needed a round change. */
class QbftNodes {
  readonly heads: Record<string, number | null>;
  /** Transactions in each block, and waiting in each pool; how long a block takes. */
  transactions = 0;
  pending = 0;
  blockSeconds = 5;
  watch: SealersWatch;
  readonly asked: string[] = [];
  readonly #clients: readonly RpcClient[];
  readonly #emptyBlockMs: number | 'never' | null;
  t = startAt;

  constructor(heads: Record<string, number | null>, emptyBlockMs: number | 'never' | null = null) {
    this.heads = heads;
    this.#emptyBlockMs = emptyBlockMs;
    this.#clients = Object.keys(heads).map((name) => this.#client(name));
    this.watch = this.#open();
    // The newest block has just come.
    this.t += Math.max(...Object.values(heads).map((head) => head ?? 0)) * 5_000;
  }

  /** `one`: what a further endpoint comes to. */
  look(result: 'ok' | 'notRaft' = 'notRaft', one: NodeResult | null = null) {
    this.t += 15_000;
    const asked = Object.entries(this.heads).map(([node, head]) => ({
      node,
      result: head === null ? ('refused' as const) : result,
    }));
    const nodes = one === null ? asked : [...asked, { node: 'one', result: one }];
    return this.watch.look({ t: this.t, nodes });
  }

  restart(): void {
    const { book } = this.watch;
    this.watch = this.#open();
    this.watch.resume(book === null ? null : { ...book, blocks: [] });
  }

  #open(): SealersWatch {
    return new SealersWatch(
      this.#clients,
      { cluster: 'c', intervalMs: 15_000, emptyBlockMs: this.#emptyBlockMs },
      curve,
    );
  }

  #client(name: string): RpcClient {
    const bare = { headers: {}, bearerToken: null, psi: null, ca: null, probeUrl: null };
    return {
      endpoint: { name, url: new Secret('http://127.0.0.1/'), ...bare },
      ask: async (calls) =>
        calls.map((call) => {
          this.asked.push(call.method);
          return this.#answer(call, this.heads[name] ?? null);
        }),
      hangUps: () => 0,
      close: () => {},
    };
  }

  #answer({ method, params }: RpcCall, head: number | null): RawAnswer {
    if (head === null) return { transportError: 'timeout' };
    switch (method) {
      case 'istanbul_getValidators':
        return { result: set.map((address) => `0x${bytesToHex(address)}`) };
      case 'txpool_status':
        return { result: { pending: `0x${this.pending.toString(16)}`, queued: '0x0' } };
      case 'eth_getBlockByNumber': {
        const number = params?.[0] === 'latest' ? head : Number(params?.[0]);
        const parts = [new Uint8Array(32), set, [], number % 3 === 0 ? 1 : 0, []];
        return {
          result: {
            number: `0x${number.toString(16)}`,
            timestamp: `0x${(startAt / 1_000 + number * this.blockSeconds).toString(16)}`,
            transactions: Array.from({ length: this.transactions }, () => `0x${'ab'.repeat(32)}`),
            extraData: `0x${bytesToHex(encodeRlp(parts))}`,
            miner: `0x${bytesToHex(set[number % 4] ?? new Uint8Array(20))}`,
          },
        };
      }
      default:
        return { error: { code: -32601, message: 'the method does not exist' } };
    }
  }
}

test('each round change is counted once, whichever node has the newest head, and over restarts', async () => {
  const nodes = new QbftNodes({ ahead: 99, behind: 97 });
  assert.deepEqual([(await nodes.look()).roundChanges, (await nodes.look()).roundChanges], [0, 0], 'from here on');
  nodes.heads.ahead = 105;
  assert.equal((await nodes.look()).roundChanges, 2, '102 and 105');
  nodes.heads.ahead = null;
  nodes.heads.behind = 102;
  assert.equal((await nodes.look()).roundChanges, 0, 'known from the other node');
  nodes.heads.ahead = 106;
  assert.equal((await nodes.look()).roundChanges, 0);
  nodes.heads.ahead = 108;
  const { verdict, roundChanges } = await nodes.look();
  assert.deepEqual([roundChanges, verdict?.consensus, verdict?.head, verdict?.round], [1, 'qbft', 108, 1]);
});

test('QBFT without transactions whose blocks stop is halted at the next look, and stays so over a restart, until a block comes', async () => {
  const nodes = new QbftNodes({ a: 100, b: 100, c: 98 });
  assert.equal((await nodes.look()).verdict?.state, 'well');
  nodes.heads.a = 103;
  assert.equal((await nodes.look()).verdict?.state, 'well');
  nodes.heads.b = null;
  nodes.heads.c = null;
  const halt = await nodes.look();
  assert.deepEqual([halt.verdict?.state, halt.events.map(({ kind }) => kind)], ['halted', ['halted']]);
  const since = halt.verdict?.stateSince;
  nodes.t += 12 * 60_000;
  nodes.restart();
  const after = await nodes.look();
  assert.deepEqual([after.verdict?.state, after.verdict?.stateSince, after.events], ['halted', since, []]);
  nodes.heads.a = 104;
  const back = await nodes.look();
  assert.notEqual(back.verdict?.state, 'halted');
  assert.deepEqual(
    back.events.map(({ kind }) => kind),
    ['resumed'],
  );
});

test('a chain that stands still is halted even while the node with the newest head comes and goes', async () => {
  const nodes = new QbftNodes({ ahead: 100, behind: 98 });
  const states = [];
  for (let minute = 0; minute < 11; minute++) {
    for (const head of [100, null, 100, null]) {
      nodes.heads.ahead = head;
      states.push((await nodes.look()).verdict?.state);
    }
  }
  assert.notEqual(states[0], 'halted');
  assert.deepEqual(new Set(states.slice(2)), new Set(['halted']));
  nodes.heads.behind = 101;
  assert.notEqual((await nodes.look()).verdict?.state, 'halted');
});

test('an idle chain is not halted: it makes blocks only for transactions, or rarely empty ones', async () => {
  const minutes = async (nodes: QbftNodes, count: number) => {
    const seen = new Set<string>();
    for (let look = 0; look < 4 * count; look++) seen.add((await nodes.look()).verdict?.state ?? '');
    return seen;
  };
  const nodes = new QbftNodes({ a: 100, b: 100, c: 100 });
  nodes.transactions = 3;
  assert.ok(!(await minutes(nodes, 120)).has('halted'), 'no empty block was ever seen');
  assert.equal((await nodes.look()).verdict?.state, 'idle');
  nodes.pending = 1;
  assert.notEqual((await nodes.look()).verdict?.state, 'halted', 'what has just come may have to wait');
  assert.ok((await minutes(nodes, 2)).has('halted'), 'but not for minutes');
  for (const head of ['a', 'b', 'c']) nodes.heads[head] = 101;
  nodes.pending = 0;
  const after = (await nodes.look()).verdict;
  assert.equal(after?.state, 'well');

  const seldom = new QbftNodes({ a: 100 });
  seldom.blockSeconds = 3_600;
  seldom.t = startAt + 100 * 3_600_000;
  assert.ok(!(await minutes(seldom, 120)).has('halted'), 'an empty block an hour');
  assert.ok((await minutes(seldom, 120)).has('halted'));
  assert.ok(!(await minutes(new QbftNodes({ a: 100 }, 'never'), 60)).has('halted'), 'as its operator says');
  assert.ok((await minutes(new QbftNodes({ a: 100 }, 5_000), 11)).has('halted'));
});

test('a chain begun anew is followed from its new head, and Raft ends it all', async () => {
  const nodes = new QbftNodes({ a: 1_000 });
  await nodes.look();
  nodes.heads.a = 3;
  assert.equal((await nodes.look()).roundChanges, 0);
  nodes.heads.a = 6;
  assert.equal((await nodes.look()).roundChanges, 1);
  assert.deepEqual(await nodes.look('ok'), { verdict: null, events: [], roundChanges: 0 });
});

test('in most rounds a node is asked only for its newest block and its pool', async () => {
  const nodes = new QbftNodes({ a: 100 });
  await nodes.look();
  nodes.asked.length = 0;
  nodes.t -= 14_000;
  await nodes.look();
  assert.deepEqual(nodes.asked, ['eth_getBlockByNumber', 'txpool_status']);
});

test('one endpoint whose methods of Raft hang, as behind a proxy, costs no verdict where others do not know Raft', async () => {
  const nodes = new QbftNodes({ a: 100 });
  await nodes.look();
  nodes.heads.a = 103;
  const { verdict, roundChanges } = await nodes.look('notRaft', 'raftHangs');
  assert.deepEqual([verdict?.state, verdict?.head, roundChanges], ['well', 103, 1]);
  nodes.heads.a = null;
  assert.equal((await nodes.look('notRaft', 'raftHangs')).verdict, null, 'where nobody says so, it is Raft');
});
