/** One node's block at one height, from any source. */
export interface BlockFact {
  /** Node ID in hex, or the name of an RPC endpoint's node. */
  readonly node: string;
  /** What a side counts: the /24 (v6 /48) or, on private networks, the ID. */
  readonly voter: string;
  readonly height: bigint;
  /** Lower-case hex. */
  readonly hash: string;
  /** Contradicted by the node's own header: listed, but counts for no side. */
  readonly forged: boolean;
  readonly source: 'eth' | 'rpc';
}

/** The facts gathered around one moment. A node that gave no answer has no fact in it. */
export interface SplitRound {
  /** ms since the epoch. */
  readonly at: number;
  readonly facts: readonly BlockFact[];
}

export interface SplitRules {
  /** A side counts from this many voters on … */
  readonly minVoters: number;
  /** … and this share of all voters at the height. */
  readonly minShare: number;
  /** The operator's own endpoints are trusted: a side with this many of them counts, however small it is. */
  readonly minEndpoints: number;
  /** Rounds that must show the split before it opens, the last this long after the first. */
  readonly openRounds: number;
  readonly openAfterMs: number;
  /** It closes once the chain has been whole for this long. */
  readonly closeAfterMs: number;
}

export const defaultSplitRules: SplitRules = {
  minVoters: 3,
  minShare: 0.01,
  minEndpoints: Number.POSITIVE_INFINITY,
  openRounds: 2,
  openAfterMs: 600_000,
  closeAfterMs: 3_600_000,
};

/** Nodes that have one block at one height. */
interface SplitSide {
  readonly hash: string;
  readonly voters: number;
  readonly nodes: readonly string[];
  readonly sources: readonly ('eth' | 'rpc')[];
  readonly counts: boolean;
}

export interface HeightVerdict {
  readonly height: bigint;
  /** Most voters first, including the small sides that do not count. */
  readonly sides: readonly SplitSide[];
  /** Distinct voters with a block at this height. */
  readonly voters: number;
  /** Nodes whose headers contradict each other. */
  readonly forgers: readonly string[];
  /** `none`: no side counts, so the height says nothing. */
  readonly verdict: 'split' | 'whole' | 'none';
}

export type SplitState =
  | { readonly at: 'whole' }
  | { readonly at: 'suspected'; readonly since: number; readonly rounds: number }
  | {
      readonly at: 'open';
      readonly since: number;
      readonly wholeSince: number | null;
      /** The lowest height at which it was last seen, with its sides. */
      readonly last: HeightVerdict;
    };

type SplitEvent =
  | { readonly kind: 'opened'; readonly at: number; readonly firstSeenAt: number; readonly evidence: HeightVerdict }
  | { readonly kind: 'closed'; readonly at: number; readonly openedAt: number; readonly last: HeightVerdict };

export interface SplitJudgement {
  readonly state: SplitState;
  /** By height, ascending. */
  readonly heights: readonly HeightVerdict[];
  readonly events: readonly SplitEvent[];
}

export const noSplit: SplitState = { at: 'whole' };

/**
 * One round's step of the judge of one network. A round without evidence (nothing answered, or too few) changes
 * nothing. A split is the network's, not a height's: heights move with the head.
 */
export function judgeSplit(
  state: SplitState,
  round: SplitRound,
  rules: SplitRules = defaultSplitRules,
): SplitJudgement {
  const heights = judgeHeights(round.facts, rules);
  const evidence = heights.find(({ verdict }) => verdict === 'split');
  const step = evidence
    ? whenSplit(state, round.at, evidence, rules)
    : heights.some(({ verdict }) => verdict === 'whole')
      ? whenWhole(state, round.at, rules)
      : { state, events: [] };
  return { ...step, heights };
}

type Step = Pick<SplitJudgement, 'state' | 'events'>;

function whenSplit(state: SplitState, at: number, evidence: HeightVerdict, rules: SplitRules): Step {
  if (state.at === 'open') return { state: { ...state, wholeSince: null, last: evidence }, events: [] };
  const since = state.at === 'suspected' ? state.since : at;
  const rounds = state.at === 'suspected' ? state.rounds + 1 : 1;
  if (rounds < rules.openRounds || at - since < rules.openAfterMs) {
    return { state: { at: 'suspected', since, rounds }, events: [] };
  }
  return {
    state: { at: 'open', since: at, wholeSince: null, last: evidence },
    events: [{ kind: 'opened', at, firstSeenAt: since, evidence }],
  };
}

function whenWhole(state: SplitState, at: number, rules: SplitRules): Step {
  if (state.at !== 'open') return { state: noSplit, events: [] };
  const wholeSince = state.wholeSince ?? at;
  if (at - wholeSince < rules.closeAfterMs) return { state: { ...state, wholeSince }, events: [] };
  return { state: noSplit, events: [{ kind: 'closed', at, openedAt: state.since, last: state.last }] };
}

function judgeHeights(facts: readonly BlockFact[], rules: SplitRules): HeightVerdict[] {
  const byHeight = new Map<bigint, Map<string, BlockFact>>();
  for (const fact of facts) {
    const ofNode = byHeight.get(fact.height) ?? new Map<string, BlockFact>();
    // A node has one block at a height: its latest answer counts.
    byHeight.set(fact.height, ofNode.set(fact.node, fact));
  }
  return [...byHeight]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([height, ofNode]) => judgeHeight(height, [...ofNode.values()], rules));
}

function judgeHeight(height: bigint, facts: readonly BlockFact[], rules: SplitRules): HeightVerdict {
  const honest = facts.filter(({ forged }) => !forged);
  const voters = new Set(honest.map(({ voter }) => voter)).size;
  const atLeast = Math.max(rules.minVoters, Math.ceil(voters * rules.minShare));
  const byHash = new Map<string, BlockFact[]>();
  for (const fact of honest) {
    const own = byHash.get(fact.hash);
    if (own === undefined) byHash.set(fact.hash, [fact]);
    else own.push(fact);
  }
  const sides = [...byHash]
    .map(([hash, own]): SplitSide => {
      const ownVoters = new Set(own.map(({ voter }) => voter)).size;
      const endpoints = new Set(own.flatMap(({ source, voter }) => (source === 'rpc' ? voter : []))).size;
      return {
        hash,
        voters: ownVoters,
        nodes: own.map(({ node }) => node),
        sources: [...new Set(own.map(({ source }) => source))].sort(),
        counts: ownVoters >= atLeast || endpoints >= rules.minEndpoints,
      };
    })
    .sort((a, b) => b.voters - a.voters || (a.hash < b.hash ? -1 : 1));
  const counting = sides.filter(({ counts }) => counts).length;
  return {
    height,
    sides,
    voters,
    forgers: facts.filter(({ forged }) => forged).map(({ node }) => node),
    verdict: counting > 1 ? 'split' : counting === 1 ? 'whole' : 'none',
  };
}
