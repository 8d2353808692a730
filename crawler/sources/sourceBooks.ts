import type { Sources } from './selectSources.ts';

export const sourceKinds = ['file', 'dns'] as const;
export type SourceKind = (typeof sourceKinds)[number];
export const sourceStates = ['waiting', 'whole', 'partial', 'failed'] as const;
type SourceState = (typeof sourceStates)[number];
export const readResults = ['whole', 'unchanged', 'partial', 'failed'] as const;
type ReadResult = (typeof readResults)[number];

interface SourceBook {
  readonly kind: SourceKind;
  state: SourceState;
  /** That it named when it was read last, or as it was kept. */
  nodes: number;
  bad: number;
  /** When it was last read with success, ms since the epoch; since the start if never. */
  readAt: number | null;
}

/** How each source stands, for metrics. */
export class SourceBooks {
  /** BOUNDED: by the settings. */
  readonly #books: ReadonlyMap<string, SourceBook>;
  /** BOUNDED: by kinds and results. */
  readonly #reads = new Map<string, number>();

  readonly #startedAt: number;

  constructor({ files, trees }: Sources, startedAt: number) {
    this.#startedAt = startedAt;
    const book = (kind: SourceKind): SourceBook => ({ kind, state: 'waiting', nodes: 0, bad: 0, readAt: null });
    this.#books = new Map([
      ...files.map(({ path }) => [path, book('file')] as const),
      ...trees.map(({ link }) => [link.text, book('dns')] as const),
    ]);
  }

  /** A source was read; `nodes` null = what it named before stays. */
  read(name: string, result: ReadResult, nodes: number | null, bad: number, now: number): void {
    const book = this.of(name);
    const key = `${book.kind} ${result}`;
    this.#reads.set(key, (this.#reads.get(key) ?? 0) + 1);
    if (result === 'unchanged') book.state = 'whole';
    else book.state = result;
    if (result === 'failed') return;
    book.readAt = now;
    if (nodes === null) return;
    book.nodes = nodes;
    book.bad = bad;
  }

  /** It is taken up as it was kept. */
  recalled(name: string, nodes: number): void {
    this.of(name).nodes = nodes;
  }

  of(name: string): SourceBook {
    const book = this.#books.get(name);
    if (book === undefined) throw new Error(`no such source: ${name}`);
    return book;
  }

  count(kind: SourceKind, state: SourceState): number {
    return [...this.#books.values()].filter((book) => book.kind === kind && book.state === state).length;
  }

  sum(kind: SourceKind, what: 'nodes' | 'bad'): number {
    return [...this.#books.values()].reduce((sum, book) => sum + (book.kind === kind ? book[what] : 0), 0);
  }

  /** How long ago the list in DNS was read that this is longest ago of. */
  oldestMs(now: number): number {
    const ages = [...this.#books.values()].flatMap(({ kind, readAt }) =>
      kind === 'dns' ? now - (readAt ?? this.#startedAt) : [],
    );
    return Math.max(0, ...ages);
  }

  reads(kind: SourceKind, result: ReadResult): number {
    return this.#reads.get(`${kind} ${result}`) ?? 0;
  }
}
