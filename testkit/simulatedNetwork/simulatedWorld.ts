import type { Scenario, ScenarioFault, ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import { type ForkId, forkHash, forkIdAt, forkSteps, passedForks } from '../../p2p/wire/forkId.ts';
import { seededRandom } from '../seededRandom.ts';
import { lifeOf } from './nodeLife.ts';
import { type ChainScenario, type ScenarioChain, scenarioChains } from './scenarioChains.ts';
import type { ChainView } from './simulatedChain.ts';

/** What a node is from a moment on. What changes with every block follows from it and the time. */
export interface NodePhase {
  /** ms since the epoch; the first phase begins before everything. */
  readonly from: number;
  readonly up: boolean;
  readonly client: string;
  /** Its software knows every fork of the network. */
  readonly prepared: boolean;
  readonly forkId: ForkId;
  /** Sequence number of its record: one more for each fork ID. */
  readonly seq: bigint;
  /** 0 = the main one. */
  readonly branch: number;
  /** The last block that it takes; null = all of them. */
  readonly lastBlock: bigint | null;
}

/** What a simulated network is made from: a scenario without its Raft clusters. */
export type SimulatedScenario = ChainScenario & Pick<Scenario, 'addresses'>;

/** Faults that may come unannounced: the others change networks and chains, which are fixed from the start. */
export type RunTimeFault = Extract<ScenarioFault, { kind: 'upgrade' | 'chainHeal' | 'nodesDown' | 'nodesUp' }>;

/** What each node of a scenario is, and when. Deterministic from the seed and the start. */
export class SimulatedWorld {
  readonly startedAt: number;
  readonly chains: ReadonlyMap<string, ScenarioChain>;
  #scenario: ChainScenario;
  /** First node of each group. BOUNDED: by the groups. */
  readonly #firstOf = new Map<ScenarioNodeGroup, number>();
  /** Phases of groups whose nodes are all alike. BOUNDED: by the groups. */
  readonly #shared = new Map<ScenarioNodeGroup, readonly NodePhase[]>();
  /** BOUNDED: by the nodes. */
  readonly #own = new Map<number, readonly NodePhase[]>();
  /** Place of each node of a group in the order in which a fault strikes. BOUNDED: by the faults. */
  readonly #ranks = new Map<ScenarioFault, Uint32Array>();

  /** `startedAt`: ms since the epoch, when the faults begin to count. */
  constructor(scenario: ChainScenario, startedAt: number) {
    this.#scenario = scenario;
    this.startedAt = startedAt;
    this.chains = scenarioChains(scenario, startedAt);
    let first = 0;
    for (const group of scenario.nodes) {
      this.#firstOf.set(group, first);
      first += group.count;
    }
  }

  /** Adds faults during the run; their times count from the start and must lie ahead. */
  strike(faults: readonly RunTimeFault[]): void {
    this.#scenario = { ...this.#scenario, faults: [...this.#scenario.faults, ...faults] };
    this.#shared.clear();
    this.#own.clear();
  }

  /** The phases of node `index`, oldest first. */
  phasesOf(index: number, group: ScenarioNodeGroup): readonly NodePhase[] {
    const perNode =
      comesAndGoes(group) || this.#scenario.faults.some((fault) => 'group' in fault && fault.group === group.name);
    const known = perNode ? this.#own.get(index) : this.#shared.get(group);
    if (known !== undefined) return known;
    const phases = this.#work(index, group);
    if (perNode) this.#own.set(index, phases);
    else this.#shared.set(group, phases);
    return phases;
  }

  /** Whether others still have it in their tables: it is there, or was a while ago. Dead ones stay in them for ever. */
  isKnownAt(index: number, group: ScenarioNodeGroup, now: number): boolean {
    if (!comesAndGoes(group)) return true;
    const phases = this.phasesOf(index, group);
    const phase = phaseAt(phases, now);
    return phase.up || (phase.from > now - rememberedMs && phaseAt(phases, phase.from - 1).up);
  }

  phaseAt(index: number, group: ScenarioNodeGroup, now: number): NodePhase {
    return phaseAt(this.phasesOf(index, group), now);
  }

  /** What the node holds of its chain. */
  viewAt(index: number, group: ScenarioNodeGroup, now: number): ChainView {
    const { branch, lastBlock } = this.phaseAt(index, group, now);
    return {
      branch,
      seals: this.#scenario.nodes.indexOf(group),
      head: headOf(this.chainOf(group), group, lastBlock, now),
    };
  }

  chainOf({ network }: ScenarioNodeGroup): ScenarioChain {
    const chain = this.chains.get(network);
    if (chain === undefined) throw new RangeError(`there is no network ${network}`);
    return chain;
  }

  #work(index: number, group: ScenarioNodeGroup): NodePhase[] {
    const own = this.chainOf(group);
    const place = index - (this.#firstOf.get(group) ?? 0);
    const life = lifeOf(group, place, Math.imul(this.#scenario.seed, 0x9e3779b1) + index);
    const turns = life.map(({ at, up }): Moment => ({ at: this.startedAt + at, change: { up } }));
    const moments = [...turns, ...this.#momentsOf(index, group), ...activations(own, group)].sort(
      (a, b) => a.at - b.at,
    );
    const phases: NodePhase[] = [];
    let software: Software = {
      up: life[0]?.up ?? group.reachability !== 'dead',
      client: group.client,
      prepared: group.forkId === 'ready' || group.forkId === 'behind',
      branch: 0,
    };
    const push = (from: number, at: number): void => {
      const { forkId, lastBlock } = standing(own, group, software.prepared, this.startedAt, at);
      const last = phases.at(-1);
      const seq = last === undefined ? 1n : last.seq + (sameForkId(last.forkId, forkId) ? 0n : 1n);
      phases.push({ ...software, from, forkId, seq, lastBlock });
    };
    push(Number.NEGATIVE_INFINITY, this.startedAt);
    for (const { at, change } of moments) {
      software = { ...software, ...change };
      push(at, at);
    }
    return phases;
  }

  /** What the faults do to the node, and when. */
  *#momentsOf(index: number, group: ScenarioNodeGroup): Generator<Moment> {
    let branch = 0;
    for (const fault of this.#scenario.faults) {
      if (fault.kind === 'chainSplit' && fault.network === group.network) {
        branch += 1;
        if (!fault.groups.includes(group.name)) continue;
        yield { at: this.startedAt + fault.at, change: { branch } };
      }
      if (fault.kind === 'chainHeal' && fault.network === group.network) {
        yield { at: this.startedAt + fault.at, change: { branch: 0 } };
      }
      if (!('group' in fault) || fault.group !== group.name) continue;
      if (fault.kind === 'nodesUp') yield { at: this.startedAt + fault.at, change: { up: true } };
      else {
        const struck = Math.round(fault.share * group.count);
        const rank = this.#rankOf(fault, index, group);
        if (rank >= struck) continue;
        if (fault.kind === 'nodesDown') yield { at: this.startedAt + fault.at, change: { up: false } };
        if (fault.kind === 'upgrade') {
          const at = this.startedAt + fault.at + Math.round((fault.over * rank) / struck);
          yield { at, change: { client: fault.client, prepared: true } };
        }
      }
    }
  }

  #rankOf(fault: ScenarioFault, index: number, group: ScenarioNodeGroup): number {
    let ranks = this.#ranks.get(fault);
    if (ranks === undefined) {
      const { below } = seededRandom(Math.imul(this.#scenario.seed, 31) + this.#scenario.faults.indexOf(fault));
      ranks = Uint32Array.from({ length: group.count }, (_, i) => i);
      for (let i = ranks.length - 1; i > 0; i--) {
        const other = below(i + 1);
        [ranks[i], ranks[other]] = [ranks[other] ?? 0, ranks[i] ?? 0];
      }
      this.#ranks.set(fault, ranks);
    }
    return ranks[index - (this.#firstOf.get(group) ?? 0)] ?? 0;
  }
}

/** The last phase that has begun. */
export function phaseAt<P extends { readonly from: number | null }>(phases: readonly P[], now: number): P {
  let [first, after] = [0, phases.length];
  while (after - first > 1) {
    const middle = (first + after) >> 1;
    const from = phases[middle]?.from ?? null;
    if (from === null || from <= now) first = middle;
    else after = middle;
  }
  const phase = phases[first];
  if (phase === undefined) throw new RangeError('a node without a phase');
  return phase;
}

/** Whether its nodes come and go by themselves. */
function comesAndGoes({ churn, rotation }: ScenarioNodeGroup): boolean {
  return churn !== undefined || rotation !== undefined;
}

/** A node that is gone leaves the tables of the others after so long. */
export const rememberedMs = 3_600_000;

type Software = Pick<NodePhase, 'up' | 'client' | 'prepared' | 'branch'>;

interface Moment {
  readonly at: number;
  readonly change: Partial<Software>;
}

/** When the group's head passes a fork that is still to come at the start. */
function activations({ network, chain }: ScenarioChain, group: ScenarioNodeGroup): Moment[] {
  const passed = chain.madeAt(chain.plan.head);
  return [
    ...network.schedule.blockForks.map((block) => chain.madeAt(block)),
    ...network.schedule.timeForks.map((time) => chain.madeAt(chain.firstFrom(time))),
  ]
    .map((at) => at + group.lag * chain.plan.blockMs)
    .filter((at) => at > passed)
    .map((at) => ({ at, change: {} }));
}

/** What a node announces, and where its head ends. */
function standing(
  own: ScenarioChain,
  group: ScenarioNodeGroup,
  prepared: boolean,
  startedAt: number,
  now: number,
): Pick<NodePhase, 'forkId' | 'lastBlock'> {
  const { schedule } = own.network;
  const steps = forkSteps(schedule);
  const start = headOf(own, group, null, startedAt);
  const passed = passedForks(schedule, { block: start, time: own.chain.timeOf(start) });
  const after = (count: number) => forkHash(schedule.genesisHash, steps.slice(0, count));
  if (typeof group.forkId !== 'string') {
    const { hash, next } = group.forkId;
    return { forkId: { hash: Uint8Array.from(Buffer.from(hash.slice(2), 'hex')), next }, lastBlock: null };
  }
  if (group.forkId === 'genesis') return { forkId: { hash: after(0), next: steps[0] ?? 0n }, lastBlock: 0n };
  if (group.forkId === 'behind') {
    if (passed === 0) throw new RangeError(`${own.network.slug} has no fork to be behind of`);
    const lastBlock = blockBefore(own, passed - 1);
    return { forkId: { hash: after(passed - 1), next: steps[passed - 1] ?? 0n }, lastBlock };
  }
  if (prepared) {
    const head = headOf(own, group, null, now);
    return { forkId: forkIdAt(schedule, { block: head, time: own.chain.timeOf(head) }), lastBlock: null };
  }
  return {
    forkId: { hash: after(passed), next: 0n },
    lastBlock: passed < steps.length ? blockBefore(own, passed) : null,
  };
}

/** What was announced before the last fork that had passed at the start. */
export function staleForkId({ network, chain }: ScenarioChain, startedAt: number): ForkId {
  const { schedule } = network;
  const steps = forkSteps(schedule);
  const head = chain.headAt(startedAt);
  const passed = passedForks(schedule, { block: head, time: chain.timeOf(head) });
  if (passed === 0) throw new RangeError(`${network.slug} has no fork that a record could be older than`);
  return { hash: forkHash(schedule.genesisHash, steps.slice(0, passed - 1)), next: steps[passed - 1] ?? 0n };
}

/** The last block before a fork of the schedule, or the lowest that there is. */
function blockBefore({ network, chain }: ScenarioChain, fork: number): bigint {
  const { blockForks, timeForks } = network.schedule;
  const first = blockForks[fork] ?? chain.firstFrom(timeForks[fork - blockForks.length] ?? 0n);
  return first - 1n > chain.plan.first ? first - 1n : chain.plan.first;
}

function headOf({ chain }: ScenarioChain, { lag }: ScenarioNodeGroup, last: bigint | null, now: number): bigint {
  const head = chain.headAt(now) - BigInt(lag);
  const reached = head > chain.plan.first ? head : chain.plan.first;
  return last !== null && last < reached ? last : reached;
}

function sameForkId(one: ForkId, other: ForkId): boolean {
  return one.next === other.next && one.hash.every((byte, i) => byte === other.hash[i]);
}
