import { defaultSplitRules, judgeSplit, type SplitRules } from '../../chains/forks/chainSplit.ts';
import { classifyFork, type ForkMoment, forkEras } from '../../chains/forks/forkClass.ts';
import { defaultForkSideRules, type ForkIdCount, type ForkSideRules, forkSides } from '../../chains/forks/forkSides.ts';
import { defaultForkSplitRules, judgeForkSplit } from '../../chains/forks/forkSplit.ts';
import { chooseHeights, searchHeights } from '../../chains/forks/heightPlan.ts';
import { type LearnedFork, learnForks, outdatesFile, privateLearnRules } from '../../chains/forks/learnedForks.ts';
import { hasKnownSigners } from '../../chains/forks/splitHeights.ts';
import type { Network } from '../../chains/networks/networkFile.ts';
import { toDate } from '../../lib/time.ts';
import type { Sql } from '../../sql/client.ts';
import type { NetworkView } from '../crawl/forkWatch.ts';
import { describeChainSides, describeForkSides } from './describeSides.ts';
import { type Activations, followActivations, passedForks } from './followActivations.ts';
import { followHead, selectPassed } from './followHead.ts';
import {
  type AnnouncedRow,
  type ClassSteps,
  countAnnouncers,
  hastenVisits,
  loadWatch,
  type NewClass,
  removeFacts,
  type SplitEventRow,
  saveLearned,
  saveWatch,
  selectAnnounced,
  selectAnnouncements,
  selectFacts,
  selectLearned,
  updateClasses,
} from './forkWatchQueries.ts';
import { type ForkWatchState, readWatchState, writeWatchState } from './forkWatchState.ts';
import { searchAncestor } from './searchAncestor.ts';

export interface ForkWatchOptions {
  /** Between two rounds of the judges; a split opens after two. */
  readonly roundMs: number;
  /** A split closes once the network has been whole for this long. */
  readonly closeAfterMs: number;
  /** Sides count IDs, not /24s: every node may be on one network. */
  readonly isPrivate: boolean;
  readonly splitRules?: Partial<Pick<SplitRules, 'minVoters' | 'minShare' | 'minEndpoints'>>;
}

const aliveMs = 2 * 3_600_000;
/** After a fork, visits of nodes that have told nothing since are hastened for so long: once each. */
const hastenForMs = 2 * 3_600_000;
const learnedFromMs = 24 * 3_600_000;
const forgetLearnedMs = 30 * 86_400_000;
/** Steps of the search for a common ancestor that one visit can serve. */
const searchDepth = 3;
/** Rounds for which a node's answer counts: two of its visits, so that one failed visit does not remove it from its side. */
const factRounds = 6;

/** What changes slowly, and serves for some looks: it is read from all nodes and all headers. */
export interface SlowFacts extends Pick<NetworkView, 'learned' | 'missing'> {
  /** When it was read, ms. */
  readonly at: number;
  readonly activations: Activations;
  /** What it hung on: the newest fork passed, and whether there was a head. */
  readonly basis: string;
}

export interface ForkLook extends NetworkView {
  readonly slow: SlowFacts;
}

/**
 * One look at a network: its head, the forks announced on it, all stored classes and, if a round is due, the judges of
 * splits. Any number of crawlers may look; only one of them judges a round. `before`: what the last look of this process
 * found; its slow facts serve for a quarter of a round, while no fork is passed and no first block is searched.
 */
export async function watchForks(
  sql: Sql,
  network: Network,
  now: number,
  options: ForkWatchOptions,
  before?: SlowFacts,
): Promise<ForkLook> {
  const byId = countsIds(network, options);
  const stepMs = options.roundMs / 2;
  const head = await followHead(sql, network, {
    at: Math.floor(now / stepMs) * stepMs,
    since: now - options.roundMs,
    minVoters: byId ? 1 : 3,
    byId,
  });
  const headNumber = head?.number ?? null;
  const slow = await readSlowly(sql, network, { now, head: headNumber, byId, freshMs: options.roundMs / 4 }, before);
  const { learned, missing } = slow;
  const { blocks, searched } = slow.activations;
  const passedAt = await selectPassed(sql, network, head, { now, stepMs });
  const moment: ForkMoment = headNumber === null ? { now, passedAt } : { now, passedAt, headNumber };
  const announced = await reclassify(sql, network, moment, learned);
  const state = await judge(sql, network, { announced, moment, learned, options, blocks });
  return {
    learned,
    missing,
    // Heads of the last minutes make an estimate, which is as new as this look.
    head: head === null ? null : { number: head.number, at: head.at + stepMs > now ? now : head.at },
    passedAt,
    heights: [...new Set([...askedHeights(state, blocks, headNumber), ...searched])],
    slow,
  };
}

