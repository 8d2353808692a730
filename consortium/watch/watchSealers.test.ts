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
  readonly #watch: SealersWatch;
  #t = 0;

  constructor(heads: Record<string, number | null>) {
    this.heads = heads;
    this.#watch = new SealersWatch(Object.keys(heads).map((name) => this.#client(name)));
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
      case 'eth_getBlockByNumber': {
        const number = params?.[0] === 'latest' ? head : Number(params?.[0]);
        const parts = [new Uint8Array(32), set, [], number % 3 === 0 ? 1 : 0, []];
        return { result: { number: `0x${number.toString(16)}`, extraData: `0x${bytesToHex(encodeRlp(parts))}` } };
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

test('a chain begun anew is followed from its new head, and Raft ends it all', async () => {
  const nodes = new QbftNodes({ a: 1_000 });
  await nodes.look();
  nodes.heads.a = 3;
  assert.equal((await nodes.look()).roundChanges, 0);
  nodes.heads.a = 6;
  assert.equal((await nodes.look()).roundChanges, 1);
  assert.deepEqual(await nodes.look('ok'), { verdict: null, roundChanges: 0 });
});
