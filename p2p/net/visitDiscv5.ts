import type { Discv5Failure } from '../protocol/discv5Types.ts';
import { DistanceWalk } from '../protocol/distanceWalk.ts';
import type { NamedRecord } from '../protocol/knownRecords.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { Discv5Asker } from './discv5Asker.ts';

/** What a node said in a visit by discv5. */
export interface Discv5Visit {
  /** `ok` = it is there; otherwise what its PING came to. */
  readonly code: 'ok' | Discv5Failure;
  /** Round trip of the PING, and our address as it saw it; null without a PONG. */
  readonly pong: { readonly rttMs: number; readonly enrSeq: bigint; readonly ourIp: string | null } | null;
  /** Its own record, if it has a newer one than the contact's. */
  readonly record: NamedRecord | null;
  /** Each node once. */
  readonly named: readonly NamedRecord[];
  /** Whether its whole table was walked. */
  readonly isWhole: boolean;
  /** Records at distances that were not asked for: it is at fault. */
  readonly misplaced: number;
  /** Packets of both sides. */
  readonly sent: number;
  readonly received: number;
}

/** What is told of a visit while it goes on. */
interface Discv5VisitEars {
  pong?(pong: NonNullable<Discv5Visit['pong']>): void;
  /** Before the table is walked; null where the contact's is the newest, or it does not show one. */
  record?(record: NamedRecord | null): void;
  /** Records of nodes that it has not named before in this visit. */
  named?(records: readonly NamedRecord[]): void;
}

export interface Discv5VisitOptions {
  readonly knownSeq: bigint;
  readonly walks?: boolean;
  readonly ears?: Discv5VisitEars;
  /** Ends the walk of its table. */
  readonly signal?: AbortSignal;
}

/**
 * Visits a node: handshake, PING, its record if it has a newer one than `knownSeq`, then its table, a request at a time.
 * Requests that it leaves unanswered end the visit.
 */
export async function visitDiscv5(
  asker: Pick<Discv5Asker, 'ping' | 'findnode'>,
  contact: NodeContact,
  { knownSeq, walks = true, ears = {}, signal }: Discv5VisitOptions,
): Promise<Discv5Visit> {
  const ping = await asker.ping(contact);
  let { sent, received } = ping;
  const nothing = { record: null, named: [], isWhole: false, misplaced: 0 };
  if (ping.code !== 'ok') return { code: ping.code, pong: null, ...nothing, sent, received };
  const { rttMs, enrSeq, ourIp } = ping;
  const visit = { code: 'ok', pong: { rttMs, enrSeq, ourIp } } as const;
  ears.pong?.(visit.pong);

  let record: NamedRecord | null = null;
  let misplaced = 0;
  if (enrSeq > knownSeq) {
    const own = await asker.findnode(contact, [0]);
    sent += own.sent;
    received += own.received;
    if (own.code !== 'ok') {
      ears.record?.(null);
      return { ...visit, ...nothing, sent, received };
    }
    misplaced += own.misplaced;
    record = own.records[0] ?? null;
  }
  ears.record?.(record);
  if (!walks) return { ...visit, ...nothing, record, misplaced, sent, received };

  // BOUNDED: by the answers of one visit.
  const named = new Map<string, NamedRecord>();
  const walk = new DistanceWalk();
  let isWhole = true;
  for (let distances = walk.next(); distances !== null; distances = walk.next()) {
    const found = await asker.findnode(contact, distances);
    sent += found.sent;
    received += found.received;
    if (found.code !== 'ok') {
      isWhole = false;
      break;
    }
    misplaced += found.misplaced;
    if (found.packets < found.total || signal?.aborted === true) isWhole = false;
    const fresh = found.records.filter(({ idKey }) => !named.has(idKey));
    for (const one of fresh) named.set(one.idKey, one);
    if (fresh.length > 0) ears.named?.(fresh);
    if (signal?.aborted === true) break;
    // An answer has room for sixteen, whatever they are worth.
    walk.answered(found.records.length + found.refused + found.invalid + found.misplaced);
  }
  return { ...visit, record, named: [...named.values()], isWhole, misplaced, sent, received };
}
