/** What looks like a chain split but is not, through the whole crawler. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgedOften, splitsOf, type Watch } from './watchedNetwork.ts';

const geth = { client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0' };
const besu = { client: 'besu/v26.8.0/linux-x86_64/openjdk-java-21' };

export function testNoSplit(watch: Watch): void {
  test('blocks of IBFT and QBFT with two sets of committed seals are one block each', async (t) => {
    const own = (consensus: string, networkId: number) => ({
      own: { consensus, networkId, forks: [{ name: 'First', block: 10 }] },
      head: 300,
      blockTime: '500ms',
    });
    const quorum = { client: 'Geth/v1.10.3-stable-quorum-v24.4.1/linux-amd64/go1.21.5' };
    await using watched = await watch(t, {
      seed: 13,
      networks: [
        { slug: 'ibft-net', ...own('ibft1', 20_403) },
        { slug: 'qbft-net', ...own('qbft', 20_404) },
      ],
      nodes: [
        { name: 'ibft-one', count: 5, ...quorum, network: 'ibft-net' },
        { name: 'ibft-other', count: 5, ...quorum, network: 'ibft-net' },
        { name: 'qbft-one', count: 5, ...besu, network: 'qbft-net' },
        { name: 'qbft-other', count: 5, ...besu, network: 'qbft-net' },
      ],
    });
    for (const slug of ['ibft-net', 'qbft-net']) {
      await judgedOften(watched, slug, 10);
      const heights = await watched.sql`
      select height, count(distinct hash)::int4 as hashes, bool_or(forged) as forged, count(*)::int4 as nodes
      from block_facts where network = ${slug} group by 1`;
      for (const { height, hashes, forged } of heights) {
        assert.deepEqual([hashes, forged], [1, false], `${slug} at ${height}`);
      }
      assert.deepEqual(await splitsOf(watched, slug), []);
    }
    assert.equal((await watched.sql`select 1 from events where kind in ('chainSplit', 'forkSplit')`).length, 0);
  });

  test('liars, forgers, newcomers and the silent change no verdict', async (t) => {
    const slug = 'clique-devnet';
    const about = { network: slug, ...geth };
    await using watched = await watch(
      t,
      {
        seed: 14,
        addresses: 'spread',
        networks: [
          {
            slug,
            own: { consensus: 'clique', networkId: 20_405, forks: [{ name: 'London', block: 100 }] },
            head: 1_000,
            blockTime: '500ms',
          },
        ],
        nodes: [
          { name: 'honest', count: 24, ...about },
          { name: 'liars', count: 10, ...about, subnet: 'shared' },
          { name: 'forgers', count: 4, ...about, headers: 'forged' },
          { name: 'other-height', count: 4, ...about, headers: 'otherHeight' },
          { name: 'empty', count: 4, ...about, headers: 'empty' },
          { name: 'quiet', count: 3, ...about, headers: 'silent' },
          { name: 'mute', count: 3, ...about, reachability: 'silent' },
          { name: 'new', count: 4, ...about, forkId: 'genesis' },
        ],
        faults: [{ kind: 'chainSplit', at: '0s', network: slug, height: 900, groups: ['liars'] }],
      },
      { 'split-voters': 'subnet' },
    );
    await judgedOften(watched, slug, 24 + 10 + 4);
    const groupOf = new Map(watched.network.truth.map(({ id, group }) => [id, group]));
    const facts = await watched.sql`
    select node, encode(hash, 'hex') as hash, forged, height from block_facts where network = ${slug} and height > 0`;
    const hashesOf = (group: string, height: bigint) =>
      new Set(
        facts.filter((fact) => groupOf.get(fact.node) === group && fact.height === height).map(({ hash }) => hash),
      );
    const heights = new Set(facts.map(({ height }): bigint => height));
    assert.ok(
      [...heights].some((height) => hashesOf('liars', height).size > 0 && height >= 900n),
      'the lies came in',
    );
    for (const height of heights) {
      assert.ok(hashesOf('honest', height).size <= 1);
      for (const lie of hashesOf('liars', height)) {
        assert.equal(hashesOf('honest', height).has(lie), height < 900n, `a lie at ${height}`);
      }
    }
    for (const { node, forged } of facts) {
      const group = groupOf.get(node) ?? '';
      assert.equal(forged, group === 'forgers', `${group} forged`);
      assert.ok(['honest', 'liars', 'forgers'].includes(group), `a fact of ${group}`);
    }
    assert.deepEqual(await splitsOf(watched, slug), []);
    const [head] =
      await watched.sql`select number from head_estimates where network = ${slug} order by at desc limit 1`;
    const truth = 1_000 + (watched.now() - watched.network.startedAt) / 500;
    assert.ok(Math.abs(Number(head?.number) - truth) < 120, `head ${head?.number}, in truth ${truth}`);
    const classes = await watched.sql`
    select encode(id, 'hex') as id, fork_class from nodes where network = ${slug} and fork_class is not null`;
    for (const { id, fork_class } of classes) {
      assert.equal(fork_class, groupOf.get(id) === 'new' ? 'atGenesis' : 'current', groupOf.get(id));
    }
  });
}
