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

/**
 * Visits a node: handshake, PING, its record if it has a newer one than `knownSeq`, then its table, a request at a time.
 * Requests that it leaves unanswered end the visit.
 */
export async function visitDiscv5(
  asker: Discv5Asker,
  contact: NodeContact,
  { knownSeq, walks = true }: { readonly knownSeq: bigint; readonly walks?: boolean },
): Promise<Discv5Visit> {
  const ping = await asker.ping(contact);
  let { sent, received } = ping;
  const nothing = { record: null, named: [], isWhole: false, misplaced: 0 };
  if (ping.code !== 'ok') return { code: ping.code, pong: null, ...nothing, sent, received };
  const { rttMs, enrSeq, ourIp } = ping;
  const visit = { code: 'ok', pong: { rttMs, enrSeq, ourIp } } as const;

  let record: NamedRecord | null = null;
  let misplaced = 0;
  if (enrSeq > knownSeq) {
    const own = await asker.findnode(contact, [0]);
    sent += own.sent;
    received += own.received;
    if (own.code !== 'ok') return { ...visit, ...nothing, sent, received };
    misplaced += own.misplaced;
    record = own.records[0] ?? null;
  }
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
    if (found.packets < found.total) isWhole = false;
    for (const one of found.records) named.set(one.idKey, one);
    // An answer has room for sixteen, whatever they are worth.
    walk.answered(found.records.length + found.refused + found.invalid + found.misplaced);
  }
  return { ...visit, record, named: [...named.values()], isWhole, misplaced, sent, received };
}
