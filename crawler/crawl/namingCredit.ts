import { hostKey } from '../../lib/ipAddress.ts';
import { BoundedMap } from '../protocol/boundedMap.ts';

export interface NamingLimits {
  /** New nodes that a source may name before any of them answered. */
  readonly first: number;
  /** More for each of them that answers: honest tables hold dead nodes too, nine in ten at the worst. */
  readonly perProven: number;
  /** Sources remembered; one that is forgotten begins anew. */
  readonly maxSources: number;
}

export const defaultNamingLimits: NamingLimits = { first: 32, perProven: 10, maxSources: 200_000 };

interface Account {
  named: number;
  proven: number;
}

/**
 * How many unknown nodes a source (an IP, of IPv6 a /64) may make us ask: a few, and more as those that it named turn out to be there.
 * Who names only nodes that do not exist costs little, however many he makes up.
 */
export class NamingCredit {
  readonly #limits: NamingLimits;
  /** BOUNDED: by maxSources. */
  readonly #accounts: BoundedMap<string, Account>;

  constructor(limits: NamingLimits = defaultNamingLimits) {
    this.#limits = limits;
    this.#accounts = new BoundedMap(limits.maxSources);
  }

  get size(): number {
    return this.#accounts.size;
  }

  /** Takes a place for one new node; false when this source has none left. */
  spend(source: string): boolean {
    const key = hostKey(source);
    const account = this.#accounts.get(key) ?? this.#open(key);
    if (account.named >= this.#limits.first + this.#limits.perProven * account.proven) return false;
    account.named += 1;
    return true;
  }

  /** A node that this source named first has answered. */
  earn(source: string): void {
    const account = this.#accounts.get(hostKey(source));
    if (account !== undefined) account.proven += 1;
  }

  #open(key: string): Account {
    const account = { named: 0, proven: 0 };
    this.#accounts.set(key, account);
    return account;
  }
}
