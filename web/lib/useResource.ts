import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type Endpoint, request } from './apiClient.ts';
import { defaultPollPlan, nextPollDelay } from './poll.ts';
import { emptyResource, type ResourceState } from './resourceState.ts';

export interface Resource<T> {
  readonly state: ResourceState<T>;
  /** Asks again at once. */
  readonly retry: () => void;
}

const maxKept = 40;
/** Last state by address, so that going back shows the page at once. BOUNDED: by maxKept, oldest first. */
const kept = new Map<string, ResourceState<unknown>>();

function keep(url: string, state: ResourceState<unknown>): void {
  kept.delete(url);
  kept.set(url, state);
  for (const oldest of kept.keys()) {
    if (kept.size <= maxKept) break;
    kept.delete(oldest);
  }
}

interface Tagged<T> {
  readonly url: string | null;
  readonly state: ResourceState<T>;
}

function initial<T>(url: string | null): Tagged<T> {
  const state = url === null ? undefined : kept.get(url);
  return { url, state: (state as ResourceState<T> | undefined) ?? emptyResource };
}

/** What is at `target`, kept fresh while this component exists. null = nothing is needed yet. */
export function useResource<T>(target: Endpoint<T> | null, plan = defaultPollPlan): Resource<T> {
  const url = target?.url ?? null;
  const [held, setHeld] = useState<Tagged<T>>(() => initial(url));
  // Between a changed address and the effect below, the old answer must not be shown as the new one's.
  const current = held.url === url ? held : initial<T>(url);
  const retryRef = useRef<() => void>(() => {});

  useEffect(() => {
    if (url === null) return;
    let state = initial<T>(url).state;
    let lastEndedAt = state.receivedAt;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let busy = false;
    const ended = new AbortController();
    const show = (next: ResourceState<T>): void => {
      state = next;
      keep(url, next);
      setHeld({ url, state: next });
    };
    const ask = async (): Promise<void> => {
      if (busy) return;
      busy = true;
      clearTimeout(timer);
      show({ ...state, loading: true });
      const result = await request<T>({ url }, ended.signal);
      busy = false;
      if (ended.signal.aborted) return;
      lastEndedAt = Date.now();
      if (result.ok) show({ data: result.data, receivedAt: lastEndedAt, failure: null, failures: 0, loading: false });
      else show({ ...state, failure: result.failure, failures: state.failures + 1, loading: false });
      planNext();
    };
    const planNext = (): void => {
      clearTimeout(timer);
      const hidden = document.visibilityState === 'hidden';
      const delay = nextPollDelay({ lastEndedAt, failures: state.failures, hidden }, Date.now(), Math.random(), plan);
      if (delay !== null && !busy) timer = setTimeout(ask, delay);
    };
    retryRef.current = () => void ask();
    document.addEventListener('visibilitychange', planNext);
    setHeld({ url, state });
    planNext();
    return () => {
      ended.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', planNext);
    };
  }, [url, plan]);

  const retry = useCallback(() => retryRef.current(), []);
  return { state: current.state, retry };
}
