import type { TextAnswer } from '../ports.ts';
import {
  DnsTreeError,
  type DnsTreeErrorDetail,
  isRootText,
  parseTreeEntry,
  parseTreeRoot,
  type TreeLink,
} from '../wire/dnsTree.ts';
import type { Enr } from '../wire/enr.ts';
import type { Curve } from '../wire/secp256k1.ts';

/** What a tree may cost at the most. */
export interface TreeLimits {
  readonly maxEntries: number;
  readonly maxDepth: number;
  readonly maxLinks: number;
}

/** The largest published trees have some 10,000 entries, 13 a branch: five deep. */
export const defaultTreeLimits: TreeLimits = { maxEntries: 50_000, maxDepth: 12, maxLinks: 64 };

export interface TreeFindings {
  readonly records: readonly Enr[];
  /** Other trees that it names. */
  readonly links: readonly TreeLink[];
  readonly seq: bigint | null;
  /** Entries that were bad or missing; the rest of the tree counts. BOUNDED: by its entries. */
  readonly faults: readonly DnsTreeError[];
}

interface Awaited {
  readonly part: 'root' | 'records' | 'links';
  readonly depth: number;
  /** Nobody answered the first time: once more, after all others, and then it is missing. */
  readonly isSecond: boolean;
}

/**
 * Reads one tree, a name at a time, in whatever order names are answered (dnsdisc.md, "Client Protocol"). Sans-IO: it
 * says which names are to be looked up and takes their texts. Nothing counts but what the signed root leads to.
 */
export class TreeSync {
  readonly #curve: Curve;
  readonly #link: TreeLink;
  readonly #limits: TreeLimits;
  readonly #knownSeq: bigint;
  // BOUNDED: by `maxEntries`; names to be looked up.
  readonly #next: { readonly name: string; readonly awaited: Awaited }[] = [];
  // BOUNDED: by `maxEntries`; names under way.
  readonly #asked = new Map<string, Awaited>();
  // BOUNDED: by `maxEntries`: no entry is followed twice, so that no circle is endless.
  readonly #seen = new Set<string>();
  readonly #found: { records: Enr[]; links: TreeLink[]; seq: bigint | null; faults: DnsTreeError[] } = {
    records: [],
    links: [],
    seq: null,
    faults: [],
  };

  /** `knownSeq`: of the newest root that was seen before; an older one is refused. */
  constructor(curve: Curve, link: TreeLink, knownSeq = 0n, limits = defaultTreeLimits) {
    this.#curve = curve;
    this.#link = link;
    this.#knownSeq = knownSeq;
    this.#limits = limits;
    this.#next.push({ name: link.domain, awaited: { part: 'root', depth: 0, isSecond: false } });
  }

  /** A name to look up; null if there is none at the moment. */
  next(): string | null {
    const next = this.#next.pop();
    if (next === undefined) return null;
    this.#asked.set(next.name, next.awaited);
    return next.name;
  }

  get isDone(): boolean {
    return this.#next.length === 0 && this.#asked.size === 0;
  }

  get found(): TreeFindings {
    return this.#found;
  }

  /** What became of a name that was to be looked up. */
  answered(name: string, answer: TextAnswer): void {
    const awaited = this.#asked.get(name);
    if (awaited === undefined) return;
    this.#asked.delete(name);
    if (answer.at === 'unanswered' && !awaited.isSecond) {
      this.#next.unshift({ name, awaited: { ...awaited, isSecond: true } });
      return;
    }
    try {
      if (answer.at === 'unanswered') fail({ code: 'treeUnanswered', name });
      const texts = answer.at === 'found' ? answer.texts : [];
      if (awaited.part === 'root') this.#root(name, texts);
      else this.#entry(name, texts, awaited);
    } catch (error) {
      if (!(error instanceof DnsTreeError)) throw error;
      this.#found.faults.push(error);
    }
  }

  #root(name: string, texts: readonly string[]): void {
    const text = texts.find(isRootText) ?? fail({ code: 'treeMissing', name });
    const root = parseTreeRoot(this.#curve, text, this.#link.publicKey);
    if (root.seq < this.#knownSeq) fail({ code: 'treeSequence', seq: String(root.seq) });
    this.#found.seq = root.seq;
    this.#follow(root.records, { part: 'records', depth: 1, isSecond: false });
    this.#follow(root.links, { part: 'links', depth: 1, isSecond: false });
  }

  #entry(name: string, texts: readonly string[], { part, depth }: Awaited): void {
    const label = name.slice(0, -this.#link.domain.length - 1);
    const text = texts.find((one) => one.startsWith('enr')) ?? fail({ code: 'treeMissing', name: label });
    const entry = parseTreeEntry(this.#curve, label, text);
    switch (entry.kind) {
      case 'branch':
        for (const child of entry.children) this.#follow(child, { part, depth: depth + 1, isSecond: false });
        return;
      case 'record':
        if (part !== 'records') fail({ code: 'treeMisplaced', name: label });
        this.#found.records.push(entry.enr);
        return;
      case 'link':
        if (part !== 'links') fail({ code: 'treeMisplaced', name: label });
        if (this.#found.links.length >= this.#limits.maxLinks) fail({ code: 'treeLimit', of: 'links' });
        this.#found.links.push(entry.link);
    }
  }

  #follow(label: string, awaited: Awaited): void {
    if (this.#seen.has(label)) return;
    if (awaited.depth > this.#limits.maxDepth) fail({ code: 'treeLimit', of: 'depth' });
    if (this.#seen.size >= this.#limits.maxEntries) fail({ code: 'treeLimit', of: 'entries' });
    this.#seen.add(label);
    this.#next.push({ name: `${label}.${this.#link.domain}`, awaited });
  }
}

function fail(detail: DnsTreeErrorDetail): never {
  throw new DnsTreeError(detail);
}
