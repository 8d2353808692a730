import type { Discv5Asker } from '../p2p/net/discv5Asker.ts';
import type { Discv4Pump } from '../p2p/net/pumpDatagrams.ts';
import { type Discv5VisitOptions, visitDiscv5 } from '../p2p/net/visitDiscv5.ts';
import type { Clock } from '../p2p/ports.ts';
import type { NamedRecord } from '../p2p/protocol/knownRecords.ts';
import { type Enr, readEnr, reopenEnr } from '../p2p/wire/enr.ts';
import { readEnrEntries } from '../p2p/wire/enrEntries.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import type { DiscoveryPort } from './crawl/askDiscv4.ts';
import type { Discv5Port } from './crawl/askDiscv5.ts';
import type { VisitedRecord } from './crawl/visit.ts';

/** The discovery identity as a visit uses it: anything but an answer is silence. */
export function createDiscoveryPort(pump: Pick<Discv4Pump, 'ping' | 'requestEnr' | 'findnode'>): DiscoveryPort {
  return {
    async ping(contact) {
      const outcome = await pump.ping(contact);
      return outcome.code === 'ok' ? outcome : null;
    },
    async requestEnr(contact) {
      const outcome = await pump.requestEnr(contact);
      return outcome.code === 'ok' ? readRecord(outcome.enr) : null;
    },
    async findnode(contact, wanted) {
      const outcome = await pump.findnode(contact, wanted);
      return outcome.code === 'ok' ? outcome.neighbours : null;
    },
  };
}

/**
 * Who answers with a challenge and then no more is there, and slow, or its packets get lost: after these times it is asked
 * once more, when the challenge has lapsed.
 */
const againMs = [2_000, 4_000] as const;

/** The same identity by discv5. */
export function createDiscv5Port(
  asker: Pick<Discv5Asker, 'ping' | 'findnode'>,
  clock: Pick<Clock, 'sleep'>,
): Discv5Port {
  return {
    async visit(contact, walks, hears, signal) {
      let queries = 0;
      const options: Discv5VisitOptions = {
        knownSeq: -1n,
        walks,
        signal,
        ears: {
          pong: (pong) => hears.pong(pongOf(pong)),
          record: (record) => hears.record(record === null ? null : readRecord(reopenEnr(record.id, record.bytes))),
          named: (records) => {
            queries += 1;
            hears.named(records.flatMap(contactOf));
          },
        },
      };
      let visit = await visitDiscv5(asker, contact, options);
      for (const waitMs of againMs) {
        if (visit.pong !== null || visit.received === 0 || signal.aborted) break;
        await clock.sleep(waitMs, signal);
        visit = await visitDiscv5(asker, contact, options);
      }
      if (visit.pong === null) return null;
      const { record, named } = visit;
      return {
        pong: pongOf(visit.pong),
        enr: record === null ? null : readRecord(reopenEnr(record.id, record.bytes)),
        neighbours: walks ? { queries, answers: queries, named: named.length } : null,
      };
    },
  };
}

function readRecord(enr: Enr): VisitedRecord {
  return { ...readEnr(enr), entries: readEnrEntries(enr) };
}

function pongOf({ rttMs, enrSeq, ourIp }: { rttMs: number; enrSeq: bigint; ourIp: string | null }) {
  return { rttMs, enrSeq, ourIp, ourUdp: 0, clockSkewMs: null };
}

function contactOf({ id, idKey, endpoint, bytes }: NamedRecord): NodeContact[] {
  return endpoint === null ? [] : [{ id, idKey, ...endpoint, record: bytes }];
}
