import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { VisitRecord } from './visit.ts';

/** One of our identities, as the nodes of its network see it. */
export interface Presence {
  /** Null for the discovery identity, which is not on a network. */
  readonly network: { readonly slug: string } | null;
  /** Never rejects. */
  readonly pump: { ping(contact: NodeContact): Promise<unknown> };
}

const maxUnderWay = 64;

/**
 * Makes our presence on each watched network known to its nodes: a PING after a visit, so that they add us to their
 * tables and dial us. Full nodes give their name only to nodes that they dial.
 */
export class Presences {
  /** BOUNDED: by the watched networks. */
  readonly #identities = new Map<string, Presence>();
  #underWay = 0;
  #skipped = 0;

  add(identity: Presence): void {
    if (identity.network !== null) this.#identities.set(identity.network.slug, identity);
  }

  /** Introductions skipped because too many were under way. */
  get skipped(): number {
    return this.#skipped;
  }

  visited({ outcome, network }: VisitRecord): void {
    if (network?.slug != null && outcome.pong !== null && outcome.answers.discv4 === true)
      this.introduce(network.slug, outcome.contact);
  }

  /** BOUNDED: at most maxUnderWay at a time; the rest wait for the node's next visit. */
  introduce(slug: string, contact: NodeContact): void {
    const identity = this.#identities.get(slug);
    if (identity === undefined) return;
    if (this.#underWay >= maxUnderWay) {
      this.#skipped++;
      return;
    }
    this.#underWay++;
    void identity.pump.ping(contact).finally(() => this.#underWay--);
  }
}
