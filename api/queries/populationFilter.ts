import type { Sql } from '../../sql/client.ts';
import type { Population } from '../contract/common.ts';

/** Which nodes are in a population since then; serialize/populations.ts does the same for one row. */
export function populationFilter(sql: Sql, population: Population, since: Date) {
  const proof = proofColumn(sql, population);
  const unreached = sql`and (n.last_reachable is null or n.last_reachable <= ${since})`;
  const contacted = sql`and greatest(n.last_reachable, n.last_inbound) > ${since}`;
  const more = population === 'inboundOnly' ? unreached : population === 'identified' ? contacted : sql``;
  return sql`${proof} > ${since} ${more}`;
}

/** Time of the proof that puts a node into a population: lists start with the newest, each with its own index. */
export function proofColumn(sql: Sql, population: Population) {
  switch (population) {
    case 'seen':
      return sql`n.last_seen`;
    case 'alive':
      return sql`n.last_alive`;
    case 'reachable':
      return sql`n.last_reachable`;
    case 'identified':
      return sql`n.last_identified`;
    case 'inboundOnly':
      return sql`n.last_inbound`;
  }
}
