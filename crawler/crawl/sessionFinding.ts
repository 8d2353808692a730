import type { RlpxOutcome } from '../../p2p/protocol/rlpxOutcome.ts';
import type { VisitOutcome, VisitTarget } from './visit.ts';
import { createVisitKey } from './visitKey.ts';
import type { SessionFinding } from './visitNode.ts';

/** What a session adds to a visit. Dialled only after a PONG: a session without a connection leaves that stage. */
export function sessionFinding(outcome: RlpxOutcome): SessionFinding {
  const { stage, code, remoteReason, wireCode, hello, headers, blockRange } = outcome;
  const status =
    outcome.status === null || blockRange === null
      ? outcome.status
      : {
          ...outcome.status,
          headNumber: blockRange.latest,
          earliestNumber: blockRange.earliest,
          headHash: blockRange.latestHash,
        };
  return { stage: stage === 'none' ? 'pong' : stage, code, remoteReason, wireCode, hello, status, headers };
}

/**
 * The visit that a node paid us. Its source port is a passing one, so the node's address is its IP with the port
 * that its Hello names, where it names one. null = it proved no key, so there is no node to speak of.
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
  const target: VisitTarget = { id: outcome.remoteId, ip, udp: listening, tcp: listening };
  return {
    key: createVisitKey(startedAt, random),
    target,
    direction: 'inbound',
    startedAt,
    tookMs: outcome.timings.totalMs,
    ...sessionFinding(outcome),
    pong: null,
    enr: null,
    neighbours: null,
  };
}
