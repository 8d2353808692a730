import type { RaftEvent } from './raftEvent.ts';

/** An event before the fields that all events of one round share. */
export type Emitted = { readonly kind: RaftEvent['kind'] } & {
  readonly [K in 'at' | 'from' | 'to' | 'votes' | 'voters' | 'observers' | 'gap' | 'source' | 'terms']?: RaftEvent[K];
};
