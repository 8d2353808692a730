import { toIso } from '../../lib/time.ts';
import type { MemberRef } from '../ask/round.ts';
import {
  isConfirmedChange,
  majorityOf,
  type RaftEvent,
  type RaftEventKind,
  type RaftTerms,
} from '../judge/raftEvent.ts';
import type { RaftRecord } from '../watch/raftRecords.ts';

/** How the watcher's kinds appear in the table of events: two of them are the beginning and the end of one row. */
const kinds: Readonly<Record<RaftEventKind, { readonly kind: string; readonly part: 'moment' | 'start' | 'end' }>> = {
  leaderChanged: { kind: 'leaderChanged', part: 'moment' },
  reelected: { kind: 'reelected', part: 'moment' },
  leaderLost: { kind: 'leaderLost', part: 'start' },
  leaderGained: { kind: 'leaderLost', part: 'end' },
  multipleMintersStarted: { kind: 'multipleMinters', part: 'start' },
  multipleMintersEnded: { kind: 'multipleMinters', part: 'end' },
  noQuorumStarted: { kind: 'noQuorum', part: 'start' },
  noQuorumEnded: { kind: 'noQuorum', part: 'end' },
  viewSplitStarted: { kind: 'viewSplit', part: 'start' },
  viewSplitEnded: { kind: 'viewSplit', part: 'end' },
  nodeIsolatedStarted: { kind: 'nodeIsolated', part: 'start' },
  nodeIsolatedEnded: { kind: 'nodeIsolated', part: 'end' },
  stalledStarted: { kind: 'stalled', part: 'start' },
  stalledEnded: { kind: 'stalled', part: 'end' },
  memberAdded: { kind: 'memberAdded', part: 'moment' },
  memberRemoved: { kind: 'memberRemoved', part: 'moment' },
  memberPromoted: { kind: 'memberPromoted', part: 'moment' },
  churnStarted: { kind: 'churn', part: 'start' },
  churnEnded: { kind: 'churn', part: 'end' },
};

/** A row of events. Times in ISO form, to the microsecond. */
export interface EventRow {
  readonly kind: string;
  readonly opened_at: string;
  closed_at: string | null;
  readonly confirmed: boolean;
  data: EventData;
}

/** The end of a row that an earlier save opened. `node` null: whichever is open. */
export interface EventEnd {
  readonly kind: string;
  readonly node: string | null;
  readonly closed_at: string;
  readonly data: Partial<EventData>;
}

interface EventData {
  readonly from: MemberRef | null;
  readonly to: MemberRef | null;
  readonly votes: number;
  readonly voters: number;
  readonly observers: RaftEvent['observers'];
  readonly source: RaftEvent['source'];
  readonly gap: boolean;
  readonly detectedAt: string;
  /** The endpoint concerned, in events of a node. */
  readonly node?: string;
  readonly block?: number;
  readonly terms?: RaftTerms;
}

/** What a batch of records writes into events. A beginning and its end within the batch become one closed row. */
export function toEventRows(records: readonly RaftRecord[]): {
  readonly rows: readonly EventRow[];
  readonly ends: readonly EventEnd[];
} {
  const rows: EventRow[] = [];
  const ends: EventEnd[] = [];
  for (const { events, status } of records) {
    for (const event of events) {
      const { kind, part } = rowKind(event);
      const node = event.kind.startsWith('nodeIsolated') ? (event.observers[0]?.node ?? null) : null;
      const at = exactTime(event, node === null ? 0 : 1 + status.tally.nodes.findIndex((each) => each.node === node));
      if (part === 'end') {
        const open = rows.findLast(
          (row) => row.kind === kind && row.closed_at === null && (row.data.node ?? null) === node,
        );
        const data = { to: event.to, ...(event.gap ? { gap: true } : {}) };
        if (open === undefined) ends.push({ kind, node, closed_at: at, data });
        else {
          open.closed_at = at < open.opened_at ? open.opened_at : at;
          open.data = { ...open.data, ...data };
        }
        continue;
      }
      rows.push({
        kind,
        opened_at: at,
        closed_at: part === 'moment' ? at : null,
        confirmed: isConfirmed(event),
        data: toData(event, node),
      });
    }
  }
  return { rows, ends };
}

/** The chain shows the same elections as the polls, at other times, so they are never added up. */
function rowKind(event: RaftEvent): { readonly kind: string; readonly part: 'moment' | 'start' | 'end' } {
  if (event.kind === 'leaderChanged' && event.source === 'chain') return { kind: 'minterChanged', part: 'moment' };
  // The very first leader ends no loss.
  if (event.kind === 'leaderGained' && event.from === null) return { kind: 'leaderGained', part: 'moment' };
  return kinds[event.kind];
}

function isConfirmed(event: RaftEvent): boolean {
  if (event.kind === 'leaderChanged' && event.source === 'rpc') return isConfirmedChange(event);
  if (event.source !== 'rpc') return true;
  return event.observers.filter(({ result }) => result === 'ok').length >= majorityOf(event.voters) || !isView(event);
}

/** Kinds that may be wrong if there are too few witnesses. */
function isView(event: RaftEvent): boolean {
  return event.kind.startsWith('multipleMinters') || event.kind.startsWith('viewSplit');
}

function toData(event: RaftEvent, node: string | null): EventData {
  const { from, to, votes, voters, observers, source, gap, detectedAt, block, terms } = event;
  return {
    from,
    to,
    votes,
    voters,
    observers,
    source,
    gap,
    detectedAt: toIso(detectedAt),
    ...(node === null ? {} : { node }),
    ...(block === undefined ? {} : { block }),
    ...(terms === undefined ? {} : { terms }),
  };
}

/**
 * The time of an event. Rows of one kind need distinct times, and two nodes may be cut off in one round: microseconds,
 * which our clocks do not have, distinguish them. A block's time is claimed by its minter; it is never later than when we
 * saw the block.
 */
function exactTime(event: RaftEvent, nodeOrder: number): string {
  const at = Math.min(Math.max(0, event.at), event.detectedAt);
  const member = event.kind.startsWith('member') ? (event.to ?? event.from) : null;
  const micros = member === null ? nodeOrder : member.raftId;
  return `${toIso(at).slice(0, -1)}${String(micros % 1_000).padStart(3, '0')}Z`;
}
