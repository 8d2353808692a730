import type { RaftEvent } from '../../../api/contract/raft.ts';

/** A row of the list: an event, and what belongs to it, newest first. */
export interface EventGroup {
  readonly event: RaftEvent;
  readonly within: readonly RaftEvent[];
}

/** Changes that made a churn a churn came before it began: so long ago at most. */
const windowMs = 15 * 60_000;
const ofChurn: ReadonlySet<RaftEvent['kind']> = new Set(['leaderChanged', 'minterChanged', 'reelected', 'leaderLost']);

/** Puts the elections of a churn under it, so that it is one row. Events come newest first, and stay so. */
export function groupEvents(events: readonly RaftEvent[]): readonly EventGroup[] {
  const churns = events.filter(({ kind }) => kind === 'churn');
  const churnOf = (event: RaftEvent): RaftEvent | undefined => {
    if (!ofChurn.has(event.kind)) return undefined;
    const at = Date.parse(event.openedAt);
    return churns.find(({ openedAt, closedAt }) => {
      return at > Date.parse(openedAt) - windowMs && (closedAt === null || at <= Date.parse(closedAt));
    });
  };
  return events.flatMap((event) => {
    if (churnOf(event) !== undefined) return [];
    return [{ event, within: event.kind === 'churn' ? events.filter((each) => churnOf(each) === event) : [] }];
  });
}
