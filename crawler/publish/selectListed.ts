import { classifyIp, parseIp } from '../../lib/ipAddress.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { type EnrContent, parseEnr, readEnr } from '../../p2p/wire/enr.ts';
import { endpointsOf } from '../../p2p/wire/readPlaces.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { Sql } from '../../sql/client.ts';
import type { NodeSetEntry } from '../crawl/nodesJson.ts';

/** Which nodes are worth naming to others. */
export interface ListFilter {
  /** Slugs; a node that could be on several networks is on none of them. */
  readonly networks: readonly string[];
  /** At least this long between when it was first heard of and when it answered last, ms. */
  readonly minAgeMs: number;
  /** Within 24 h: 1 alive, 2 reachable, 3 reachable and identified; who only dials us is not one to be named. */
  readonly minScore: number;
  /** The best ones, if there are more. */
  readonly limit: number;
}

interface Listed {
  readonly entries: readonly NodeSetEntry[];
  /** Nodes that pass the filter and whose record names another address or TCP port than those at which they answered. */
  readonly misplaced: number;
}

const dayMs = 24 * 3_600_000;

interface Row {
  hash: string;
  enr: string;
  seq: string;
  ip: string;
  tcp: number | null;
  score: number;
  first: Date;
  answered: Date;
  visited: Date | null;
}

/**
 * Nodes of the crawl with a signed record, best first: by score, then by age. Of a record that has gone stale others would
 * dial the wrong address, so it must name the one at which its node answered, with its port.
 */
export async function selectListed(sql: Sql, curve: Curve, filter: ListFilter, now: number): Promise<Listed> {
  const { networks, minAgeMs, minScore, limit } = filter;
  const since = new Date(now - dayMs);
  const rows = await sql<Row[]>`
    select encode(n.id_hash, 'hex') as hash, n.enr, coalesce(n.enr_seq, 0)::text as seq, host(n.ip) as ip, n.tcp_port as tcp, n.score,
      n.first_seen as first, n.answered, n.last_visit as visited
    from (
      select o.*, greatest(o.last_alive, o.last_reachable, o.last_inbound) as answered,
        case when o.last_identified > ${since} and o.last_reachable > ${since} then 3
          when o.last_reachable > ${since} then 2
          when o.last_alive > ${since} then 1 else 0 end as score
      from nodes o
      where o.network = any(${[...networks]}::text[]) and o.enr is not null and o.ip is not null
    ) n
    where n.score >= ${minScore} and n.answered - n.first_seen >= ${minAgeMs} * interval '1 ms'
    order by n.score desc, n.answered - n.first_seen desc, n.id_hash`;
  const entries: NodeSetEntry[] = [];
  let misplaced = 0;
  for (const { hash, enr, seq, ip, tcp, score, first, answered, visited } of rows) {
    if (entries.length >= limit) break;
    if (!isPlaced(readEnr(parseEnr(curve, enr)), ip, tcp)) misplaced += 1;
    else
      entries.push({
        ...{ idHash: hexToBytes(hash), seq: BigInt(seq), record: enr, score },
        firstResponseAt: first.getTime(),
        lastResponseAt: answered.getTime(),
        lastCheckAt: (visited ?? answered).getTime(),
      });
  }
  return { entries, misplaced };
}

/** Whether a record sends others to this place, and to none of an inner network besides. */
function isPlaced(record: EnrContent, ip: string, tcp: number | null): boolean {
  const places = endpointsOf(record);
  if (tcp === null || tcp === 0 || !places.some((place) => place.ip === ip && place.tcp === tcp)) return false;
  return !isPublic(ip) || places.every((place) => isPublic(place.ip));
}

function isPublic(ip: string): boolean {
  const bytes = parseIp(ip);
  return bytes !== null && classifyIp(bytes) === 'public';
}
