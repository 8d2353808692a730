import { BoundedMap } from './boundedMap.ts';
import type { Rate } from './rateLimiter.ts';

/** Bytes that may be sent to senders without endpoint proof beyond what came from them. */
export interface StrangerLimits {
  readonly perSource: Rate;
  /** However many sources they pretend to be. */
  readonly inAll: Rate;
}

interface Account {
  readonly bytes: number;
  readonly at: number;
}

/**
 * Keeps a forged source address from drawing traffic onto whoever has it: until an endpoint is proven, hardly more goes
 * there than came from there. A PONG is larger than its PING by design, and a PING of ours goes with it; so each source
 * has a small allowance for making acquaintance, which its proof restores, and all sources together have one too.
 */
export class StrangerCredit {
  readonly #limits: StrangerLimits;
  // BOUNDED: by `maxSources`; one that is forgotten begins anew, within the allowance of all.
  readonly #sources: BoundedMap<string, Account>;
  #all: Account;

  constructor(limits: StrangerLimits, maxSources: number) {
    this.#limits = limits;
    this.#sources = new BoundedMap(maxSources);
    this.#all = { bytes: limits.inAll.burst, at: Number.NEGATIVE_INFINITY };
  }

  get size(): number {
    return this.#sources.size;
  }

  /** So many bytes came from a source without proof. */
  earn(source: string, bytes: number, now: number): void {
    this.#book(source, bytes, now);
  }

  /** So many go there. */
  spend(source: string, bytes: number, now: number): void {
    this.#book(source, -bytes, now);
  }

  affords(source: string, bytes: number, now: number): boolean {
    const { perSource, inAll } = this.#limits;
    return (
      bytes <= filled(this.#sources.get(source), perSource, now).bytes && bytes <= filled(this.#all, inAll, now).bytes
    );
  }

  /** Somebody at this source proved to receive what is sent there: no victim got it, and another may make acquaintance. */
  restore(source: string, now: number): void {
    const account = this.#sources.get(source);
    if (account === undefined) return;
    const { perSource, inAll } = this.#limits;
    this.#sources.delete(source);
    this.#all = booked(filled(this.#all, inAll, now), perSource.burst - filled(account, perSource, now).bytes, inAll);
  }

  #book(source: string, bytes: number, now: number): void {
    const { perSource, inAll } = this.#limits;
    this.#sources.set(source, booked(filled(this.#sources.get(source), perSource, now), bytes, perSource));
    this.#all = booked(filled(this.#all, inAll, now), bytes, inAll);
  }
}

function filled(account: Account | undefined, { perSecond, burst }: Rate, now: number): Account {
  if (account === undefined || account.at === Number.NEGATIVE_INFINITY) return { bytes: burst, at: now };
  const gained = (Math.max(0, now - account.at) * perSecond) / 1000;
  return { bytes: Math.min(burst, account.bytes + gained), at: now };
}

function booked(account: Account, bytes: number, { burst }: Rate): Account {
  return { ...account, bytes: Math.min(burst, account.bytes + bytes) };
}
