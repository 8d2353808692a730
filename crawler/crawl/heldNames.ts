import { BoundedMap } from '../../lib/boundedMap.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';

/** One walk through all buckets names at most about this many. */
const maxHeldPerSource = 272;
const maxHeldSources = 500;

/** Nodes named by sources without credit: kept until one that the source named before answers; the oldest sources make room. */
export class HeldNames {
  /** BOUNDED: by maxHeldSources, maxHeldPerSource each. */
  readonly #held = new BoundedMap<string, NodeContact[]>(maxHeldSources);
  #most = 0;

  get sources(): number {
    return this.#held.size;
  }

  /** The most that were ever held of one source. */
  get most(): number {
    return this.#most;
  }

  hold(source: string, contact: NodeContact): void {
    let held = this.#held.get(source);
    if (held === undefined) {
      held = [];
      this.#held.set(source, held);
    }
    if (held.length >= maxHeldPerSource) return;
    held.push(contact);
    this.#most = Math.max(this.#most, held.length);
  }

  /** What is held of a source, and is no longer. */
  take(source: string): readonly NodeContact[] {
    const held = this.#held.get(source) ?? [];
    this.#held.delete(source);
    return held;
  }
}
