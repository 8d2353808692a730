/** What a crawl logs at `debug`: one line for each visit, and one for each dial. */
import { displayText } from '../lib/displayText.ts';
import type { Logger } from '../lib/logger.ts';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import type { SessionFinding, VisitRecord } from './crawl/visit.ts';

/** Hex digits of a node ID that tell nodes apart in a log. */
const shownDigits = 16;

/** A visit, whichever side began it. */
export function logVisit(log: Logger, { outcome, client }: Pick<VisitRecord, 'outcome' | 'client'>): void {
  log.debug('visit', () => ({
    direction: outcome.direction,
    ...nodeFields(outcome.contact, outcome.contact.udp),
    ...findingFields(outcome),
    client: client === null ? undefined : displayText(client.raw),
    clockSkewMs: outcome.pong?.clockSkewMs ?? undefined,
    ms: Math.round(outcome.tookMs),
  }));
}

/** The part of a visit that went over TCP; the visit has a line of its own. */
export function logDial(log: Logger, contact: NodeContact, finding: SessionFinding, ms: number): void {
  log.debug('dial', () => ({
    ...nodeFields(contact, contact.tcp),
    ...findingFields(finding),
    client: finding.hello === null ? undefined : displayText(finding.hello.clientName),
    ms: Math.round(ms),
  }));
}

function nodeFields({ id, ip }: NodeContact, port: number) {
  return {
    id: bytesToHex(id.subarray(0, shownDigits / 2)),
    endpoint: `${ip.includes(':') ? `[${ip}]` : ip}:${port}`,
  };
}

function findingFields({ stage, code, remoteReason, wireCode }: SessionFinding | VisitRecord['outcome']) {
  return { stage, code, remoteReason: remoteReason ?? undefined, wireCode: wireCode ?? undefined };
}
