/** A chain that splits under one fork ID, found through the whole crawler, compared with the truth. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { SplitEvent, SplitsResponse } from '../../api/contract/forks.ts';
import { truthAt } from '../../testkit/simulatedNetwork/networkTruth.ts';
import { byName, clientsOf, splitsOf, truthNow, type Watch, waitFor } from './watchedNetwork.ts';

const geth = { client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0' };
const besu = { client: 'besu/v26.8.0/linux-x86_64/openjdk-java-21' };
const nethermind = { client: 'Nethermind/v1.39.0+0068729c/linux-x64/dotnet10.0.1' };
const patched = { client: 'Geth/v1.17.6-unstable-0badc0de/linux-amd64/go1.26.0' };

export function testChainSplit(watch: Watch): void {
  test('a chain that parts under one fork ID is found by its headers, down to the last common block, until it heals', async (t) => {
    const slug = 'clique-devnet';
    const about = { network: slug, latency: '10ms' };
    await using watched = await watch(t, {
      seed: 12,
      networks: [
        {
          slug,
          own: { consensus: 'clique', networkId: 20_402, forks: [{ name: 'London', block: 100 }] },
          head: 1_000,
          blockTime: '500ms',
        },
      ],
      nodes: [
        { name: 'geth', count: 14, ...geth, ...about },
        { name: 'besu', count: 6, ...besu, ...about },
        { name: 'patched', count: 8, ...patched, ...about },
        { name: 'nethermind', count: 5, ...nethermind, ...about },
      ],
      faults: [{ kind: 'chainSplit', at: '1s', network: slug, height: 733, groups: ['patched', 'nethermind'] }],
    });
    const { network } = watched;
    const sideOf = (branch: number) => truthNow(watched).filter((node) => node.branch === branch);
    const expected = [0, 1].map((branch) => {
      const own = network.truth.filter((node) => truthAt(node, network.startedAt + 2_000).branch === branch);
      return { ids: own.map(({ id }) => id).sort(), clients: clientsOf(own) };
    });
    const read = (split: SplitEvent | undefined) =>
      split?.kind !== 'chainSplit'
        ? null
        : split.sides.map(({ nodeIds, clients }) => {
            return { ids: nodeIds.map((id) => id.replace('0x', '')).sort(), clients: [...clients].sort(byName) };
          });
    const open = await waitFor(watched, 'the split with both sides', async () => {
      const split = (await splitsOf(watched, slug)).find(({ kind }) => kind === 'chainSplit');
      const whole = split?.kind === 'chainSplit' && split.ancestor !== null && isDeepStrictEqual(read(split), expected);
      return whole ? { found: split } : { saw: split };
    });
    assert.equal(open.closedAt, null);
    assert.deepEqual(open.ancestor, { from: '732', to: '732' });
    assert.ok(BigInt(open.height) >= 733n, open.height);
    assert.equal(open.voterKind, 'id');
    assert.deepEqual(
      [open.voters, ...open.sides.map(({ nodes, voters }) => [nodes, voters])],
      [33, [20, 20], [13, 13]],
    );
    assert.ok(open.sides.every(({ counts }) => counts));
    const ids = await watched.sql`select distinct fork_no, fork_class from nodes where network = ${slug}`;
    assert.deepEqual(
      ids.map((row) => row.fork_class),
      ['current'],
      'one fork ID on both sides',
    );

    network.strike({ kind: 'chainHeal', at: 0, network: slug });
    assert.equal(sideOf(1).length, 0);
    const closed = await waitFor(watched, 'the split closes', async () => {
      const [split, ...others] = await splitsOf(watched, slug);
      assert.deepEqual(others, []);
      return split?.closedAt ? { found: split } : { saw: split };
    });
    assert.deepEqual(read(closed), expected, 'told as it was at its widest');
    assert.ok(
      (await watched.get<SplitsResponse>(`/networks/${slug}/splits`))?.splits.every(({ kind }) => kind !== 'forkSplit'),
    );
  });
}