async function readSlowly(
  sql: Sql,
  network: Network,
  look: { readonly now: number; readonly head: bigint | null; readonly byId: boolean; readonly freshMs: number },
  before: SlowFacts | undefined,
): Promise<SlowFacts> {
  const { now, head, byId, freshMs } = look;
  const basis = `${passedForks(network, now, head).at(-1)?.at ?? 'none'} ${head !== null}`;
  const isFresh = before !== undefined && before.at <= now && now - before.at < freshMs;
  if (isFresh && before.basis === basis && before.activations.searched.length === 0) return before;
  const known = isFresh ? before : { ...(await learn(sql, network, now, byId)), at: now };
  const activations = await followActivations(sql, network, { now, head, minVoters: byId ? 1 : 3 });
  return { learned: known.learned, missing: known.missing, at: known.at, activations, basis };
}

async function learn(
  sql: Sql,
  network: Network,
  now: number,
  byId: boolean,
): Promise<Pick<NetworkView, 'learned' | 'missing'>> {
  const since = toDate(now - learnedFromMs);
  const announcements = await selectAnnouncements(sql, network.slug, since, byId);
  const learned = byId
    ? learnForks(network, announcements, now, privateLearnRules)
    : learnForks(network, announcements, now);
  const ofSubnets = learned.length === 0 ? 0 : await countAnnouncers(sql, network.slug, since, byId);
  await saveLearned(sql, network.slug, { learned, ofSubnets }, toDate(now), toDate(now - forgetLearnedMs));
  const missing = learned.filter((fork) => outdatesFile({ ...fork, ofSubnets }));
  return { learned: await selectLearned(sql, network.slug), missing };
}

/** Judges all stored classes anew; whose class a fork has made uncertain is visited first. */
async function reclassify(
  sql: Sql,
  network: Network,
  moment: ForkMoment,
  learned: readonly LearnedFork[],
): Promise<AnnouncedRow[]> {
  const { slug } = network;
  const since = toDate(moment.now - aliveMs);
  const eras = forkEras(network, moment);
  const steps: ClassSteps = { eras, heads: [0n, 1n, ...network.schedule.blockForks.filter((block) => block > 1n)] };
  const announced = await selectAnnounced(sql, slug, since, steps);
  const wrong = new Map<string, NewClass>();
  const judged = announced.map((row) => {
    const { forkNo, era, headNumber } = row;
    const teller = { headNumber, toldAt: eras[era - 1] ?? 0 };
    const forkClass = classifyFork(network, row.forkId, moment, learned, teller).class;
    if (forkClass !== row.forkClass) {
      wrong.set(`${forkNo}/${era}/${headNumber}`, { forkNo, era, headNumber, forkClass });
    }
    return { ...row, forkClass };
  });
  await updateClasses(sql, slug, [...wrong.values()], steps);
  const eraEnd = eras.findLast((end) => end <= moment.now);
  if (eraEnd !== undefined && moment.now - eraEnd < hastenForMs) {
    await hastenVisits(sql, slug, { eraEnd: toDate(eraEnd), now: toDate(moment.now), since });
  }
  return judged;
}

interface Look {
  readonly announced: readonly AnnouncedRow[];
  readonly moment: ForkMoment;
  readonly learned: readonly LearnedFork[];
  /** First blocks of the newest forks. */
  readonly blocks: readonly bigint[];
  readonly options: ForkWatchOptions;
}

async function judge(sql: Sql, network: Network, look: Look): Promise<ForkWatchState> {
  const { now } = look.moment;
  const { roundMs } = look.options;
  const loaded = await loadWatch(sql, network.slug);
  const before = readWatchState(loaded.state);
  const isRound = now - before.roundAt >= roundMs;
  // Between rounds, only a search advances, because it waits for individual visits.
  if (!isRound && before.search === null) return before;
  const choices = chooseHeights(
    before.choices,
    now,
    { consensus: network.consensus, head: look.moment.headNumber ?? null },
    6 * roundMs,
  );
  const heights = askedHeights(before, look.blocks, look.moment.headNumber ?? null);
  const facts = await selectFacts(sql, network.slug, heights, toDate(now - factRounds * roundMs));
  const { chain, events: chainEvents, heights: verdicts } = isRound ? judgeChain() : judgeBetween();
  const found = searchAncestor({ ...before, chain }, verdicts, facts, now, 8 * roundMs);
  const forks = isRound ? judgeForks(network, before, look) : { state: before.fork, events: [] };
  const state: ForkWatchState = {
    roundAt: isRound ? now : before.roundAt,
    choices,
    fork: forks.state,
    chain,
    ...pickSearch(found),
  };
  const evidence = verdicts.find(({ verdict }) => verdict === 'split');
  const events: SplitEventRow[] = [...forks.events];
  for (const event of chainEvents) {
    if (event.kind === 'closed') {
      events.push({ kind: 'chainSplit', openedAt: event.openedAt, closedAt: event.at, data: null });
    }
  }
  if (chain.at === 'open') {
    const voterKind = countsIds(network, look.options) ? 'id' : 'subnet';
    const data = evidence === undefined ? null : describeChainSides(evidence, facts, found, voterKind);
    events.push({ kind: 'chainSplit', openedAt: chain.since, closedAt: null, data });
  }
  if (isRound) await removeFacts(sql, toDate(now - 24 * roundMs));
  const won = await saveWatch(sql, network.slug, {
    revision: loaded.revision,
    state: writeWatchState(state),
    heights: askedHeights(state, look.blocks, look.moment.headNumber ?? null),
    now: toDate(now),
    events,
  });
  return won ? state : readWatchState((await loadWatch(sql, network.slug)).state);

  function judgeChain() {
    const rules = splitRules(network, look.options);
    const judgement = judgeSplit(before.chain, { at: now, facts }, rules);
    return { chain: judgement.state, events: judgement.events, heights: judgement.heights };
  }
  function judgeBetween() {
    return {
      chain: before.chain,
      events: [],
      heights: judgeSplit({ at: 'whole' }, { at: now, facts }, splitRules(network, look.options)).heights,
    };
  }
}

