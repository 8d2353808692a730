import { toDate } from '../../lib/time.ts';
import { column, type Sql } from '../../sql/client.ts';
import type { ScheduleStore } from '../watch/scheduleStore.ts';

/** Schedules of the known networks, as crawlers have loaded them. */
export function createRpcScheduleStore(sql: Sql): ScheduleStore {
  return {
    async scheduleOf({ genesisHash, networkId }) {
      const rows = await sql<{ network: string; hash: string; name: string }[]>`
        select f.network, encode(f.hash, 'hex') as hash, f.name
        from networks n join network_forks f on f.network = n.slug
        where n.known and n.genesis_hash = decode(${genesisHash}, 'hex') and n.network_id = ${networkId}::numeric
        order by f.network, f.position`;
      const network = rows[0]?.network;
      // Mainnet and Ethereum Classic share both: an endpoint of either says nothing about the other.
      if (network === undefined || rows.some((row) => row.network !== network)) return null;
      return { network, steps: rows.map(({ hash, name }) => ({ hash, name })) };
    },

    async saveMissing(network, endpoint, forks, now) {
      if (forks.length === 0) return;
      await sql`
        insert into learned_forks (network, hash, base, activation_kind, activation, subnets, endpoint, seen_at)
        select ${network}, decode(f.hash, 'hex'), decode(f.base, 'hex'), 'time', f.activation, 0, ${endpoint}, ${toDate(now)}
        from unnest(
          ${column(
            'text',
            forks.map(({ hash }) => hash),
          )}::text[],
          ${column(
            'text',
            forks.map(({ base }) => base),
          )}::text[],
          ${column(
            'numeric',
            forks.map(({ at }) => at),
          )}::numeric[]
        ) as f (hash, base, activation)
        on conflict (network, hash) do update set endpoint = excluded.endpoint, seen_at = excluded.seen_at`;
    },
  };
}
