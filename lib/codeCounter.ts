import { Counter, type Registry } from 'prom-client';

/**
 * A counter with one label whose values are known, for things that happen thousands of times a second: counted in plain
 * numbers, and passed to the registry when it is read. Every label value is there from the first read on.
 */
export class CodeCounter<C extends string> {
  /** BOUNDED: by the codes. */
  readonly #counts: Map<C, number>;

  constructor(
    registry: Registry,
    label: string,
    codes: readonly C[],
    { name, help }: { readonly name: string; readonly help: string },
  ) {
    const counts = new Map(codes.map((code) => [code, 0]));
    this.#counts = counts;
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        this.reset();
        for (const [code, count] of counts) this.inc({ [label]: code }, count);
      },
    });
  }

  inc(code: C, count = 1): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + count);
  }
}
