/**
 * Bytes of a stream that have been received but not yet taken. Appending is amortised O(1) however small the pieces are.
 * BOUNDED: by its user, which takes bytes or gives up before it can grow: `size` never exceeds what was pushed since.
 */
export class ByteQueue {
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;

  /** Bytes waiting. */
  get size(): number {
    return this.#end - this.#start;
  }

  push(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) {
      const waiting = this.#buffer.subarray(this.#start, this.#end);
      const need = waiting.length + bytes.length;
      if (need > this.#buffer.length) this.#buffer = new Uint8Array(Math.max(need, this.#buffer.length * 2, 256));
      // `set` copies correctly when both lie in one buffer.
      this.#buffer.set(waiting, 0);
      this.#start = 0;
      this.#end = waiting.length;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The first `length` bytes, left in place; null while fewer are waiting. Valid until the next `push`. */
  peek(length: number): Uint8Array | null {
    return this.size < length ? null : this.#buffer.subarray(this.#start, this.#start + length);
  }

  /** Takes the first `length` bytes as a copy; null, taking none, while fewer are waiting. */
  take(length: number): Uint8Array | null {
    const bytes = this.peek(length);
    if (bytes === null) return null;
    const taken = new Uint8Array(bytes);
    this.#start += length;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return taken;
  }

  /** Forgets everything, memory included. */
  clear(): void {
    this.#buffer = new Uint8Array(0);
    this.#start = this.#end = 0;
  }
}
