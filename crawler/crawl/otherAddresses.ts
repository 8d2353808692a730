import type { NodeEndpoint } from '../../p2p/wire/nodeEndpoint.ts';

/** An address that somebody named for a node, and when it was asked there; null = not yet. */
interface Candidate extends NodeEndpoint {
  askedAt: number | null;
}

/** Most addresses remembered for a silent node besides its own: anybody can name any number. */
export const maxOtherAddresses = 4;

/** Before any time. A finite number, because differences are taken. */
const never = -1;

/**
 * Where else a silent node may be. Each is asked in turn. One that was asked in vain gives way to one that was not asked
 * yet, so that who names a wrong address first does not keep the right one from its turn.
 */
export class OtherAddresses {
  /** BOUNDED: by maxOtherAddresses. */
  readonly #list: Candidate[] = [];
  #ownAskedAt: number;

  /** The node's own address was asked by now, or never. */
  constructor(ownAskedAt: number | null) {
    this.#ownAskedAt = ownAskedAt ?? never;
  }

  /** Whether there is one that was not asked yet. */
  get fresh(): boolean {
    return this.#list.some(({ askedAt }) => askedAt === null);
  }

  has({ ip, udp }: NodeEndpoint): boolean {
    return this.#list.some((other) => other.ip === ip && other.udp === udp);
  }

  /** Whether one more would be remembered. */
  get hasRoom(): boolean {
    return this.#list.length < maxOtherAddresses || this.#list.some(({ askedAt }) => askedAt !== null);
  }

  add({ ip, udp, tcp }: NodeEndpoint): void {
    if (this.#list.length >= maxOtherAddresses) {
      const [asked] = this.#list.filter(({ askedAt }) => askedAt !== null).toSorted(byTurn);
      if (asked === undefined) return;
      this.#list.splice(this.#list.indexOf(asked), 1);
    }
    this.#list.push({ ip, udp, tcp, askedAt: null });
  }

  asked({ ip, udp }: NodeEndpoint, now: number): void {
    const other = this.#list.find((one) => one.ip === ip && one.udp === udp);
    if (other === undefined) this.#ownAskedAt = now;
    else other.askedAt = now;
  }

  /** The address whose turn it is; null = the node's own. That one has every second turn if it was proven. */
  next(isProven: boolean): NodeEndpoint | null {
    const [first] = this.#list.toSorted(byTurn);
    if (first === undefined) return null;
    const isOwn = isProven ? this.#lastAskedAt() > this.#ownAskedAt : (first.askedAt ?? never) >= this.#ownAskedAt;
    return isOwn ? null : first;
  }

  #lastAskedAt(): number {
    return Math.max(...this.#list.map(({ askedAt }) => askedAt ?? Number.NEGATIVE_INFINITY));
  }
}

/** Not asked first, then the longest ago. */
function byTurn(a: Candidate, b: Candidate): number {
  return (a.askedAt ?? never) - (b.askedAt ?? never);
}
