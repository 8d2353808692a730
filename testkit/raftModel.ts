import { seededRandom } from './seededRandom.ts';

/**
 * Raft's leader election, small but real: terms, votes, heartbeats, random time-outs, with GoQuorum's timers and
 * without CheckQuorum and PreVote, so that a cut-off leader goes on claiming and a rejoining node deposes a good one
 * by themselves. Time is an argument, chance a seed: a scenario always plays the same.
 */
export interface RaftScenario {
  readonly seed: number;
  /** Raft IDs 1 to `nodes`. */
  readonly nodes: number;
  /** Learners: they listen but do not vote. */
  readonly learners?: readonly number[];
  readonly faults: readonly RaftFault[];
}

/** A node by its Raft ID, or by its role when the fault strikes. */
export type FaultTarget = number | 'leader' | 'follower';

/** `at` in ms since the scenario's start. */
export type RaftFault = { readonly at: number } & (
  | { readonly kind: 'freeze' | 'thaw' | 'kill' | 'start' | 'isolate' | 'remove'; readonly node: FaultTarget }
  /** From now on its blocks above that number differ from everybody else's, though it follows the log as before. */
  | { readonly kind: 'diverge'; readonly node: number; readonly above: number }
  | { readonly kind: 'cutLink'; readonly between: readonly [FaultTarget, FaultTarget] }
  | { readonly kind: 'healAll' }
  | { readonly kind: 'churn'; readonly everyMs: number; readonly forMs: number }
  | { readonly kind: 'send'; readonly transactions: number }
);

export interface ModelNode {
  readonly raftId: number;
  readonly nodeId: string;
  readonly learner: boolean;
  running: boolean;
  frozenSince: number | null;
  removed: boolean;
  term: number;
  votedFor: number | null;
  role: 'leader' | 'follower' | 'candidate';
  leader: number | null;
  deadline: number;
  lastTerm: number;
  lastIndex: number;
  votes: Set<number>;
  head: number;
  pending: number;
  /** Its blocks above this number are its own; null: they are everybody's. */
  divergedAbove: number | null;
}

export interface ModelBlock {
  readonly number: number;
  readonly raftId: number;
  readonly timestampMs: number;
}

const stepMs = 20;
const heartbeatMs = 100;
const electionMs = [1_000, 1_900] as const;
/** rafthttp notices a silent peer only by its read time-out. */
const frozenStreamMs = 4_500;

export class RaftModel {
  readonly nodes: readonly ModelNode[];
  /** BOUNDED: by the transactions that the scenario sends. */
  readonly blocks: ModelBlock[] = [];
  /** Every leader that was ever elected, in order. BOUNDED: by the scenario's length. */
  readonly elected: { readonly at: number; readonly raftId: number; readonly term: number }[] = [];
  /** ms since the epoch at the scenario's start: what block times count from. */
  readonly startAt: number;
  #now = 0;
  readonly #cuts = new Set<string>();
  readonly #faults: RaftFault[];
  readonly #random: () => number;

