/** What a public snapshot holds: files of CSV, each a question with its columns and what they say. */

export interface SnapshotFile {
  readonly name: string;
  readonly says: string;
  readonly columns: readonly SnapshotColumn[];
  /** After `select …`: where the rows of a day come from, from its beginning until that of the next, both as SQL. */
  readonly source: (from: string, until: string) => string;
  /** SQL of times between the first and the last of which all is; null = all is asked for at once. */
  readonly days: string | null;
  readonly order: string;
}

interface SnapshotColumn {
  readonly name: string;
  /** SQL; null = the column of that name. */
  readonly sql: string | null;
  readonly says: string;
}

/** Makes SQL of a keyed hash of some bytes, as hex. */
export type KeyedHash = (bytes: string) => string;

const plain = (name: string, says: string): SnapshotColumn => ({ name, sql: null, says });

/** Every address is cut to its network, and every node and address is a keyed hash. */
export function snapshotFiles(hash: KeyedHash): readonly SnapshotFile[] {
  return [counts, visits(hash), nodes(hash), networks];
}

const nodeOf = (hash: KeyedHash): SnapshotColumn => ({
  name: 'node',
  sql: hash('n.id'),
  says: 'The node: a keyed hash of its ID, the same in all files.',
});
const networkOf = (column: string): SnapshotColumn => ({
  name: 'ip_network',
  sql: `network(set_masklen(${column}, case family(${column}) when 4 then 24 else 48 end))`,
  says: 'Network of its address: /24 of IPv4, /48 of IPv6.',
});
const addressOf = (hash: KeyedHash, column: string): SnapshotColumn => ({
  name: 'ip_hash',
  sql: hash(`convert_to(host(${column}), 'UTF8')`),
  says: 'Its address: a keyed hash, to tell apart and to join, not to look up.',
});

const counts: SnapshotFile = {
  name: 'counts',
  says: 'How many nodes there were, as the pages show: the counts of censuses (for some days), of hours and of days (for good).',
  columns: [
    plain('at', 'Time of the census; of hour and day the beginning. UTC.'),
    plain('resolution', '`census`, `hour` or `day`.'),
    plain('network', 'Slug of the network; `all` for all nodes.'),
    plain('population', '`seen`, `alive`, `reachable`, `inboundOnly` or `identified`: see docs/TRUTH.md of Forkscope.'),
    plain('time_window', '`now`: proof within 2 hours. `day`: within 24 hours.'),
    plain('cut', 'What is counted apart: `total`, `client`, `fork_id`, …'),
    { name: 'key', sql: 'to_json(key)::text', says: 'The values of the cut, a JSON array of texts.' },
    plain('ids', 'Unique node IDs.'),
    plain('ips', 'Unique IP addresses.'),
    plain('ids_low', 'Fewest IDs at a census of that hour or day.'),
    plain('ids_high', 'Most IDs.'),
  ],
  source: (from, until) => `from counts_between(${from}, ${until})`,
  days: `select unnest(array[min(at), max(at)]) as at from census_runs
    union all select min(from_at) from hour_counts union all select min(from_at) from day_counts
    union all select min(at) from count_points_before`,
  order: 'at, network, population, time_window, cut, key, resolution',
};

const visits = (hash: KeyedHash): SnapshotFile => ({
  name: 'visits',
  says: 'Each visit to a node: how far it came and what it told.',
  columns: [
    { name: 'at', sql: 'v.at', says: 'When it began. UTC.' },
    nodeOf(hash),
    { name: 'vantage', sql: 'v.vantage', says: 'Which crawler.' },
    { name: 'direction', sql: 'v.direction', says: '`outbound`: we came to it. `inbound`: it came to us.' },
    networkOf('v.ip'),
    addressOf(hash, 'v.ip'),
    { name: 'stage', sql: 'v.stage', says: 'How far it came.' },
    { name: 'code', sql: 'v.code', says: 'What came of it.' },
    { name: 'remote_reason', sql: 'v.remote_reason', says: 'Reason of its Disconnect, by its number in devp2p.' },
    {
      name: 'client',
      sql: 'v.client_name',
      says: 'Client name. The whole string is left out: operators write names into it.',
    },
    { name: 'client_version', sql: 'v.client_version', says: 'Its version numbers.' },
    { name: 'network', sql: 'v.network', says: 'The network that it is on.' },
    { name: 'fork_hash', sql: `encode(v.fork_hash, 'hex')`, says: 'Its fork ID: hash (EIP-2124).' },
    { name: 'fork_next', sql: 'v.fork_next', says: 'Its fork ID: next.' },
    { name: 'fork_class', sql: 'v.fork_class', says: 'How it stands to the forks of the network.' },
    { name: 'eth_version', sql: 'v.eth_version', says: 'Version of eth that was spoken.' },
    { name: 'head_number', sql: 'v.head_number', says: 'Its newest block.' },
    { name: 'rtt_ms', sql: 'v.rtt_ms', says: 'From PING to PONG, ms.' },
    { name: 'took_ms', sql: 'v.took_ms', says: 'The whole visit, ms.' },
  ],
  source: (from, until) =>
    `from visit_rows v left join nodes n using (node_no) where v.at >= ${from} and v.at < ${until}`,
  // By the names of their partitions.
  days: `select to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp at time zone 'UTC' as at
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent in ('visit_log'::regclass, 'visits_before'::regclass)`,
  order: 'v.at, v.visit_key',
});

const nodes = (hash: KeyedHash): SnapshotFile => ({
  name: 'nodes',
  says: 'Each node that ever proved itself, as it is known now.',
  columns: [
    nodeOf(hash),
    { name: 'first_seen', sql: 'n.first_seen', says: 'First heard of. UTC, as all times.' },
    { name: 'last_alive', sql: 'n.last_alive', says: 'Last valid PONG.' },
    { name: 'last_reachable', sql: 'n.last_reachable', says: 'Last handshake that we began.' },
    { name: 'last_identified', sql: 'n.last_identified', says: 'Last Hello.' },
    networkOf('n.ip'),
    addressOf(hash, 'n.ip'),
    { name: 'client', sql: 'n.client_name', says: 'As in visits.' },
    { name: 'client_version', sql: 'n.client_version', says: 'As in visits.' },
    { name: 'client_os', sql: 'n.client_os', says: 'Operating system.' },
    { name: 'client_language', sql: 'n.client_language', says: 'Language or runtime.' },
    { name: 'network', sql: 'n.network', says: 'The network that it is on.' },
    { name: 'fork_hash', sql: `encode(n.fork_hash, 'hex')`, says: 'As in visits.' },
    { name: 'fork_next', sql: 'n.fork_next', says: 'As in visits.' },
    { name: 'fork_class', sql: 'n.fork_class', says: 'As in visits.' },
    { name: 'capabilities', sql: 'to_json(n.capabilities)::text', says: 'Of its Hello, a JSON array.' },
  ],
  source: () => 'from node_rows n where coalesce(n.last_alive, n.last_reachable, n.last_inbound) is not null',
  days: null,
  order: '1',
});

const networks: SnapshotFile = {
  name: 'networks',
  says: 'The networks that were known.',
  columns: [
    plain('slug', 'Short name, as in the other files.'),
    plain('name', 'Its name.'),
    plain('network_id', 'Network ID.'),
    { name: 'genesis_hash', sql: `encode(genesis_hash, 'hex')`, says: 'Hash of its first block.' },
    plain('consensus', 'Its consensus.'),
  ],
  source: () => 'from networks',
  days: null,
  order: 'slug',
};
