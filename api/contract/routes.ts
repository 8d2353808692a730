/** Every resource of the API, declared once. The server, its tests and the OpenAPI document are made from this. */
import { z } from 'zod';
import { churnResponse } from './churn.ts';
import type { ApiErrorCode } from './common.ts';
import { type freshnessSchema, networkSlugSchema, nodeIdHashSchema, nodeIdSchema } from './common.ts';
import { countsQuery, countsResponse, distributionQuery, distributionResponse } from './counts.ts';
import {
  headsQuery,
  headsResponse,
  readinessQuery,
  readinessResponse,
  readinessSeriesQuery,
  readinessSeriesResponse,
  splitsResponse,
} from './forks.ts';
import { listNetworksResponse, networkSummaryResponse, statusResponse } from './networks.ts';
import { type ExportFormat, exportNodesQuery, listNodesResponse, nodeResponse, nodesQuery } from './nodes.ts';
import {
  clusterNameSchema,
  listRaftClustersResponse,
  raftClusterResponse,
  raftEventsQuery,
  raftEventsResponse,
  raftTimelineQuery,
  raftTimelineResponse,
} from './raft.ts';

export interface RouteContract {
  readonly operationId: string;
  readonly method: 'get';
  /** OpenAPI form: `{name}` for a parameter. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly description: string;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly response: z.ZodObject<{ freshness: typeof freshnessSchema }>;
  /** `census`: changes when a census ends, so it may be cached until the next one. `live`: changes at any moment. */
  readonly changes: 'census' | 'live';
  /** In addition to badRequest, tooManyRequests, unavailable and internal, which any route may return. */
  readonly errors: readonly ApiErrorCode[];
}

const nothing = z.object({});
const byNetwork = z.object({ network: networkSlugSchema });
const byCluster = z.object({ cluster: clusterNameSchema });

