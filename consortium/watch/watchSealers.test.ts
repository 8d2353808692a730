import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../lib/secret.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { encodeRlp } from '../../p2p/wire/rlp.ts';
import type { RawAnswer } from '../ask/parseNode.ts';
import type { RpcCall, RpcClient } from '../ask/rpcClient.ts';
import { SealersWatch } from './watchSealers.ts';

const set = [1, 2, 3, 4].map((n) => new Uint8Array(20).fill(n));

/** Nodes of a QBFT chain, some of them silent, in which each third block needed a round change. */
class QbftNodes {
  readonly heads: Record<string, number | null>;
  /** Transactions in each block, and waiting in each pool; how long a block takes. */
  transactions = 0;
  pending = 0;
  blockSeconds = 5;
  readonly #watch: SealersWatch;
  #t = 0;

  constructor(heads: Record<string, number | null>, emptyBlockMs: number | 'never' | null = null) {
    this.heads = heads;
    const clients = Object.keys(heads).map((name) => this.#client(name));
    this.#watch = new SealersWatch(clients, emptyBlockMs);
  }

  look(result: 'ok' | 'notRaft' = 'notRaft') {
    this.#t += 15_000;
    return this.#watch.look({ t: this.#t, nodes: Object.keys(this.heads).map((node) => ({ node, result })) });
  }

  #client(name: string): RpcClient {
    const bare = { headers: {}, bearerToken: null, psi: null, ca: null, probeUrl: null };
    return {
      endpoint: { name, url: new Secret('http://127.0.0.1/'), ...bare },
      ask: async (calls) => calls.map((call) => this.#answer(call, this.heads[name] ?? null)),
      close: () => {},
    };
  }

  #answer({ method, params }: RpcCall, head: number | null): RawAnswer {
    if (head === null) return { transportError: 'timeout' };
    switch (method) {
      case 'eth_blockNumber':
        return { result: `0x${head.toString(16)}` };
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
            timestamp: `0x${(1_800_000_000 + number * this.blockSeconds).toString(16)}`,
            transactions: Array.from({ length: this.transactions }, () => `0x${'ab'.repeat(32)}`),
            extraData: `0x${bytesToHex(encodeRlp(parts))}`,
          },
        };
      }
      default:
        return { error: { code: -32601, message: 'the method does not exist' } };
    }
  }
}

test('each round change is counted once, whichever node has the newest head', async () => {
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

test('a chain that stands is halted also while the node with the newest head comes and goes', async () => {
  const nodes = new QbftNodes({ ahead: 100, behind: 98 });
  const verdicts = [];
  for (let minute = 0; minute < 11; minute++) {
    for (const head of [100, null, 100, null]) {
      nodes.heads.ahead = head;
      verdicts.push((await nodes.look()).verdict?.verdict);
    }
  }
  assert.notEqual(verdicts[0], 'halted');
  assert.equal(verdicts.at(-1), 'halted');
  nodes.heads.behind = 101;
  assert.notEqual((await nodes.look()).verdict?.verdict, 'halted');
});

test('an idle chain is not halted: it makes blocks for transactions alone, or seldom empty ones', async () => {
  const minutes = async (nodes: QbftNodes, count: number) => {
    const seen = new Set<string>();
    for (let look = 0; look < 4 * count; look++) seen.add((await nodes.look()).verdict?.verdict ?? '');
    return seen;
  };
  const nodes = new QbftNodes({ a: 100, b: 100, c: 100 });
  nodes.transactions = 3;
  assert.ok(!(await minutes(nodes, 120)).has('halted'), 'no empty block was ever seen');
  assert.equal((await nodes.look()).verdict?.idle, true);
  nodes.pending = 1;
  assert.equal((await nodes.look()).verdict?.verdict, 'unknown', 'what has just come may have to wait');
  assert.ok((await minutes(nodes, 2)).has('halted'), 'but not for minutes');
  for (const head of ['a', 'b', 'c']) nodes.heads[head] = 101;
  nodes.pending = 0;
  const after = (await nodes.look()).verdict;
  assert.deepEqual([after?.verdict, after?.idle], ['unknown', false]);

  const seldom = new QbftNodes({ a: 100 });
  seldom.blockSeconds = 3_600;
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
  assert.deepEqual(await nodes.look('ok'), { verdict: null, roundChanges: 0 });
});
