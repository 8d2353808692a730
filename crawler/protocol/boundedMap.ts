/**
 * A Map that never holds more than `limit` entries: setting one more drops the entry that was set longest ago.
 * Setting an entry again makes it the youngest; reading does not.
 */
export class BoundedMap<K, V> {
  // BOUNDED: by `limit`.
  private readonly entries = new Map<K, V>();
  private readonly limit: number;

  constructor(limit: number) {
    if (!(limit >= 1)) throw new RangeError(`limit must be at least 1, got ${limit}`);
    this.limit = limit;
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: K): V | undefined {
    return this.entries.get(key);
  }

  set(key: K, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.limit) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }

  delete(key: K): boolean {
    return this.entries.delete(key);
  }
}
