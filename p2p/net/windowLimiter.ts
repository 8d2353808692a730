/** Allows each key so many events in each window of time, counted from its first event. */
export class WindowLimiter {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #maxKeys: number;
  /** BOUNDED: by maxKeys; the key whose window began first makes room, and begins anew when it comes back. */
  readonly #windows = new Map<string, { readonly endsAt: number; used: number }>();

  constructor(limit: number, windowMs: number, maxKeys: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#maxKeys = maxKeys;
  }

  /** Keys remembered. */
  get size(): number {
    return this.#windows.size;
  }

  /** Whether one more event of `key` is allowed at `now` (ms); if so it is counted. */
  allows(key: string, now: number): boolean {
    const window = this.#windows.get(key);
    if (window !== undefined && now < window.endsAt) {
      if (window.used >= this.#limit) return false;
      window.used += 1;
      return true;
    }
    // Deleting first keeps the map in the order in which windows began.
    this.#windows.delete(key);
    this.#makeRoom();
    this.#windows.set(key, { endsAt: now + this.#windowMs, used: 1 });
    return true;
  }

  #makeRoom(): void {
    if (this.#windows.size < this.#maxKeys) return;
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined) this.#windows.delete(oldest);
  }
}
