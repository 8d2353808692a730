interface Entry<K, V> {
  readonly key: K;
  value: V;
  older: Entry<K, V> | null;
  newer: Entry<K, V> | null;
}

/**
 * A Map that never holds more than `limit` entries: setting one more drops the entry that was set longest ago.
 * Setting an entry again makes it the youngest; reading does not.
 *
 * The order is kept in a separate list. The order of a Map cannot be used: an iterator over it keeps every table that
 * the Map ever had alive, and a new iterator has to step over every hole that deletions have left.
 */
export class BoundedMap<K, V> {
  // BOUNDED: by `limit`.
  readonly #entries = new Map<K, Entry<K, V>>();
  readonly #limit: number;
  #oldest: Entry<K, V> | null = null;
  #youngest: Entry<K, V> | null = null;

  constructor(limit: number) {
    if (!(limit >= 1)) throw new RangeError(`limit must be at least 1, got ${limit}`);
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: K, value: V): void {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.value = value;
      if (known === this.#youngest) return;
      this.#unlink(known);
      this.#append(known);
      return;
    }
    const entry = { key, value, older: null, newer: null };
    this.#entries.set(key, entry);
    this.#append(entry);
    if (this.#entries.size > this.#limit && this.#oldest !== null) this.delete(this.#oldest.key);
  }

  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#unlink(entry);
    return true;
  }

  clear(): void {
    this.#entries.clear();
    this.#oldest = null;
    this.#youngest = null;
  }

  /** All entries, the one set longest ago first. Nothing may be set or deleted before the walk ends. */
  *entries(): Generator<[K, V], void, undefined> {
    for (let entry = this.#oldest; entry !== null; entry = entry.newer) yield [entry.key, entry.value];
  }

  /** All values, the one set longest ago first. Nothing may be set or deleted before the walk ends. */
  *values(): Generator<V, void, undefined> {
    for (let entry = this.#oldest; entry !== null; entry = entry.newer) yield entry.value;
  }

  /** Drops the entries set longest ago for as long as they are `stale`. */
  dropWhile(stale: (value: V) => boolean): void {
    while (this.#oldest !== null && stale(this.#oldest.value)) this.delete(this.#oldest.key);
  }

  #append(entry: Entry<K, V>): void {
    entry.older = this.#youngest;
    if (this.#youngest === null) this.#oldest = entry;
    else this.#youngest.newer = entry;
    this.#youngest = entry;
  }

  #unlink(entry: Entry<K, V>): void {
    const { older, newer } = entry;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#youngest = older;
    else newer.older = older;
    entry.older = null;
    entry.newer = null;
  }
}
