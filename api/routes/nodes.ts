import { windowMs } from '../../lib/countWindows.ts';
import type { ExportNodesQuery } from '../contract/nodes.ts';
import { notFound } from '../http/errors.ts';
import { selectClientNos, selectForkNos } from '../queries/selectInterned.ts';
import { selectEndpoints, selectNode, selectVisits } from '../queries/selectNode.ts';
import { type NodeFilter, selectNodes } from '../queries/selectNodes.ts';
import { toEndpoint, toNode, toVisit } from '../serialize/toNode.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { ApiDeps } from './deps.ts';
import { readFreshness } from './readFreshness.ts';
import { readSearch } from './readSearch.ts';
import type { Handlers } from './registerRoute.ts';

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
  const [endpoints, visits, freshness] = await Promise.all([
    selectEndpoints(sql, row.nodeNo, maxDetails),
    selectVisits(sql, row.nodeNo, maxDetails),
    readFreshness(deps, 'live'),
  ]);
  const { maskIps } = config;
  return {
    node: toNode(row, { now: clock.now(), maskIps }),
    // A node record says the address again.
    enr: maskIps ? null : row.enr,
    endpoints: endpoints.map((endpoint) => toEndpoint(endpoint, maskIps)),
    visits: visits.map((visit) => toVisit(visit, maskIps)),
    freshness,
  };
};

/** The query with names resolved. Throws ApiError. */
export async function readFilter(query: ExportNodesQuery, since: Date, { sql, config }: ApiDeps): Promise<NodeFilter> {
  const { population, network, client, forkHash, forkClass, q } = query;
  const [clientNos, forkNos] = await Promise.all([
    client === undefined ? undefined : selectClientNos(sql, client),
    forkHash === undefined ? undefined : selectForkNos(sql, Uint8Array.from(Buffer.from(forkHash.slice(-8), 'hex'))),
  ]);
  const search = q === undefined ? {} : readSearch(q, config.maskIps);
  return {
    population,
    since,
    network: network === 'all' ? undefined : network,
    clientNos,
    forkNos,
    forkClass,
    ...search,
  };
}
