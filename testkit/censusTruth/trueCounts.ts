import type { ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import type { ProvenCall } from '../simulatedNetwork/callers.ts';
import type { SimulatedTruth } from '../simulatedNetwork/networkTruth.ts';
import type { Lie } from '../simulatedNetwork/simulatedNodes.ts';
import { phaseAt, rememberedMs } from '../simulatedNetwork/simulatedWorld.ts';

export const populations = ['seen', 'alive', 'reachable', 'identified', 'inboundOnly'] as const;
export type Population = (typeof populations)[number];
export const windows = { now: 2 * 3_600_000, day: 24 * 3_600_000 } as const;
export type Window = keyof typeof windows;

export interface Figures {
  readonly ids: number;
  readonly ips: number;
}

/** From a moment until before another one, ms since the epoch. */
export type Span = readonly [from: number, until: number];

export interface TruthSources {
  readonly nodes: readonly SimulatedTruth[];
  readonly groups: readonly ScenarioNodeGroup[];
  readonly calls: readonly ProvenCall[];
  readonly lies: readonly Lie[];
  readonly startedAt: number;
  /** When crawlers started, ms since the epoch: each believes every liar 16 names. */
  readonly starts: readonly number[];
  /** Slugs that a crawler can tell: all that it knows, watched or not. */
  readonly known: ReadonlySet<string>;
  /** Slugs with a scope of their own. */
  readonly scopes: ReadonlySet<string>;
  /** When somebody who crawls could see the group. */
  readonly visible: (group: string) => readonly Span[];
}

interface TrueNode {
  readonly node: SimulatedTruth;
  readonly group: ScenarioNodeGroup;
  /** When it could be found out, by population. */
  readonly spans: Readonly<Record<Population, readonly Span[]>>;
}

/**
 * What each count would be if nothing escaped the crawler, worked out from the simulation alone: a node is in a
 * population if within the window it would at some time have passed the test that the population is defined by.
 */
export class TrueCounts {
  readonly #sources: TruthSources;
  readonly #nodes: readonly TrueNode[];
  readonly #believed: readonly Lie[];

  constructor(sources: TruthSources) {
    this.#sources = sources;
    this.#believed = believedLies(sources);
    const byName = new Map(sources.groups.map((group) => [group.name, group]));
    const calls = callsByNode(sources.calls);
    this.#nodes = sources.nodes.map((node, index) => {
      const group = byName.get(node.group);
      if (group === undefined) throw new RangeError(`there is no group ${node.group}`);
      return { node, group, spans: spansOf(node, group, calls.get(index) ?? [], sources) };
    });
  }

  /** Whether each node, by its number, is in the population at a moment. */
  members(
    population: Population,
    window: Window,
    now: number,
  ): { readonly node: SimulatedTruth; readonly is: boolean }[] {
    return this.#nodes.map((one) => ({ node: one.node, is: isWithin(one, population, now - windows[window], now) }));
  }

  /** Counts at a moment by `keyOf` scope, population, window, cut and key. */
  at(now: number): Map<string, Figures> {
    const found = new Map<string, { ids: number; ips: Set<string> }>();
    const count = (key: string, ip: string): void => {
      const figures = found.get(key) ?? { ids: 0, ips: new Set() };
      figures.ids += 1;
      figures.ips.add(ip);
      found.set(key, figures);
    };
    for (const one of this.#nodes) {
      const told = tellOf(one, now, this.#sources);
      const scopes = ['all', ...(told.network !== '' && this.#sources.scopes.has(told.network) ? [told.network] : [])];
      for (const [window, ms] of Object.entries(windows)) {
        for (const population of populations) {
          if (!isWithin(one, population, now - ms, now)) continue;
          for (const scope of scopes) {
            for (const [cut, key] of Object.entries(told.cuts)) {
              if (population === 'seen' && cut !== 'total' && cut !== 'network') continue;
              if (cut === 'network' && scope !== 'all') continue;
              count(keyOf({ network: scope, population, window, cut, key }), one.node.ip);
            }
          }
        }
      }
    }
    for (const { at, ip } of this.#believed) {
      for (const [window, ms] of Object.entries(windows)) {
        if (at > now || at <= now - ms) continue;
        count(keyOf({ network: 'all', population: 'seen', window, cut: 'total', key: [] }), ip);
        count(keyOf({ network: 'all', population: 'seen', window, cut: 'network', key: [''] }), ip);
      }
    }
    return new Map([...found].map(([key, { ids, ips }]) => [key, { ids, ips: ips.size }]));
  }
}

/** One name for a count, for comparison. */
export function keyOf(one: {
  readonly network: string;
  readonly population: string;
  readonly window: string;
  readonly cut: string;
  readonly key: readonly string[];
}): string {
  return [one.network, one.population, one.window, one.cut, ...one.key].join('|');
}

function callsByNode(calls: readonly ProvenCall[]): ReadonlyMap<number, readonly ProvenCall[]> {
  const byNode = new Map<number, ProvenCall[]>();
  for (const call of calls) {
    const own = byNode.get(call.index);
    if (own === undefined) byNode.set(call.index, [call]);
    else own.push(call);
  }
  return byNode;
}

const believedALiar = 16;

/** Of what liars made up, what a crawler takes for a name before it knows better. */
function believedLies({ lies, starts }: TruthSources): Lie[] {
  return starts.flatMap((start, index) => {
    const told = new Map<number, number>();
    return lies.filter(({ at, index: liar }) => {
      if (at < start || at >= (starts[index + 1] ?? Number.POSITIVE_INFINITY)) return false;
      const before = told.get(liar) ?? 0;
      told.set(liar, before + 1);
      return before < believedALiar;
    });
  });
}

function spansOf(
  node: SimulatedTruth,
  group: ScenarioNodeGroup,
  calls: readonly ProvenCall[],
  { visible, startedAt }: TruthSources,
): TrueNode['spans'] {
  const up = upSpans(node, startedAt);
  // Others forget only who comes and goes by himself.
  const named: readonly Span[] = comesAndGoes(group)
    ? up.map(([from, until]): Span => [from, until + rememberedMs])
    : [[startedAt, Number.POSITIVE_INFINITY]];
  const never: readonly Span[] = [];
  if (group.calls !== undefined) {
    const told = (over: ProvenCall['over']): Span[] =>
      calls.filter((call) => call.over === over).map(({ at }): Span => [at, at + 1]);
    return { seen: named, alive: told('udp'), reachable: never, identified: told('tcp'), inboundOnly: told('tcp') };
  }
  const there = intersect(up, visible(group.name));
  const dialled = group.reachability === 'full' || group.reachability === 'busy' ? there : never;
  const identified = group.reachability === 'full' ? there : never;
  return { seen: named, alive: there, reachable: dialled, identified, inboundOnly: never };
}

function comesAndGoes({ churn, rotation }: ScenarioNodeGroup): boolean {
  return churn !== undefined || rotation !== undefined;
}

function upSpans({ phases }: SimulatedTruth, startedAt: number): Span[] {
  const spans: [number, number][] = [];
  for (const [index, { from, alive }] of phases.entries()) {
    if (!alive) continue;
    const begin = from ?? startedAt;
    const until = phases[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const last = spans.at(-1);
    if (last !== undefined && last[1] === begin) last[1] = until;
    else if (until > begin) spans.push([begin, until]);
  }
  return spans;
}

function intersect(some: readonly Span[], others: readonly Span[]): Span[] {
  return some.flatMap(([from, until]) =>
    others.flatMap(([start, end]): Span[] => {
      const both: Span = [Math.max(from, start), Math.min(until, end)];
      return both[0] < both[1] ? [both] : [];
    }),
  );
}

/** Whether it could be found out after `since` and until `now`. */
function isWithin({ spans }: TrueNode, population: Population, since: number, now: number): boolean {
  const within = (one: Population): boolean => {
    const last = spans[one].findLast(([from]) => from <= now);
    return last !== undefined && last[1] > since;
  };
  // Whoever answers or calls is seen as well.
  if (population === 'seen') return within('seen') || within('alive') || within('inboundOnly');
  return within(population);
}

interface Told {
  readonly network: string;
  readonly cuts: Readonly<Record<'total' | 'network' | 'client' | 'fork_class', readonly string[]>>;
}

const classes = { ready: 'current', unprepared: 'current', behind: 'behind', genesis: 'atGenesis' } as const;

/** What the node has told of itself to whoever asked it all that it answers, by `now`. */
function tellOf({ node, group, spans }: TrueNode, now: number, { known }: TruthSources): Told {
  const heard = (population: Population): number | null => {
    const span = spans[population].findLast(([from]) => from <= now);
    return span === undefined ? null : Math.min(span[1] - 1, now);
  };
  const helloAt = heard('identified');
  const recordAt = group.record === 'none' ? null : heard('alive');
  const isTold = helloAt !== null || recordAt !== null;
  const isKnown = isTold && known.has(group.network);
  // Mainnet and Ethereum Classic have one genesis, one network id and one first fork: it may be on either.
  const ambiguous = group.forkId === 'genesis' && group.network === 'mainnet';
  const network = !isKnown ? '' : ambiguous ? 'ambiguous' : group.network;
  const hinted =
    helloAt === null && group.record === 'stale' ? 'behind' : classes[group.forkId as keyof typeof classes];
  // Whichever of them it is on, it is at its genesis.
  const forkClass = isKnown ? hinted : '';
  const client = helloAt === null ? '' : clientOf(phaseAt(node.phases, helloAt).client);
  return {
    network: ambiguous ? '' : network,
    cuts: { total: [], network: [network], client: [client], fork_class: [forkClass] },
  };
}

/** The name that the client gives itself, as it is written in small letters. */
function clientOf(text: string): string {
  return (text.split('/', 1)[0] ?? '').toLowerCase();
}
