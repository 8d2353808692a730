import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Network, StatusResponse } from '../../api/contract/networks.ts';
import type { Translate } from '../i18n/translate.ts';
import type { Route, View } from './router.ts';
import type { Resource } from './useResource.ts';

/** What every page needs: where we are, what was chosen, and the words. */
export interface AppState {
  readonly route: Route;
  readonly search: URLSearchParams;
  /** With the network resolved: `null` in the address has become the network that pages open on. */
  readonly view: View & { readonly network: string };
  readonly networks: readonly Network[];
  /** null for `all` and for a slug that the API does not list. */
  readonly network: Network | null;
  readonly status: Resource<StatusResponse>;
  readonly theme: 'light' | 'dark';
  readonly t: Translate;
}

export const AppContext = createContext<AppState | null>(null);

export function useApp(): AppState {
  const app = useContext(AppContext);
  if (app === null) throw new Error('useApp outside of AppContext');
  return app;
}
