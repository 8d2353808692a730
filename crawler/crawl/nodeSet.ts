import { formatEnode, idHash } from '../wire/nodeEndpoint.ts';
import type { NodeSetEntry } from './nodesJson.ts';
import type { VisitOutcome, VisitTarget } from './visit.ts';

/** No more than is written: an outcome holds hundreds of neighbours. */
interface Kept {
  readonly target: VisitTarget;
  readonly seq: bigint;
  /** Its signed record, where it ever showed one. */
  readonly record: string | null;
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
    // A node that dials us was not checked: it neither gains nor loses.
    if (outcome.direction === 'inbound') return;
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
      target: outcome.target,
      seq: outcome.enr?.seq ?? kept?.seq ?? 0n,
      record: outcome.enr?.text ?? kept?.record ?? null,
      score: (kept?.score ?? 0) + 1,
      firstResponseAt: kept?.firstResponseAt ?? at,
      lastResponseAt: at,
      lastCheckAt: at,
    });
  }

  *entries(): Generator<NodeSetEntry> {
    for (const { target, record, ...kept } of this.#kept.values()) {
      yield { ...kept, idHash: idHash(target.id), record: record ?? formatEnode(target) };
    }
  }
}
