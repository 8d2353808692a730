import type { Sql } from '../../sql/client.ts';

export interface NetworkRow {
  readonly slug: string;
  readonly name: string;
  readonly networkId: bigint;
  readonly genesisHash: Uint8Array;
  /** `YYYY-MM-DD`. */
  readonly ended: string | null;
  /** Its place among those that crawlers watch; null = known only. */
  readonly place: number | null;
}

export interface ForkRow {
  readonly network: string;
  readonly name: string;
  readonly kind: 'genesis' | 'block' | 'time';
  readonly activation: bigint;
  readonly hash: Uint8Array;
  readonly next: bigint;
}

/** Networks that crawlers know, watched or not, by slug. */
export function selectNetworks(sql: Sql): Promise<NetworkRow[]> {
  return sql<NetworkRow[]>`
    select n.slug, n.name, n.network_id as "networkId", n.genesis_hash as "genesisHash", n.file->>'ended' as ended, w.place
    from networks n left join watched_networks w using (slug) where n.known order by n.slug`;
}

/** Fork schedules, each in order of activation; of one network, or of every one. */
export function selectForks(sql: Sql, network: string | 'all'): Promise<ForkRow[]> {
  return sql<ForkRow[]>`
    select network, name, activation_kind as kind, activation, hash, next
    from network_forks ${network === 'all' ? sql`` : sql`where network = ${network}`}
    order by network, position`;
}

/** Whether a network is known, watched or not. `all` always is. */
export async function networkExists(sql: Sql, slug: string): Promise<boolean> {
  if (slug === 'all') return true;
  const rows = await sql`select 1 from networks where slug = ${slug}`;
  return rows.length > 0;
}

/** Whether a known network has this fork hash (4 bytes), in the past or to come. */
export async function isForkHashKnown(sql: Sql, hash: Uint8Array): Promise<boolean> {
  const rows = await sql`select 1 from network_forks where hash = ${hash} limit 1`;
  return rows.length > 0;
}