function splitRules(network: Network, options: ForkWatchOptions): SplitRules {
  const { roundMs, closeAfterMs, splitRules: own } = options;
  // A consortium is small: two members with different blocks are a split, whatever a public network needs.
  const minEndpoints = countsIds(network, options) || hasKnownSigners(network.consensus) ? 1 : Number.POSITIVE_INFINITY;
  return { ...defaultSplitRules, minEndpoints, ...own, openAfterMs: roundMs, closeAfterMs };
}

/** A consortium is small: one member that went another way, or stayed behind, is a side. */
function forkSideRules(network: Network, options: ForkWatchOptions): ForkSideRules {
  const { minVoters, minShare } = options.splitRules ?? {};
  return {
    ...defaultForkSideRules,
    minNodes: minVoters ?? (countsIds(network, options) ? 1 : defaultForkSideRules.minNodes),
    minShare: minShare ?? defaultForkSideRules.minShare,
  };
}

function countsIds({ allowedCidrs }: Network, { isPrivate }: ForkWatchOptions): boolean {
  return isPrivate || allowedCidrs.length > 0;
}

function pickSearch({ search, ancestor }: Pick<ForkWatchState, 'search' | 'ancestor'>) {
  return { search, ancestor };
}

function judgeForks(
  network: Network,
  before: ForkWatchState,
  { announced, moment, learned, options }: Look,
): { state: ForkWatchState['fork']; events: SplitEventRow[] } {
  // Who has told nothing since a fork may have followed it.
  const told = announced.filter(({ forkClass }) => forkClass !== 'notYetKnown');
  const counts = told.map(({ forkId, nodes }): ForkIdCount => ({ forkId, nodes }));
  const sides = forkSides(network, sumEqual(counts), moment, learned, forkSideRules(network, options));
  const judged = judgeForkSplit(before.fork, moment.now, sides, {
    ...defaultForkSplitRules,
    openAfterMs: options.roundMs,
    closeAfterMs: options.closeAfterMs,
  });
  const { state, event } = judged;
  if (event === 'closed' && before.fork.at === 'open') {
    return { state, events: [{ kind: 'forkSplit', openedAt: before.fork.since, closedAt: moment.now, data: null }] };
  }
  if (state.at !== 'open') return { state, events: [] };
  const data = judged.sides.length === 0 ? null : describeForkSides(judged.sides, told);
  return { state, events: [{ kind: 'forkSplit', openedAt: state.since, closedAt: null, data }] };
}

/** One count per fork ID; the rows are also by client. */
function sumEqual(counts: readonly ForkIdCount[]): ForkIdCount[] {
  const byKey = new Map<string, ForkIdCount>();
  for (const { forkId, nodes } of counts) {
    const key = `${forkId.hash.join()}/${forkId.next}`;
    byKey.set(key, { forkId, nodes: (byKey.get(key)?.nodes ?? 0) + nodes });
  }
  return [...byKey.values()];
}

/** The search first: it has the fewest heights to ask for. */
function askedHeights({ search, choices }: ForkWatchState, blocks: readonly bigint[], head: bigint | null): bigint[] {
  const activations = blocks
    .filter((block) => head !== null && block + 1n < head)
    .flatMap((block) => [block, block + 1n]);
  const searched = search === null ? [] : [search.differ, ...searchHeights(search.search, searchDepth)];
  return [...new Set([...searched, ...choices.flatMap(({ heights }) => heights), ...activations])];
}
