import { fetchTrees } from '../../p2p/net/fetchTrees.ts';
import type { Clock, TextAnswer, Texts } from '../../p2p/ports.ts';
import { type DnsTreeError, isRootText, type TreeLink } from '../../p2p/wire/dnsTree.ts';
import type { Enr } from '../../p2p/wire/enr.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import { isEntry, isRoot, type KeptTree, keptBytes, keptRoom } from './treeCache.ts';

/**
 * `whole`: the tree and those that it names, as their owners signed them; `partial`: entries are bad or missing; `stopped`:
 * the signal ended it, and what was read so far is kept for the next time.
 */
export type TreeReading =
  | { readonly at: 'whole' | 'partial'; readonly nodes: number; readonly faults: readonly DnsTreeError[] }
  | { readonly at: 'unchanged' }
  | { readonly at: 'failed'; readonly fault: DnsTreeError }
  | { readonly at: 'stopped' };

export interface TreeListDeps {
  readonly curve: Curve;
  readonly clock: Clock;
  readonly texts: Texts;
}

/** The name server's time for a whole list, its texts in all, and the links whose numbers are kept. */
const maxReadingMs = 30 * 60_000;
const maxTexts = 200_000;
const maxSeqs = 64;

/**
 * One list in DNS, read again and again: only its root and the entries that are new are asked for, because the name of an
 * entry is the hash of its text.
 */
export class TreeList {
  readonly #deps: TreeListDeps;
  readonly link: TreeLink;
  #kept: KeptTree;
  /** The root of the last whole reading. */
  #wholeRoot: string | null = null;

  constructor(deps: TreeListDeps, link: TreeLink, kept: KeptTree) {
    this.#deps = deps;
    this.link = link;
    this.#kept = kept;
  }

  /** To be saved once a reading was whole or partial. */
  get kept(): KeptTree {
    return this.#kept;
  }

  /** What was kept of it, without asking anybody. */
  recall(signal: AbortSignal, onRecord: (enr: Enr) => void): Promise<TreeReading> {
    const texts: Texts = {
      lookUpTexts: async (name): Promise<TextAnswer> => {
        const text = this.#kept.texts.get(name);
        return text === undefined ? { at: 'unknown' } : { at: 'found', texts: [text] };
      },
    };
    return this.#read(texts, signal, onRecord, 0);
  }

  /** Asks name servers; records are told as they are found. */
  async refresh(signal: AbortSignal, onRecord: (enr: Enr) => void): Promise<TreeReading> {
    const { texts } = this.#deps;
    if (this.#wholeRoot !== null) {
      const answer = await texts.lookUpTexts(this.link.domain, signal);
      if (answer.at === 'found' && answer.texts.find(isRootText) === this.#wholeRoot) return { at: 'unchanged' };
    }
    return this.#read(texts, signal, onRecord);
  }

  async #read(texts: Texts, stop: AbortSignal, onRecord: (enr: Enr) => void, pauseMs?: number): Promise<TreeReading> {
    const late = new AbortController();
    const cancel = this.#deps.clock.after(maxReadingMs, () => late.abort());
    const signal = AbortSignal.any([stop, late.signal]);
    // BOUNDED: by maxTexts, each of at most 1,024 characters.
    const used = new Map<string, string>();
    const use = (name: string, text: string): void => {
      if (used.size < maxTexts && (isRoot(text) || isEntry(name, text))) used.set(name, text);
    };
    const noting: Texts = {
      lookUpTexts: async (name, until) => {
        const answer = await texts.lookUpTexts(name, until);
        const text = answer.at === 'found' ? answer.texts.find((one) => one.startsWith('enr')) : undefined;
        if (text !== undefined) use(name, text);
        return answer;
      },
    };
    const known = (name: string): string | undefined => {
      const text = this.#kept.texts.get(name);
      if (text !== undefined) use(name, text);
      return text;
    };
    const knownSeq = ({ text }: TreeLink): bigint => this.#kept.seqs.get(text) ?? 0n;
    const trees = await fetchTrees({ ...this.#deps, texts: noting }, [this.link], signal, {
      known,
      knownSeq,
      onRecord,
      ...(pauseMs === undefined ? {} : { pauseMs }),
    }).finally(cancel);
    const wasCut = signal.aborted;
    // What waits for the signal is let go of: `stop` alone lasts as long as the program.
    late.abort();
    const [main, ...others] = trees;
    if (main === undefined || (stop.aborted && main.seq === null)) return { at: 'stopped' };
    const [fault] = main.faults;
    if (main.seq === null && fault !== undefined) return { at: 'failed', fault };
    const faults = [main, ...others].flatMap((tree) => tree.faults);
    const isWhole = faults.length === 0 && !wasCut;
    const read = trees.flatMap(({ link, seq }) => (seq === null ? [] : [{ link, seq }]));
    this.#kept = {
      seqs: this.#seqsAfter(read, isWhole),
      // Of a tree that is not there as a whole, what was known of it stays.
      texts: within([...(isWhole ? [] : this.#kept.texts), ...used], new Set(read.map(({ link }) => link.domain))),
    };
    this.#wholeRoot = isWhole && others.length === 0 ? (used.get(this.link.domain) ?? null) : null;
    if (stop.aborted) return { at: 'stopped' };
    return {
      at: isWhole ? 'whole' : 'partial',
      nodes: trees.reduce((sum, tree) => sum + tree.records.length, 0),
      faults,
    };
  }

  /** The list's own number always stays; those of lists that it names no more go once it was read as a whole. */
  #seqsAfter(
    read: readonly { readonly link: TreeLink; readonly seq: bigint }[],
    isWhole: boolean,
  ): Map<string, bigint> {
    const own = this.link.text;
    const seqs = new Map(isWhole ? [] : [...this.#kept.seqs].filter(([text]) => text !== own).slice(-maxSeqs));
    for (const { link, seq } of read) seqs.set(link.text, seq);
    const ownSeq = seqs.get(own) ?? this.#kept.seqs.get(own);
    const named = [...seqs].filter(([text]) => text !== own).slice(-maxSeqs);
    return new Map(ownSeq === undefined ? named : [[own, ownSeq], ...named]);
  }
}

/** What may be kept, the newest of it: entries, and the roots of these domains alone. */
function within(texts: readonly (readonly [string, string])[], domains: ReadonlySet<string>): Map<string, string> {
  const kept: (readonly [string, string])[] = [];
  let room = keptRoom;
  for (const [name, text] of texts.toReversed()) {
    if (isRoot(text) && !domains.has(name)) continue;
    room -= keptBytes(name, text);
    if (room < 0 || kept.length >= maxTexts) break;
    kept.push([name, text]);
  }
  return new Map(kept.reverse());
}
