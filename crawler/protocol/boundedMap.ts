/**
 * A Map that never holds more than `limit` entries: setting one more drops the entry that was set longest ago.
 * Setting an entry again makes it the youngest; reading does not.
 */
export class BoundedMap<K, V> {
  // BOUNDED: by `limit`.
  private readonly entries = new Map<K, V>();
  private readonly limit: number;
  // One iterator for good: all before it is gone, and a new one would step over every hole that was left there.
  private oldest: MapIterator<K>;

  constructor(limit: number) {
    if (!(limit >= 1)) throw new RangeError(`limit must be at least 1, got ${limit}`);
    this.limit = limit;
    this.oldest = this.entries.keys();
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
    if (this.entries.size > this.limit) this.dropOldest();
  }

  delete(key: K): boolean {
    return this.entries.delete(key);
  }

  private dropOldest(): void {
    let next = this.oldest.next();
    if (next.done === true) {
      this.oldest = this.entries.keys();
      next = this.oldest.next();
    }
    if (next.done !== true) this.entries.delete(next.value);
  }
}
