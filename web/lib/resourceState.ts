import type { Freshness } from '../../api/contract/common.ts';
import type { ApiFailure } from './apiClient.ts';

/** What a page knows about one address of the API: the last good answer stays if a later attempt fails. */
export interface ResourceState<T> {
  readonly data: T | null;
  /** ms since the epoch, by this browser's clock. */
  readonly receivedAt: number | null;
  readonly failure: ApiFailure | null;
  /** Failed attempts in a row. */
  readonly failures: number;
  readonly loading: boolean;
}

export const emptyResource: ResourceState<never> = {
  data: null,
  receivedAt: null,
  failure: null,
  failures: 0,
  loading: true,
};

/** The four states of every view. `old` = shown, but older than it should be, with the reason. */
export type ViewState<T> =
  | { readonly at: 'loading' }
  | { readonly at: 'failed'; readonly failure: ApiFailure }
  | { readonly at: 'empty'; readonly data: T }
  | { readonly at: 'shown'; readonly data: T; readonly old: OldReason | null };

/** `census` = the measurements themselves are old; `connection` = our last tries to fetch failed. */
interface OldReason {
  readonly why: 'census' | 'connection';
  readonly ageSeconds: number;
}

export function viewStateOf<T extends { readonly freshness: Freshness }>(
  resource: ResourceState<T>,
  isEmpty: (data: T) => boolean,
  now: number,
): ViewState<T> {
  const { data, failure, receivedAt } = resource;
  if (data === null) return failure === null ? { at: 'loading' } : { at: 'failed', failure };
  if (isEmpty(data)) return { at: 'empty', data };
  return { at: 'shown', data, old: oldReason(data.freshness, failure !== null, receivedAt, now) };
}

function oldReason(freshness: Freshness, failing: boolean, receivedAt: number | null, now: number): OldReason | null {
  const ageSeconds = ageNow(freshness, receivedAt, now) ?? 0;
  if (failing) return { why: 'connection', ageSeconds };
  return freshness.stale ? { why: 'census', ageSeconds } : null;
}

/** Age by the server's clock at the answer plus what has passed here since: a wrong local clock does not matter. */
export function ageNow(freshness: Freshness, receivedAt: number | null, now: number): number | null {
  if (freshness.ageSeconds === null || receivedAt === null) return null;
  return freshness.ageSeconds + Math.max(0, (now - receivedAt) / 1_000);
}

interface Fresh {
  readonly freshness: Freshness;
}

/** Several answers that one view needs together: complete when all are there, and as old as the oldest. */
export function combineResources<T extends Fresh>(
  states: readonly ResourceState<T>[],
): ResourceState<{ readonly parts: readonly T[]; readonly freshness: Freshness }> {
  const parts = states.flatMap((state) => (state.data === null ? [] : [state.data]));
  const received = states.flatMap((state) => (state.receivedAt === null ? [] : [state.receivedAt]));
  const oldest = parts.reduce<Freshness | null>(
    (found, part) =>
      found === null || (part.freshness.ageSeconds ?? 0) > (found.ageSeconds ?? 0) ? part.freshness : found,
    null,
  );
  return {
    data: parts.length === states.length && oldest !== null ? { parts, freshness: oldest } : null,
    receivedAt: received.length === 0 ? null : Math.min(...received),
    failure: states.find((state) => state.failure !== null)?.failure ?? null,
    failures: Math.max(0, ...states.map((state) => state.failures)),
    loading: states.some((state) => state.loading),
  };
}
