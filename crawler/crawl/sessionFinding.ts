import type { RlpxOutcome } from '../../p2p/protocol/rlpxOutcome.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { VisitOutcome } from './visit.ts';
import { createVisitKey } from './visitKey.ts';
import type { SessionFinding } from './visitNode.ts';

/** What a session adds to a visit. We dial only after a PONG, so a session without a connection leaves the stage at that. */
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
  return {
    key: createVisitKey(startedAt, random),
    contact,
    direction: 'inbound',
    startedAt,
    tookMs: outcome.timings.totalMs,
    ...sessionFinding(outcome),
    pong: null,
    enr: null,
    neighbours: null,
  };
}
