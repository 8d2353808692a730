import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeChainSides } from './describeSides.ts';
import type { FactRow } from './forkWatchQueries.ts';

const hash = 'aa'.repeat(32);

function fact(node: string, endpoint: string | null, client: string | null = null): FactRow {
  const source = endpoint === null ? 'eth' : 'rpc';
  return { node, height: 7n, hash, forged: false, voter: node, source, endpoint, client, version: null };
}

test("a side names the operator's endpoints first, by name, and is the same whatever order its nodes came in", () => {
  const facts = [fact('d', 'prod/rack2'), fact('a', null, 'geth'), fact('e', 'prod/rack1'), fact('b', null, 'geth')];
  const describe = (nodes: readonly string[]): { sides: unknown[] } => {
    const side = { hash, nodes: [...nodes], voters: 4, counts: true, sources: ['eth' as const, 'rpc' as const] };
    const verdict = { height: 7n, voters: 4, sides: [side], forgers: [], verdict: 'whole' as const };
    return JSON.parse(describeChainSides(verdict, facts, { ancestor: null }, 'id'));
  };
  const { sides } = describe(['d', 'a', 'e', 'b']);
  assert.deepEqual(sides, [
    {
      hash,
      counts: true,
      voters: 4,
      nodes: 4,
      nodeIds: ['e', 'd', 'a', 'b'],
      sources: ['eth', 'rpc'],
      endpoints: ['prod/rack1', 'prod/rack2'],
      clients: [
        { client: null, version: null, nodes: 2 },
        { client: 'geth', version: null, nodes: 2 },
      ],
    },
  ]);
  assert.deepEqual(describe(['b', 'e', 'a', 'd']), describe(['d', 'a', 'e', 'b']));
});
