import { windowMs } from '../../lib/countWindows.ts';
import type { ExportNodesQuery } from '../contract/nodes.ts';
import { notFound, unknownValue } from '../http/errors.ts';
import { selectNewestSession, selectPresence } from '../queries/selectChurn.ts';
import { selectHost, selectSights } from '../queries/selectHost.ts';
import { searchClientNos, selectClientNos, selectForkNos } from '../queries/selectInterned.ts';
import { isForkHashKnown, networkExists } from '../queries/selectNetworks.ts';
import { selectEndpoints, selectNode, selectVisits } from '../queries/selectNode.ts';
import { type NodeFilter, type NodeSearch, selectNodes } from '../queries/selectNodes.ts';
import { toPresence } from '../serialize/toChurn.ts';
import { toHost, toSight } from '../serialize/toHost.ts';
import { toEndpoint, toNode, toVisit } from '../serialize/toNode.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { ApiDeps } from './deps.ts';
import { readFreshness } from './readFreshness.ts';
import { readSearch } from './readSearch.ts';
import type { Handlers } from './registerRoute.ts';

const noHost = { ids: 0, answering: 0, fresh: 0, capped: 0 };
/** Most addresses and visits shown of one node. */
const maxDetails = 50;

export const listNodes: Handlers['listNodes'] = async ({ query }, deps) => {
  const { population, limit } = query;
  const { maskIps } = deps.config;
  const now = deps.clock.now();
  const cursor = query.cursor === undefined ? undefined : decodeCursor(query.cursor, population, now);
  const startedAt = cursor?.startedAt ?? now;
  const filter = await readFilter(query, new Date(startedAt - windowMs[query.window]), deps);
  const [rows, freshness] = await Promise.all([
    selectNodes(deps.sql, { ...filter, after: cursor }, limit + 1),
    readFreshness(deps, 'live'),
  ]);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const next = last && encodeCursor({ population, micros: last.proofMicros, nodeNo: last.nodeNo, startedAt });
  return { nodes: page.map((row) => toNode(row, { now, maskIps })), next: next ?? null, freshness };
};

export const getNode: Handlers['getNode'] = async ({ params }, deps) => {
  const { sql, clock, config } = deps;
  const row = await selectNode(sql, Uint8Array.from(Buffer.from(params.id, 'hex')));
  if (row === null) throw notFound('no node with this ID has been seen');
  const [endpoints, visits, sights, presence, newest, host, freshness] = await Promise.all([
    selectEndpoints(sql, row.nodeNo, maxDetails),
    selectVisits(sql, row.nodeNo, maxDetails),
    selectSights(sql, row.nodeNo),
    selectPresence(sql, row.nodeNo, clock.now()),
    selectNewestSession(sql, row.nodeNo),
    row.ip === null ? noHost : selectHost(sql, row.ip, clock.now()),
    readFreshness(deps, 'live'),
  ]);
  const { maskIps } = config;
  return {
    node: toNode(row, { now: clock.now(), maskIps }),
    // A node record says the address again.
    enr: maskIps ? null : row.enr,
    endpoints: endpoints.map((endpoint) => toEndpoint(endpoint, maskIps)),
    sights: sights.map(toSight),
    presence: toPresence(presence, newest),
    host: toHost(host),
    visits: visits.map((visit) => toVisit(visit, maskIps)),
    freshness,
  };
};

/** The query with names resolved. Throws ApiError, also for a name that nothing here has. */
export async function readFilter(query: ExportNodesQuery, since: Date, deps: ApiDeps): Promise<NodeFilter> {
  const { population, forkClass, identity, q } = query;
  const network = query.network === 'all' ? undefined : query.network;
  const [clientNos, forkNos, search] = await Promise.all([
    query.client === undefined ? undefined : readClient(query.client, deps),
    query.forkHash === undefined ? undefined : readForkHash(query.forkHash, deps),
    q === undefined ? undefined : resolveSearch(q, deps),
    network === undefined ? undefined : checkNetwork(network, deps),
  ]);
  return {
    population,
    since,
    network,
    clientNos,
    forkNos,
    forkClass,
    identity,
    search,
  };
}

async function readClient(client: string, { sql }: ApiDeps): Promise<number[]> {
  const numbers = await selectClientNos(sql, client.toLowerCase());
  if (numbers.length === 0) throw unknownValue('client', 'no client of this name has been seen');
  return numbers;
}

async function readForkHash(forkHash: string, { sql }: ApiDeps): Promise<number[]> {
  const hash = Uint8Array.from(Buffer.from(forkHash.slice(-8), 'hex'));
  const numbers = await selectForkNos(sql, hash);
  if (numbers.length === 0 && !(await isForkHashKnown(sql, hash))) {
    throw unknownValue('forkHash', 'no node has announced this fork hash, and no known network has it');
  }
  return numbers;
}

async function checkNetwork(slug: string, { sql }: ApiDeps): Promise<void> {
  if (!(await networkExists(sql, slug))) throw unknownValue('network', 'no network of this name is known');
}

async function resolveSearch(text: string, { sql, config }: ApiDeps): Promise<NodeSearch> {
  const search = readSearch(text, config.maskIps);
  switch (search.at) {
    case 'address':
    case 'record':
      return search;
    case 'words':
      return { at: 'node', clientNos: await searchClientNos(sql, search.words) };
    case 'id': {
      const { ids, hashes, words } = search;
      return { at: 'node', ids, hashes, clientNos: words === null ? [] : await searchClientNos(sql, words) };
    }
  }
}
