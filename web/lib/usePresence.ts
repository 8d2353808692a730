import { api } from './apiClient.ts';
import { useApp } from './appContext.ts';
import { useResource } from './useResource.ts';

/**
 * By which proof nodes count as being there: a PONG or, on a network where nothing answers over UDP but nodes do over
 * TCP (chains of static nodes), a handshake.
 */
export function usePresence(): 'alive' | 'reachable' {
  const { view } = useApp();
  const populations = useResource(api.summary(view.network)).state.data?.populations ?? [];
  const has = (wanted: string): boolean =>
    (populations.find(({ population }) => population === wanted)?.[view.window].ids ?? 0) > 0;
  return !has('alive') && has('reachable') ? 'reachable' : 'alive';
}
