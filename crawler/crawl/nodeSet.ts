import { formatEnode, idHash } from '../wire/nodeEndpoint.ts';
import type { NodeSetEntry } from './nodesJson.ts';
import type { VisitOutcome } from './visit.ts';

interface Kept {
  readonly outcome: VisitOutcome;
  readonly score: number;
  readonly firstResponseAt: number;
  readonly lastResponseAt: number;
  readonly lastCheckAt: number;
}

/** What geth's node set file is written from: every node that answered, scored as geth's crawler does. */
export class NodeSet {
  /** BOUNDED: by the frontier's limit; only nodes that answered at least once. */
  readonly #kept = new Map<string, Kept>();

  visited(idHex: string, outcome: VisitOutcome): void {
    const kept = this.#kept.get(idHex);
    const at = outcome.startedAt + outcome.tookMs;
    if (outcome.pong === null) {
      if (kept === undefined) return;
      const score = kept.score >> 1;
      if (score === 0) this.#kept.delete(idHex);
      else this.#kept.set(idHex, { ...kept, score, lastCheckAt: at });
      return;
    }
    this.#kept.set(idHex, {
      outcome: outcome.enr === null && kept?.outcome.enr ? { ...outcome, enr: kept.outcome.enr } : outcome,
      score: (kept?.score ?? 0) + 1,
      firstResponseAt: kept?.firstResponseAt ?? at,
      lastResponseAt: at,
      lastCheckAt: at,
    });
  }

  *entries(): Generator<NodeSetEntry> {
    for (const { outcome, ...times } of this.#kept.values()) {
      const { target, enr } = outcome;
      yield { ...times, idHash: idHash(target.id), seq: enr?.seq ?? 0n, record: enr?.text ?? formatEnode(target) };
    }
  }
}
