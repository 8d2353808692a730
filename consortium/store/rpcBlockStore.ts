import { toDate } from '../../lib/time.ts';
import { blockFactsStatement, newestFacts, type StoredBlockFact } from '../../sql/blockFacts.ts';
import { column, type Sql } from '../../sql/client.ts';
import type { BlockReport, BlockStore } from '../watch/blockStore.ts';

/** Stores what JSON-RPC endpoints report about their blocks. Every call is one statement. */
export function createRpcBlockStore(sql: Sql): BlockStore {
  return {
    async wanted({ genesisHash, networkId }) {
      const rows = await sql<{ slug: string; heights: string }[]>`
        select n.slug, coalesce(array_to_string(w.heights, ','), '') as heights
        from networks n left join fork_watches w on w.network = n.slug
        where n.known and n.genesis_hash = decode(${genesisHash}, 'hex') and n.network_id = ${networkId}::numeric
        limit 2`;
      const [only, other] = rows;
      // Mainnet and Ethereum Classic share both: an endpoint of either proves nothing about the other.
      if (only === undefined || other !== undefined) return null;
      return {
        network: only.slug,
        heights: only.heights.split(',').flatMap((text) => (text === '' ? [] : BigInt(text))),
      };
    },

    async save(reports) {
      if (reports.length === 0) return;
      const inTime = reports.toSorted((a, b) => a.at - b.at);
      const heads = [...new Map(inTime.map((report) => [`${report.network} ${report.node}`, report])).values()];
      await sql`
        with given as (
          select * from unnest(
            ${column(
              'text',
              heads.map(({ network }) => network),
            )}::text[],
            ${column(
              'text',
              heads.map(({ node }) => node),
            )}::text[],
            ${column(
              'text',
              heads.map(({ endpoint }) => endpoint),
            )}::text[],
            ${column(
              'numeric',
              heads.map(({ head }) => head),
            )}::numeric[],
            ${column(
              'timestamptz',
              heads.map(({ at }) => toDate(at)),
            )}::timestamptz[]
          ) as g (network, node, endpoint, number, at)
        ), facts as (
          ${blockFactsStatement(sql, newestFacts(reports.flatMap(toFacts)))}
        ), stale_facts as (
          -- One endpoint is one voter, also once its node's ID is known in place of its name.
          delete from block_facts b using given g
          where b.network = g.network and b.source = 'rpc' and b.endpoint = g.endpoint and b.node <> g.node
        ), stale_heads as (
          delete from rpc_heads h using given g
          where h.network = g.network and h.endpoint = g.endpoint and h.node <> g.node
        )
        insert into rpc_heads as h (network, node, endpoint, number, at)
        select * from given
        on conflict (network, node) do update set
          endpoint = excluded.endpoint, number = excluded.number, at = excluded.at
        where excluded.at >= h.at`;
    },
  };
}

/** Operators name their own endpoints, so each is a separate voter, whatever its address. */
function toFacts({ network, node, endpoint, at, blocks }: BlockReport): StoredBlockFact[] {
  return blocks.map(({ height, hash }) => {
    return { network, height, node, voter: node, hash, forged: false, source: 'rpc', endpoint, blockTime: null, at };
  });
}