  constructor(scenario: RaftScenario, startAt = 0) {
    this.startAt = startAt;
    this.#random = seededRandom(scenario.seed).next;
    this.#faults = expandChurn(scenario.faults);
    const hex = (): string => Array.from({ length: 128 }, () => Math.floor(this.#random() * 16).toString(16)).join('');
    this.nodes = Array.from({ length: scenario.nodes }, (_, index) => ({
      raftId: index + 1,
      nodeId: hex(),
      learner: scenario.learners?.includes(index + 1) ?? false,
      running: true,
      frozenSince: null,
      removed: false,
      term: 0,
      votedFor: null,
      role: 'follower' as const,
      leader: null,
      deadline: this.#electionTimeout(),
      lastTerm: 0,
      lastIndex: 0,
      votes: new Set<number>(),
      head: 0,
      pending: 0,
      divergedAbove: null,
    }));
  }

  /** Plays on until `to` ms since the start. */
  advance(to: number): void {
    while (this.#now + stepMs <= to) {
      this.#now += stepMs;
      for (let fault = this.#faults[0]; fault !== undefined && fault.at <= this.#now; fault = this.#faults[0]) {
        this.#faults.shift();
        this.#apply(fault);
      }
      for (const node of this.nodes) if (this.#acts(node)) this.#step(node);
    }
  }

  /** True when `a` has a live Raft stream to `b`, as far as `a` can tell. */
  streamUp(a: ModelNode, b: ModelNode): boolean {
    if (!b.running || this.#cuts.has(linkKey(a.raftId, b.raftId))) return false;
    return b.frozenSince === null || this.#now - b.frozenSince < frozenStreamMs;
  }

  members(): readonly ModelNode[] {
    return this.nodes.filter((node) => !node.removed);
  }

  #acts(node: ModelNode): boolean {
    return node.running && node.frozenSince === null && !node.removed;
  }

  #reachable(from: ModelNode): readonly ModelNode[] {
    return this.nodes.filter(
      (node) => node !== from && this.#acts(node) && !this.#cuts.has(linkKey(from.raftId, node.raftId)),
    );
  }

  #step(node: ModelNode): void {
    if (node.role === 'candidate' && node.votes.size >= this.#majority()) this.#lead(node);
    if (node.role === 'leader') {
      if (this.#now % heartbeatMs < stepMs) this.#heartbeat(node);
      this.#mint(node);
    } else if (!node.learner && this.#now >= node.deadline) this.#campaign(node);
  }

  #majority(): number {
    return Math.floor(this.members().filter((node) => !node.learner).length / 2) + 1;
  }

  #campaign(node: ModelNode): void {
    node.term += 1;
    node.role = 'candidate';
    node.leader = null;
    node.votedFor = node.raftId;
    node.votes = new Set([node.raftId]);
    node.deadline = this.#now + this.#electionTimeout();
    for (const peer of this.#reachable(node)) {
      if (peer.term > node.term) continue;
      if (peer.term < node.term) this.#follow(peer, node.term, null);
      const upToDate =
        node.lastTerm > peer.lastTerm || (node.lastTerm === peer.lastTerm && node.lastIndex >= peer.lastIndex);
      if (peer.learner || !upToDate || (peer.votedFor !== null && peer.votedFor !== node.raftId)) continue;
      peer.votedFor = node.raftId;
      node.votes.add(peer.raftId);
    }
  }

  #lead(node: ModelNode): void {
    node.role = 'leader';
    node.leader = node.raftId;
    node.lastTerm = node.term;
    node.lastIndex += 1;
    this.elected.push({ at: this.#now, raftId: node.raftId, term: node.term });
    this.#heartbeat(node);
  }

  #heartbeat(node: ModelNode): void {
    for (const peer of this.#reachable(node)) {
      // A message of an older term is dropped in silence: this is why a stale leader never learns.
      if (peer.term > node.term) continue;
      this.#follow(peer, node.term, node.raftId);
      if (peer.lastTerm <= node.lastTerm) {
        peer.lastTerm = node.lastTerm;
        peer.lastIndex = node.lastIndex;
        peer.head = Math.max(peer.head, Math.min(node.head, this.blocks.length));
        peer.pending = node.pending;
      }
    }
  }

  #follow(node: ModelNode, term: number, leader: number | null): void {
    if (term > node.term) node.votedFor = null;
    node.term = term;
    node.role = 'follower';
    node.leader = leader;
    node.deadline = this.#now + this.#electionTimeout();
  }

  #mint(node: ModelNode): void {
    const agreeing = this.#reachable(node).filter((peer) => !peer.learner && peer.term === node.term).length + 1;
    if (node.pending === 0 || agreeing < this.#majority()) return;
    node.pending -= 1;
    node.head += 1;
    this.blocks.push({ number: this.blocks.length + 1, raftId: node.raftId, timestampMs: this.#now });
  }

  #apply(fault: RaftFault): void {
    switch (fault.kind) {
      case 'freeze':
        this.#target(fault.node).frozenSince = this.#now;
        return;
      case 'thaw':
        // A frozen node keeps its role, but 'leader' would now find another.
        for (const node of this.nodes) {
          if (typeof fault.node === 'number' ? node.raftId === fault.node : node.frozenSince !== null) {
            node.frozenSince = null;
          }
        }
        return;
      case 'kill': {
        const node = this.#target(fault.node);
        node.running = false;
        return;
      }
      case 'start':
        for (const node of this.nodes) {
          if (node.running || (typeof fault.node === 'number' && node.raftId !== fault.node)) continue;
          node.running = true;
          this.#follow(node, node.term, null);
        }
        return;
      case 'isolate': {
        const node = this.#target(fault.node);
        for (const peer of this.nodes) if (peer !== node) this.#cuts.add(linkKey(node.raftId, peer.raftId));
        return;
      }
      case 'diverge':
        this.#target(fault.node).divergedAbove = fault.above;
        return;
      case 'cutLink':
        this.#cuts.add(linkKey(this.#target(fault.between[0]).raftId, this.#target(fault.between[1]).raftId));
        return;
      case 'healAll':
        this.#cuts.clear();
        return;
      case 'remove':
        this.#target(fault.node).removed = true;
        return;
      case 'send':
        for (const node of this.nodes) node.pending += fault.transactions;
        return;
      case 'churn': {
        const rivals = this.nodes.filter((node) => this.#acts(node) && !node.learner && node.role !== 'leader');
        const rival = rivals[Math.floor(this.#random() * rivals.length)];
        if (rival !== undefined) this.#campaign(rival);
        return;
      }
    }
  }

  #target(target: FaultTarget): ModelNode {
    const leader = [...this.nodes].sort((a, b) => b.term - a.term).find((node) => node.role === 'leader');
    const found =
      typeof target === 'number'
        ? this.nodes.find((node) => node.raftId === target)
        : target === 'leader'
          ? leader
          : this.nodes.find((node) => node !== leader && node.running && !node.learner);
    if (found === undefined) throw new RangeError(`scenario names a node that is not there: ${target}`);
    return found;
  }

  #electionTimeout(): number {
    return electionMs[0] + this.#random() * (electionMs[1] - electionMs[0]);
  }
}

function expandChurn(faults: readonly RaftFault[]): RaftFault[] {
  return faults
    .flatMap((fault): RaftFault[] => {
      if (fault.kind !== 'churn') return [fault];
      const times = Math.floor(fault.forMs / fault.everyMs);
      return Array.from({ length: times }, (_, index) => ({ ...fault, at: fault.at + index * fault.everyMs }));
    })
    .sort((a, b) => a.at - b.at);
}

function linkKey(a: number, b: number): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
