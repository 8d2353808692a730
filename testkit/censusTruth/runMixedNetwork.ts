import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import type { ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import { openVirtualCrawl, type VirtualCrawl, type VirtualCrawler } from '../virtualCrawl/virtualCrawl.ts';
import { compareCensuses, type ErrorRow, type WrongCount } from './compareCensuses.ts';
import { type KindErrors, MissedByKind } from './missedByKind.ts';
import { firstOnly, mixedNetwork, secondOnly, watchedNetworks } from './mixedNetwork.ts';
import { type PublishedCensus, readCensuses } from './readCensuses.ts';
import { type Span, TrueCounts, type TruthSources } from './trueCounts.ts';

/** What happens to the crawlers. `starved`: the first one goes on with few dials, visits and packets. */
export type CrawlerStep = {
  readonly at: number;
  readonly kind: 'start' | 'startStarved' | 'stop' | 'kill' | 'startSecond' | 'stopSecond';
};

export interface MixedRun {
  readonly nodes: number;
  readonly hours: number;
  readonly seed: number;
  readonly databaseUrl: string;
  /** In order; times in ms since the start. */
  readonly steps: readonly CrawlerStep[];
  /** Slugs of what the crawlers watch; mainnet and Sepolia when left out. */
  readonly watched?: readonly string[];
  /** Called after each hour; after each sixth with what is wrong so far. */
  readonly onHour?: (hour: number, wrong: readonly WrongCount[] | null) => void;
}

export interface MixedReport {
  readonly nodes: number;
  readonly startedAt: number;
  readonly censuses: number;
  readonly rows: readonly ErrorRow[];
  readonly wrong: readonly WrongCount[];
  readonly missed: readonly KindErrors[];
  /** What the crawlers complained of. */
  readonly warnings: readonly string[];
  readonly queries: number;
}

const hourMs = 3_600_000;
/** A census at the moment in which a vantage starts cannot know of it yet. */
const introducedMs = 1_000;
/** So little that it cannot look at all that is due. */
const starving = { 'max-visits': '2', 'max-dials': '1', 'packets-per-second': '6' };

/** Lets crawlers watch a mixed network in virtual time, and compares every census with the truth. */
export async function runMixedNetwork(order: MixedRun): Promise<MixedReport> {
  const { hours, seed, databaseUrl, steps, watched = watchedNetworks, onHour = () => {} } = order;
  const scenario = mixedNetwork(order);
  const setting = { scenario, databaseUrl, seed, watched, addresses: 'public' } as const;
  await using crawl = await openVirtualCrawl({ ...setting, wire: { minLatencyMs: 1, maxLatencyMs: 20 } });
  const startedAt = crawl.clock.now();
  hide(crawl);
  const crews = new Crews(crawl);
  const second = steps.find(({ kind }) => kind === 'startSecond')?.at ?? Number.POSITIVE_INFINITY;
  const known = new Set(loadBuiltinNetworks().map(({ slug }) => slug));
  const starts = steps.filter(({ kind }) => kind.startsWith('start')).map(({ at }) => startedAt + at);
  const truth = (): TrueCounts => truthOf(crawl, scenario.nodes, { known, starts, secondAt: startedAt + second });
  const missed = new MissedByKind();
  let left = [...steps];
  for (let hour = 1; hour <= hours; hour++) {
    const end = startedAt + hour * hourMs;
    for (const step of left.filter(({ at }) => startedAt + at < end)) {
      await crawl.pass(Math.max(0, startedAt + step.at - crawl.clock.now()));
      await crews.take(step);
    }
    left = left.filter(({ at }) => startedAt + at >= end);
    await crawl.pass(end - crawl.clock.now());
    await crawl.drive(missed.look(crawl.sql, truth(), crawl.clock.now()));
    onHour(hour, hour % 6 === 0 ? compareAll(await crawl.drive(readCensuses(crawl.sql)), truth()).wrong : null);
  }
  const censuses = await readCensuses(crawl.sql);
  const compared = compareAll(censuses, truth());
  const nodes = crawl.network.truth.length;
  const about = { nodes, startedAt, censuses: censuses.length, queries: crawl.queries, warnings: crews.warnings };
  return { ...about, ...compared, missed: missed.errors };
}

function compareAll(censuses: readonly PublishedCensus[], truth: TrueCounts) {
  return compareCensuses(censuses, (at) => truth.at(at));
}

/** What is so, with what became of the calls until now. */
function truthOf(
  { network }: VirtualCrawl,
  groups: readonly ScenarioNodeGroup[],
  about: Pick<TruthSources, 'known' | 'starts'> & { readonly secondAt: number },
): TrueCounts {
  const { known, starts, secondAt } = about;
  const { truth: nodes, calls, lies, startedAt } = network;
  const since = (at: number): readonly Span[] => [[at, Number.POSITIVE_INFINITY]];
  const visible = (group: string): readonly Span[] =>
    since(secondOnly.has(group) ? secondAt + introducedMs : startedAt);
  return new TrueCounts({ nodes, groups, calls, lies, starts, startedAt, known, scopes: known, visible });
}

/** Each vantage has nodes that only it can see. */
function hide({ wire, network }: VirtualCrawl): void {
  const [first, second] = ['44.0.0.1', '44.0.0.2'];
  const hidden = new Map<string, Set<string>>([
    [first, new Set()],
    [second, new Set()],
  ]);
  for (const { ip, group } of network.truth) {
    if (firstOnly.has(group)) hidden.get(second)?.add(ip);
    if (secondOnly.has(group)) hidden.get(first)?.add(ip);
  }
  wire.route = (from, to) =>
    hidden.get(from)?.has(to) === true || hidden.get(to)?.has(from) === true ? 'silent' : 'open';
}

/** The crawlers of a run, by vantage. */
class Crews {
  readonly #crawl: VirtualCrawl;
  readonly #atWork = new Map<string, VirtualCrawler>();
  readonly #all: VirtualCrawler[] = [];

  constructor(crawl: VirtualCrawl) {
    this.#crawl = crawl;
  }

  get warnings(): string[] {
    return this.#all.flatMap(({ log }) => log.filter((line) => !line.startsWith('info')));
  }

  async take({ kind }: CrawlerStep): Promise<void> {
    switch (kind) {
      case 'start':
        return this.#start('first', {});
      case 'startStarved':
        return this.#start('first', starving);
      case 'startSecond':
        return this.#start('second', {});
      case 'kill':
        await this.#atWork.get('first')?.kill();
        return;
      case 'stop':
      case 'stopSecond':
        await this.#atWork.get(kind === 'stop' ? 'first' : 'second')?.stop();
    }
  }

  #start(vantage: string, flags: Readonly<Record<string, string>>): void {
    const crawler = this.#crawl.start(vantage, flags);
    this.#atWork.set(vantage, crawler);
    this.#all.push(crawler);
  }
}
