/**
 * A search for the last block that two sides share, by asking one node of each side for headers in between. At `agree`
 * they still share a chain; at `differ` they do not.
 */
export interface AncestorSearch {
  readonly agree: bigint;
  readonly differ: bigint;
  /** Heights in between at which a side gave no answer. */
  readonly silent: readonly bigint[];
}

export type AncestorStep =
  | { readonly at: 'ask'; readonly height: bigint }
  | { readonly at: 'found'; readonly ancestor: bigint }
  /** No header in between came: the ancestor is between `agree` and `differ - 1`. */
  | { readonly at: 'narrowed'; readonly agree: bigint; readonly differ: bigint };

/** What each side's node has at the requested height; null = no answer. */
export interface AncestorAnswer {
  readonly height: bigint;
  readonly one: string | null;
  readonly other: string | null;
}

/** After this many heights without an answer, the search returns what it has. */
export const maxSilentHeights = 8;

/** @param agree a height at which both have the same block: 0 if they have the same genesis */
export function startAncestorSearch(differ: bigint, agree = 0n): AncestorSearch {
  return { agree, differ, silent: [] };
}

/** The header to ask both sides for next, or what was found. At most log2(differ - agree) answers are needed. */
export function nextAncestorStep({ agree, differ, silent }: AncestorSearch): AncestorStep {
  if (differ - agree <= 1n) return { at: 'found', ancestor: agree };
  const middle = (agree + differ) / 2n;
  const height = silent.length >= maxSilentHeights ? null : nearest(middle, agree, differ, new Set(silent));
  return height === null ? { at: 'narrowed', agree, differ } : { at: 'ask', height };
}

/** The search after an answer. A late answer, or one for a height outside the search, changes nothing. */
export function takeAncestorAnswer(search: AncestorSearch, answer: AncestorAnswer): AncestorSearch {
  const { agree, differ, silent } = search;
  const { height, one, other } = answer;
  if (height <= agree || height >= differ) return search;
  if (one === null || other === null) {
    return silent.includes(height) ? search : { agree, differ, silent: [...silent, height] };
  }
  const bounds = one === other ? { agree: height, differ } : { agree, differ: height };
  return { ...bounds, silent: silent.filter((quiet) => quiet > bounds.agree && quiet < bounds.differ) };
}

/** The untried height closest to the middle. */
function nearest(middle: bigint, agree: bigint, differ: bigint, tried: ReadonlySet<bigint>): bigint | null {
  for (let step = 0n; step <= BigInt(tried.size); step++) {
    for (const height of [middle + step, middle - step]) {
      if (height > agree && height < differ && !tried.has(height)) return height;
    }
  }
  return null;
}
