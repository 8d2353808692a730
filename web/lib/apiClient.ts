import type { ChurnResponse } from '../../api/contract/churn.ts';
import type { CountWindow, Cut, Population } from '../../api/contract/common.ts';
import type { CountsResponse, DistributionResponse } from '../../api/contract/counts.ts';
import type {
  HeadsResponse,
  ReadinessResponse,
  ReadinessSeriesResponse,
  SplitsResponse,
} from '../../api/contract/forks.ts';
import type { ListNetworksResponse, NetworkSummaryResponse, StatusResponse } from '../../api/contract/networks.ts';
import type { ListNodesResponse, NodeResponse } from '../../api/contract/nodes.ts';
import type {
  ListRaftClustersResponse,
  RaftClusterResponse,
  RaftEventsResponse,
  RaftTimelineResponse,
} from '../../api/contract/raft.ts';
import type { NodeFilters } from './router.ts';

/** Why no data came. `offline`, `timeout` and `badAnswer` are ours; the rest are codes of the API, which may get new ones. */
export interface ApiFailure {
  readonly code: string;
  readonly message: string;
}

export type ApiResult<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly failure: ApiFailure };

/** One address of the API with the type of its answer; the type lives only in the compiler. */
export interface Endpoint<T> {
  readonly url: string;
  readonly answer?: T;
}

const root = '/api/v1';
const timeoutMs = 15_000;

function endpoint<T>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): Endpoint<T> {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return { url: `${root}${path}${text === '' ? '' : `?${text}`}` };
}

export interface CountsWanted {
  readonly cut: Cut;
  readonly population: Population;
  readonly window: CountWindow;
  readonly from: string;
  readonly top: number;
}

/** The addresses of API version 1. */
export const api = {
  networks: (): Endpoint<ListNetworksResponse> => endpoint('/networks'),
  status: (): Endpoint<StatusResponse> => endpoint('/status'),
  summary: (network: string): Endpoint<NetworkSummaryResponse> => endpoint(`/networks/${network}/summary`),
  counts: (network: string, wanted: CountsWanted): Endpoint<CountsResponse> =>
    endpoint(`/networks/${network}/counts`, { ...wanted }),
  distribution: (
    network: string,
    wanted: { readonly cut: Cut; readonly population: Population; readonly window: CountWindow },
  ): Endpoint<DistributionResponse> => endpoint(`/networks/${network}/distribution`, { ...wanted }),
  churn: (network: string): Endpoint<ChurnResponse> => endpoint(`/networks/${network}/churn`),
  readiness: (network: string, from: string): Endpoint<ReadinessResponse> =>
    endpoint(`/networks/${network}/readiness`, { from }),
  readinessSeries: (network: string, from: string, client: string | null): Endpoint<ReadinessSeriesResponse> =>
    endpoint(`/networks/${network}/readiness/series`, { from, client: client ?? undefined, top: 7 }),
  heads: (network: string, from: string): Endpoint<HeadsResponse> => endpoint(`/networks/${network}/heads`, { from }),
  splits: (network: string): Endpoint<SplitsResponse> => endpoint(`/networks/${network}/splits`),
  nodes: (network: string, window: CountWindow, filters: NodeFilters, limit: number): Endpoint<ListNodesResponse> =>
    endpoint('/nodes', { ...filters, network: network === 'all' ? undefined : network, window, limit }),
  node: (id: string): Endpoint<NodeResponse> => endpoint(`/nodes/${id}`),
  raftClusters: (): Endpoint<ListRaftClustersResponse> => endpoint('/raft'),
  raftCluster: (cluster: string): Endpoint<RaftClusterResponse> => endpoint(`/raft/${cluster}`),
  raftTimeline: (cluster: string, from: string): Endpoint<RaftTimelineResponse> =>
    endpoint(`/raft/${cluster}/timeline`, { from }),
  raftEvents: (cluster: string, cursor: string, limit: number): Endpoint<RaftEventsResponse> =>
    endpoint(`/raft/${cluster}/events`, { cursor, limit }),
};

/** Asks once. Never rejects: a failure is a value. */
export async function request<T>(target: Endpoint<T>, signal: AbortSignal): Promise<ApiResult<T>> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await fetch(target.url, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.any([signal, timeout]),
    });
    const body: unknown = await answer.json();
    if (answer.ok && isRecord(body)) return { ok: true, data: body as T };
    return { ok: false, failure: parseFailure(body, answer.status) };
  } catch (error) {
    if (timeout.aborted) return { ok: false, failure: { code: 'timeout', message: '' } };
    const code = error instanceof SyntaxError ? 'badAnswer' : 'offline';
    return { ok: false, failure: { code, message: error instanceof Error ? error.message : '' } };
  }
}

/** A proxy between us and the API may answer anything. */
export function parseFailure(body: unknown, status: number): ApiFailure {
  if (isRecord(body) && typeof body.code === 'string' && /^[a-zA-Z]{1,40}$/.test(body.code)) {
    return { code: body.code, message: typeof body.message === 'string' ? body.message : '' };
  }
  return { code: status >= 500 ? 'unavailable' : 'badAnswer', message: `HTTP ${status}` };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
