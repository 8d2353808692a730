import type { Clock, TextAnswer, Texts } from '../ports.ts';
import { defaultTreeLimits, type TreeFindings, TreeSync } from '../protocol/treeSync.ts';
import { bytesToKey } from '../wire/bytes.ts';
import type { TreeLink } from '../wire/dnsTree.ts';
import type { Enr } from '../wire/enr.ts';
import type { Curve } from '../wire/secp256k1.ts';

interface FetchTreesDeps {
  readonly curve: Curve;
  readonly clock: Clock;
  readonly texts: Texts;
}

interface FetchTreesOptions {
  /** Of the newest root that was seen of a tree; an older one is refused. */
  readonly knownSeq?: (link: TreeLink) => bigint;
  /** Trees in all, with those that others name. */
  readonly maxTrees?: number;
  /** Questions to the name server at a time, and time between two that begin: public ones limit who asks much. */
  readonly concurrency?: number;
  readonly pauseMs?: number;
  /** The text of an entry that is known from before: its name is its hash, so it never changes. It is not asked for. */
  readonly known?: (name: string) => string | undefined;
  /** Called with each record as it is found, long before a large tree is read. */
  readonly onRecord?: (enr: Enr) => void;
}

/** Known entries between two pauses, so that others get their turn. */
const knownAtOnce = 64;

interface FetchedTree extends TreeFindings {
  readonly link: TreeLink;
}

/**
 * Reads trees from DNS, and those that they name, each once. A tree that is bad or away is told in its faults; only
 * `signal` ends it early, with what was found so far.
 */
export async function fetchTrees(
  { curve, clock, texts }: FetchTreesDeps,
  links: readonly TreeLink[],
  signal: AbortSignal,
  {
    knownSeq = () => 0n,
    maxTrees = 16,
    concurrency = 8,
    pauseMs = 50,
    known = () => undefined,
    onRecord,
  }: FetchTreesOptions = {},
): Promise<FetchedTree[]> {
  const trees: FetchedTree[] = [];
  const queue = [...links];
  // BOUNDED: by `maxTrees`.
  const seen = new Set<string>();
  for (let link = queue.shift(); link !== undefined && seen.size < maxTrees; link = queue.shift()) {
    // By key too: anybody may name a domain with a wrong one.
    const tree = `${bytesToKey(link.publicKey)}${link.domain.toLowerCase()}`;
    if (seen.has(tree) || signal.aborted) continue;
    seen.add(tree);
    const sync = new TreeSync(curve, link, knownSeq(link), defaultTreeLimits);
    await read(sync, link.domain);
    trees.push({ link, ...sync.found });
    queue.push(...sync.found.links);
  }
  return trees;

  /** Nothing of it is under way any more when it is over. */
  async function read(sync: TreeSync, root: string): Promise<void> {
    // BOUNDED: by `concurrency`.
    const underWay = new Set<Promise<void>>();
    let atOnce = 0;
    let told = 0;
    const answered = (name: string, answer: TextAnswer): void => {
      sync.answered(name, answer);
      for (const enr of sync.found.records.slice(told)) onRecord?.(enr);
      told = sync.found.records.length;
    };
    while (!sync.isDone && !signal.aborted) {
      const name = underWay.size < concurrency ? sync.next() : null;
      if (name === null) {
        await Promise.race(underWay);
        continue;
      }
      const text = name === root ? undefined : known(name);
      if (text !== undefined) {
        answered(name, { at: 'found', texts: [text] });
        if (++atOnce % knownAtOnce === 0) await clock.sleep(0, signal);
        continue;
      }
      const answer = texts.lookUpTexts(name, signal).then((found) => {
        answered(name, found);
        underWay.delete(answer);
      });
      underWay.add(answer);
      await clock.sleep(pauseMs, signal);
    }
    await Promise.all(underWay);
  }
}
