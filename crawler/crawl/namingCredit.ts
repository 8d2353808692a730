import { BoundedMap } from '../../lib/boundedMap.ts';
import { hostKey } from '../../lib/ipAddress.ts';

export interface NamingLimits {
  /** How many new nodes a source may name before any of them has answered. */
  readonly first: number;
  /** The same for a source chosen by the operator: what a walk through all its buckets brings. */
  readonly firstOfTrusted: number;
  /** How many more for each that answers: honest tables hold dead nodes too, at worst nine in ten. */
  readonly perProven: number;
  /** Most sources remembered; a forgotten one starts again. */
  readonly maxSources: number;
}

const defaultNamingLimits: NamingLimits = { first: 16, firstOfTrusted: 272, perProven: 10, maxSources: 200_000 };

interface Account {
  named: number;
  proven: number;
}

const noAccount: Readonly<Account> = { named: 0, proven: 0 };

/**
 * How many unknown nodes a source (an IP, of IPv6 a /64) may make us ask: a few, and more as those that it named turn out to be there.
 * A source that names only nodes that do not exist costs little, however many it invents.
 */
export class NamingCredit {
  readonly #limits: NamingLimits;
  /** BOUNDED: by maxSources. */
  readonly #accounts: BoundedMap<string, Account>;
  /** BOUNDED: by the bootnodes. */
  readonly #trusted = new Set<string>();

  constructor(limits: NamingLimits = defaultNamingLimits) {
    this.#limits = limits;
    this.#accounts = new BoundedMap(limits.maxSources);
  }

  get size(): number {
    return this.#accounts.size;
  }

  /** A bootnode: a crawl that starts from it must not end because the first nodes it names are dead. */
  trust(source: string): void {
    this.#trusted.add(hostKey(source));
  }

  /** Whether this source may name one more. */
  has(source: string): boolean {
    const key = hostKey(source);
    const { named, proven } = this.#accounts.get(key) ?? noAccount;
    const { first, firstOfTrusted, perProven } = this.#limits;
    const start = this.#trusted.has(key) ? firstOfTrusted : first;
    return named < start + perProven * proven;
  }

  /** Reserves one new node; false if this source has no credit left. */
  spend(source: string): boolean {
    if (!this.has(source)) return false;
    const key = hostKey(source);
    const account = this.#accounts.get(key) ?? this.#open(key);
    account.named += 1;
    return true;
  }

  /** A node that this source named first has answered. */
  earn(source: string): void {
    const key = hostKey(source);
    const account = this.#accounts.get(key);
    if (account === undefined) return;
    account.proven += 1;
    // Who was right is forgotten after those who were not.
    this.#accounts.set(key, account);
  }

  #open(key: string): Account {
    const account = { named: 0, proven: 0 };
    this.#accounts.set(key, account);
    return account;
  }
}
