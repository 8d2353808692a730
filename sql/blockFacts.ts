import { toDate } from '../lib/time.ts';
import { column, type Sql } from './client.ts';

/** A block fact as it is stored: of one network, at one time. */
export interface StoredBlockFact {
  readonly network: string;
  readonly height: bigint;
  /** Node ID in hex, or the name of an RPC endpoint. */
  readonly node: string;
  readonly voter: string;
  /** Lower-case hex. */
  readonly hash: string;
  readonly forged: boolean;
  readonly source: 'eth' | 'rpc';
  /** For `rpc`: cluster and endpoint, as the operator names them. */
  readonly endpoint: string | null;
  /** Timestamp of the block, ms since the epoch, where its header came with it. */
  readonly blockTime: number | null;
  /** ms since the epoch. */
  readonly at: number;
}

/** One fact a node and height, in the order of the key. */
export function newestFacts(facts: readonly StoredBlockFact[]): StoredBlockFact[] {
  const newest = new Map<string, StoredBlockFact>();
  for (const fact of facts.toSorted((a, b) => a.at - b.at)) {
    newest.set(`${fact.network} ${fact.height.toString().padStart(20, '0')} ${fact.node}`, fact);
  }
  return [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fact]) => fact);
}

/** Writes facts, one per node and height; older ones change nothing. */
export function blockFactsStatement(sql: Sql, facts: readonly StoredBlockFact[]) {
  const text = (read: (fact: StoredBlockFact) => string) => column('text', facts.map(read));
  return sql`
    insert into block_facts as b (network, height, node, voter, hash, forged, source, endpoint, block_time, at)
    select * from unnest(
      ${text((f) => f.network)}::text[],
      ${column(
        'numeric',
        facts.map((f) => f.height),
      )}::numeric[],
      ${text((f) => f.node)}::text[], ${text((f) => f.voter)}::text[],
      ${column(
        'bytea',
        facts.map((f) => Buffer.from(f.hash, 'hex')),
      )}::bytea[],
      ${column(
        'bool',
        facts.map((f) => f.forged),
      )}::bool[],
      ${text((f) => f.source)}::text[],
      ${column(
        'text',
        facts.map((f) => f.endpoint),
      )}::text[],
      ${column(
        'timestamptz',
        facts.map((f) => toDate(f.blockTime)),
      )}::timestamptz[],
      ${column(
        'timestamptz',
        facts.map((f) => toDate(f.at)),
      )}::timestamptz[]
    )
    on conflict (network, height, node) do update set
      voter = excluded.voter, hash = excluded.hash, forged = excluded.forged, source = excluded.source,
      endpoint = coalesce(excluded.endpoint, b.endpoint),
      block_time = case when excluded.hash = b.hash then coalesce(excluded.block_time, b.block_time) else excluded.block_time end,
      at = excluded.at
    where excluded.at >= b.at`;
}
