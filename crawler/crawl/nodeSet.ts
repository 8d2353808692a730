import { keyToBytes } from '../../p2p/wire/bytes.ts';
import { formatEnode, idHash } from '../../p2p/wire/nodeEndpoint.ts';
import type { NodeSetEntry } from './nodesJson.ts';
import type { VisitOutcome } from './visit.ts';

/** Only what is written, and the key only once, as the Map's key. */
interface Kept {
  readonly seq: bigint;
  /** Its signed record, if it ever showed one; otherwise its enode URL. */
  readonly record: string;
  readonly score: number;
  readonly firstResponseAt: number;
  readonly lastResponseAt: number;
  readonly lastCheckAt: number;
}

/** The source of geth's node set file: every node that answered, scored as by geth's crawler. */
export class NodeSet {
  /** BOUNDED: by the frontier's limit; only nodes that answered at least once. */
  readonly #kept = new Map<string, Kept>();

  visited(idKey: string, outcome: VisitOutcome): void {
    // A node that dialled us was not checked: its score does not change.
    if (outcome.direction === 'inbound') return;
    const kept = this.#kept.get(idKey);
    const at = outcome.startedAt + outcome.tookMs;
    if (outcome.pong === null) {
      if (kept === undefined) return;
      const score = kept.score >> 1;
      if (score === 0) this.#kept.delete(idKey);
      else this.#kept.set(idKey, { ...kept, score, lastCheckAt: at });
      return;
    }
    const signed = outcome.enr?.text ?? (kept?.record.startsWith('enr:') ? kept.record : null);
    this.#kept.set(idKey, {
      seq: outcome.enr?.seq ?? kept?.seq ?? 0n,
      record: signed ?? formatEnode(outcome.contact),
      score: (kept?.score ?? 0) + 1,
      firstResponseAt: kept?.firstResponseAt ?? at,
      lastResponseAt: at,
      lastCheckAt: at,
    });
  }

  /** The frontier has forgotten it. */
  forget(idKey: string): void {
    this.#kept.delete(idKey);
  }

  *entries(): Generator<NodeSetEntry> {
    for (const [idKey, kept] of this.#kept) yield { ...kept, idHash: idHash(keyToBytes(idKey)) };
  }
}
