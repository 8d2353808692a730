import type { RlpxOutcome } from '../../p2p/protocol/rlpxOutcome.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import { notAsked } from './askOrder.ts';
import { type SessionFinding, type VisitCode, type VisitOutcome, visitStages } from './visit.ts';
import { createVisitKey } from './visitKey.ts';

/** What is known of a visit when it begins. */
type VisitStart = Pick<VisitOutcome, 'key' | 'contact' | 'direction' | 'startedAt'>;

/** A visit that has found out nothing so far. */
export function silentVisit(start: VisitStart, tookMs: number): VisitOutcome {
  return {
    ...start,
    tookMs,
    stage: 'none',
    code: 'pingTimeout',
    remoteReason: null,
    wireCode: null,
    answers: notAsked,
    pong: null,
    enr: null,
    neighbours: null,
    hello: null,
    status: null,
    headers: [],
  };
}

/** What a session adds to a visit, which a session without a connection leaves at the stage `before` it. */
export function findingsOf(session: SessionFinding, before: 'none' | 'pong') {
  const { stage, code, remoteReason, wireCode, hello, status, headers } = session;
  return { stage: stage === 'none' ? before : stage, code, remoteReason, wireCode, hello, status, headers };
}

/** Whether the node was there: it sent a PONG, or proved its key over TCP where it was dialled without one. */
export function hasAnswered({ pong, stage }: Pick<VisitOutcome, 'pong' | 'stage'>): boolean {
  return pong !== null || visitStages.indexOf(stage) >= visitStages.indexOf('auth');
}

/** A visit that we ended ourselves, or put off, says nothing about the node. */
export function saysNothing(code: VisitCode): boolean {
  return silentAbout.has(code);
}

const silentAbout: ReadonlySet<VisitCode> = new Set(['aborted', 'dialThrottled', 'dialPaused']);

/**
 * A visit from a node to us. Its source port is ephemeral, so the node's address is its IP with the port in its Hello, if
 * there is one. null = it proved no key, so there is no node.
 */
export function inboundVisit(
  session: { readonly outcome: RlpxOutcome; readonly ip: string },
  startedAt: number,
  random: Uint8Array,
): VisitOutcome | null {
  const { outcome, ip } = session;
  if (!outcome.identityProven || outcome.remoteId === null) return null;
  const port = outcome.hello?.listenPort ?? 0;
  const listening = port > 0 && port <= 65_535 ? port : 0;
  const contact: NodeContact = { id: outcome.remoteId, ip, udp: listening, tcp: listening };
  const start = { key: createVisitKey(startedAt, random), contact, direction: 'inbound', startedAt } as const;
  return { ...silentVisit(start, outcome.timings.totalMs), ...findingsOf(outcome, 'none') };
}
