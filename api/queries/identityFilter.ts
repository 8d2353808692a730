import type { Sql } from '../../sql/client.ts';
import type { Identity } from '../contract/common.ts';

/**
 * A condition on `nodes n`, as the census tells them apart (sql/functions/census.sql): nodes of that identity, on the
 * network or beside it.
 */
export function identityFilter(sql: Sql, network: string | undefined, identity: Identity | undefined) {
  const member = network === undefined ? sql`n.network is not null` : sql`n.network = ${network}`;
  if (identity === undefined) return network === undefined ? sql`true` : member;
  const beside = network === undefined ? sql`true` : sql`n.network_candidates @> array[${network}]::text[]`;
  switch (identity) {
    case 'status':
      return sql`${member} and not n.other_network_id and coalesce(n.fork_source, n.network_source) = 'status'`;
    case 'hint':
      return sql`${member} and not n.other_network_id and coalesce(n.fork_source, n.network_source) = 'enr'`;
    case 'otherNetworkId':
      return sql`${member} and n.other_network_id`;
    case 'atGenesis':
      return sql`${beside} and n.network_ambiguous and n.fork_class = 'atGenesis'`;
    case 'ambiguous':
      return sql`${beside} and n.network_ambiguous and n.fork_class is distinct from 'atGenesis'`;
    case 'relative':
      return sql`${beside} and n.network_relative`;
    case 'crawler':
      return sql`${beside} and n.crawler`;
    case 'foreign':
      return sql`n.network is null and n.network_source = 'status' and n.network_candidates is null
        ${network === undefined ? sql`` : sql`and false`}`;
  }
}