export const routes = {
  listNetworks: {
    operationId: 'listNetworks',
    method: 'get',
    path: '/api/v1/networks',
    summary: 'The known networks, and which of them are watched',
    description:
      'Each network with its fork schedule and the fork hashes that follow from it (EIP-2124). `watched` lists those that crawlers look for, in the order of their configuration; the dashboard opens on the first.',
    params: nothing,
    query: nothing,
    response: listNetworksResponse,
    changes: 'census',
    errors: [],
  },
  getNetworkSummary: {
    operationId: 'getNetworkSummary',
    method: 'get',
    path: '/api/v1/networks/{network}/summary',
    summary: 'How many nodes a network has now',
    description:
      'Every population at the last census, over 2 h and over 24 h. `all` stands for every discovered node, on any network.',
    params: byNetwork,
    query: nothing,
    response: networkSummaryResponse,
    changes: 'census',
    errors: ['notFound'],
  },
  getCounts: {
    operationId: 'getCounts',
    method: 'get',
    path: '/api/v1/networks/{network}/counts',
    summary: 'Counts over time',
    description:
      'The series of one cut. There is no point where no census ran. The cut `network` exists only for `all`.',
    params: byNetwork,
    query: countsQuery,
    response: countsResponse,
    changes: 'census',
    errors: ['notFound'],
  },
  getDistribution: {
    operationId: 'getDistribution',
    method: 'get',
    path: '/api/v1/networks/{network}/distribution',
    summary: 'One cut at the last census',
    description:
      'Nodes without a value for the cut are counted separately as `unknown`, so that shares can be taken with or without them.',
    params: byNetwork,
    query: distributionQuery,
    response: distributionResponse,
    changes: 'census',
    errors: ['notFound'],
  },
  getChurn: {
    operationId: 'getChurn',
    method: 'get',
    path: '/api/v1/networks/{network}/churn',
    summary: 'Who came and went, and for how long nodes stay',
    description:
      'Over 24 hours, 7 days and 30 days, by client: node IDs that joined and left, the median session, and the share of the time in which nodes were there. Worked out every hour.',
    params: byNetwork,
    query: nothing,
    response: churnResponse,
    changes: 'census',
    errors: ['notFound'],
  },
  getReadiness: {
    operationId: 'getReadiness',
    method: 'get',
    path: '/api/v1/networks/{network}/readiness',
    summary: 'Who is ready for the next fork',
    description:
      'For the first fork that is not active yet, because nodes announce no other: the ready share, by client and version, and over time.',
    params: byNetwork,
    query: readinessQuery,
    response: readinessResponse,
    changes: 'census',
    errors: ['notFound'],
  },
  getReadinessSeries: {
    operationId: 'getReadinessSeries',
    method: 'get',
    path: '/api/v1/networks/{network}/readiness/series',
    summary: 'The ready share by client, or by version of one client, over time',
    description:
      'Of the nodes on the active fork at each census. Before a fork was scheduled, nobody was ready for it.',
    params: byNetwork,
    query: readinessSeriesQuery,
    response: readinessSeriesResponse,
    changes: 'census',
    errors: ['notFound'],
  },
  getSplits: {
    operationId: 'getSplits',
    method: 'get',
    path: '/api/v1/networks/{network}/splits',
    summary: 'Fork splits and chain splits, with who is on which side',
    description:
      'Fork split: nodes announce incompatible fork IDs after an activation. Chain split: nodes hold different blocks at the same height.',
    params: byNetwork,
    query: nothing,
    response: splitsResponse,
    changes: 'live',
    errors: ['notFound'],
  },
  getHeads: {
    operationId: 'getHeads',
    method: 'get',
    path: '/api/v1/networks/{network}/heads',
    summary: 'The head of the network over time',
    description:
      'The highest block that more than a third of the nodes which told theirs in the minutes before had reached, and how old those heads were.',
    params: byNetwork,
    query: headsQuery,
    response: headsResponse,
    changes: 'live',
    errors: ['notFound'],
  },
  listNodes: {
    operationId: 'listNodes',
    method: 'get',
    path: '/api/v1/nodes',
    summary: 'Nodes, most recently proven alive first',
    description:
      'For the following page, send `next` as `cursor` with the same filters. All pages use the time window of the first one.',
    params: nothing,
    query: nodesQuery,
    response: listNodesResponse,
    changes: 'live',
    errors: [],
  },
  getNode: {
    operationId: 'getNode',
    method: 'get',
    path: '/api/v1/nodes/{id}',
    summary: 'One node with its addresses and latest visits',
    description:
      'By its ID, the public key, or by the keccak256 of it, as geth names nodes. At most 50 addresses and 50 visits, newest first.',
    params: z.object({ id: nodeIdSchema.or(nodeIdHashSchema) }),
    query: nothing,
    response: nodeResponse,
    changes: 'live',
    errors: ['notFound'],
  },
  getStatus: {
    operationId: 'getStatus',
    method: 'get',
    path: '/api/v1/status',
    summary: 'Whether the crawl is alive and, if not, what to try',
    description: 'The crawlers that write to this database, the latest heartbeat first.',
    params: nothing,
    query: nothing,
    response: statusResponse,
    changes: 'live',
    errors: [],
  },
  listRaftClusters: {
    operationId: 'listRaftClusters',
    method: 'get',
    path: '/api/v1/raft',
    summary: 'The watched Raft clusters',
    description:
      'Each cluster with its leader, the votes for it, the number of active voters and how often the leader changed.',
    params: nothing,
    query: nothing,
    response: listRaftClustersResponse,
    changes: 'live',
    errors: [],
  },
  getRaftCluster: {
    operationId: 'getRaftCluster',
    method: 'get',
    path: '/api/v1/raft/{cluster}',
    summary: 'One Raft cluster: its members, and the view that each node has of it',
    description:
      'An endpoint that cannot be asked has no view, and its `result` says why: it hangs, answers HTML, needs a token, is not in Raft mode and so on.',
    params: byCluster,
    query: nothing,
    response: raftClusterResponse,
    changes: 'live',
    errors: ['notFound'],
  },
  getRaftTimeline: {
    operationId: 'getRaftTimeline',
    method: 'get',
    path: '/api/v1/raft/{cluster}/timeline',
    summary: 'Who led when',
    description: 'Bands over at most 400 days, and leader changes by hour (by day for more than 8 days).',
    params: byCluster,
    query: raftTimelineQuery,
    response: raftTimelineResponse,
    changes: 'live',
    errors: ['notFound'],
  },
  listRaftEvents: {
    operationId: 'listRaftEvents',
    method: 'get',
    path: '/api/v1/raft/{cluster}/events',
    summary: 'What happened to a Raft cluster, newest first',
    description: '`closedAt` is null for what is still going on. For the following page, send `next` as `cursor`.',
    params: byCluster,
    query: raftEventsQuery,
    response: raftEventsResponse,
    changes: 'live',
    errors: ['notFound'],
  },
} as const satisfies Record<string, RouteContract>;

export type OperationId = keyof typeof routes;

export interface ExportContract {
  readonly operationId: string;
  readonly format: ExportFormat;
  readonly path: `/${string}`;
  readonly summary: string;
  readonly description: string;
  readonly mediaType: string;
  readonly query: z.ZodObject;
}

/** Whole lists of nodes as files, with the filters of listNodes. They are streamed, so they have no schema. */
export const exportRoutes = {
  exportNodesCsv: {
    operationId: 'exportNodesCsv',
    format: 'csv',
    path: '/api/v1/nodes.csv',
    summary: 'Nodes as a table',
    description:
      'RFC 4180, UTF-8; the first line names the columns. A value that a spreadsheet would take for a formula is given a leading apostrophe.',
    mediaType: 'text/csv; charset=utf-8',
    query: exportNodesQuery,
  },
  exportNodesNdjson: {
    operationId: 'exportNodesNdjson',
    format: 'ndjson',
    path: '/api/v1/nodes.ndjson',
    summary: 'Nodes as lines of JSON',
    description: 'Each line is a Node, as in listNodes.',
    mediaType: 'application/x-ndjson',
    query: exportNodesQuery,
  },
  exportNodesJson: {
    operationId: 'exportNodesJson',
    format: 'json',
    path: '/api/v1/nodes.json',
    summary: "Nodes as geth's node set",
    description:
      'The format of `devp2p nodeset` and `devp2p dns`. A node without a signed record is given by its enode URL; a node without a known address is left out. Score: 1 alive, 2 reachable, 3 identified in the last 24 h, otherwise 0. Not available on sites that mask addresses.',
    mediaType: 'application/json',
    query: exportNodesQuery,
  },
} as const satisfies Record<string, ExportContract>;

export type ExportId = keyof typeof exportRoutes;
