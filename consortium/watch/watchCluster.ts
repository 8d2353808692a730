import { type BackoffPolicy, backoffMs } from '../../lib/backoff.ts';
import { reasonOf } from '../../lib/errors.ts';
import type { Clock, Logger, Random } from '../../p2p/ports.ts';
import { type Curve, chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { openSource } from '../ask/openSource.ts';
import { startGraceMs } from '../ask/pollRound.ts';
import { type ProbeOutcome, probeClock } from '../ask/probeClock.ts';
import { readChain } from '../ask/readChain.ts';
import { type ChainIdentity, readIdentity } from '../ask/readIdentity.ts';
import { type NodeResult, sameMember } from '../ask/round.ts';
import type { ClusterKind, RoundSource } from '../ask/roundSource.ts';
import { type Endpoint, type RpcClient, type RpcLimits, rpcDefaults } from '../ask/rpcClient.ts';
import type { BlockRule } from '../judge/blockRule.ts';
import { isStreamed } from '../judge/isStreamed.ts';
import { type JudgeConfig, judgeDefaults } from '../judge/judgeConfig.ts';
import { addChainChanges, type Judgement, type JudgeState, judgeRound, startJudge } from '../judge/judgeRounds.ts';
import type { RaftEvent, StateTransition } from '../judge/raftEvent.ts';
import type { SealerEvent } from '../judge/sealerEvent.ts';
import type { SealersVerdict } from '../judge/sealersVerdict.ts';
import type { RoundTally } from '../judge/tallyRound.ts';
import { type ChainPosition, chainEvents, chainStart, followChain, nextBlocks } from './followChain.ts';
import { addPolls, type ClusterStatus, type RaftRecord, type RaftStore, type StoredCluster } from './raftRecords.ts';
import { SealersWatch } from './watchSealers.ts';

export interface ClusterConfig {
  /** The operator's name for the cluster. */
  readonly name: string;
  /** Whose members these are. */
  readonly kind: ClusterKind;
  readonly endpoints: readonly Endpoint[];
  readonly intervalMs: number;
  /** The chain's own rule of empty blocks: see BlockRule; null = learned. */
  readonly emptyBlockMs: BlockRule['emptyMs'];
  /** Pause before another round if one contradicts the settled state. */
  readonly repollMs: number;
  /** Pause between two looks at the Raft ports' clocks. */
  readonly probeMs: number;
  readonly rpc: RpcLimits;
  /** How long a node that comes up is not asked about Raft: see pollRound.ts. */
  readonly startGraceMs: number;
  readonly thresholds: Partial<Omit<JudgeConfig, 'cluster' | 'endpoints'>>;
}

export const clusterDefaults: Omit<ClusterConfig, 'name' | 'endpoints'> = {
  kind: 'goQuorum',
  intervalMs: 5_000,
  emptyBlockMs: null,
  repollMs: 200,
  probeMs: 30_000,
  rpc: rpcDefaults,
  startGraceMs,
  thresholds: {},
};

/** Shortest time between two saved rounds in which nothing happened. */
const quietSaveMs = 10_000;
/** While another process watches a cluster, how often to check whether it still does. */
const standbyMs = 5_000;
const takeOverRetry: BackoffPolicy = { firstMs: 1_000, maxMs: 60_000 };
const hourMs = 3_600_000;
/** Most headers read in one round: enough for a busy chain, and a back-fill that does not burden the nodes. */
const blocksPerRound = 100;
/** Most eventful rounds kept while the store is away: an hour with a change every two seconds. */
const maxUnsaved = 2_000;

/** What one round found. */
export interface RoundReport {
  readonly cluster: string;
  readonly judgement: Judgement;
  /** Events of the round, and events shown by the chain. */
  readonly events: Judgement['events'];
  /** Who seals, if the nodes use a consensus other than Raft. */
  readonly sealers: SealersVerdict | null;
  readonly sealerEvents: readonly SealerEvent[];
  /** New round changes of IBFT and QBFT in this round. */
  readonly roundChanges: number;
  readonly tookMs: number;
}

export interface WatchDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'next'>;
  readonly log: Logger;
  readonly store: RaftStore;
  readonly onRound: (report: RoundReport) => void;
  readonly onProbe: (cluster: string, node: string, outcome: ProbeOutcome) => void;
  /** Whether this process polls the cluster, or leaves it to another. It begins when this resolves; if it rejects, later. */
  readonly onDuty?: (cluster: string, watching: boolean) => void | Promise<void>;
}

/** Polls one cluster until `signal` aborts; resolves when all is closed. */
export async function watchCluster(config: ClusterConfig, deps: WatchDeps, signal: AbortSignal): Promise<void> {
  const watcher = new ClusterWatcher(config, deps, await chooseCurve());
  try {
    await watcher.run(signal);
  } finally {
    watcher.close();
  }
}

/** Whether the cluster is ours to watch. `since`: the first round since it is; null before that round. */
type Duty =
  | { readonly at: 'standby' }
  | { readonly at: 'watching'; readonly since: number | null }
  | { readonly at: 'relieved' };

/** How far the chain's headers are read: while it catches up, changes may be missing. */
type ChainReading = { readonly at: 'catchingUp' | 'caughtUp'; readonly position: ChainPosition };

/** Which chain the cluster keeps, once a member told. */
type Identity =
  | { readonly at: 'unknown'; readonly askedAt: number }
  | { readonly at: 'known'; readonly identity: ChainIdentity };

class ClusterWatcher {
  readonly #config: ClusterConfig;
  readonly #judgeConfig: JudgeConfig;
  readonly #deps: WatchDeps;
  /** Empty for members that speak no JSON-RPC. */
  readonly #clients: readonly RpcClient[];
  readonly #source: RoundSource;
  // BOUNDED: by the configured endpoints
  readonly #results = new Map<string, NodeResult>();
  #judge: JudgeState = startJudge();
  #reading: ChainReading = { at: 'caughtUp', position: chainStart };
  #chainIdentity: Identity = { at: 'unknown', askedAt: Number.NEGATIVE_INFINITY };
  readonly #sealers: SealersWatch;
  /** The last round's. */
  #tally: RoundTally | null = null;
  #lastT = 0;
  #probedAt = Number.NEGATIVE_INFINITY;
  #savedAt = Number.NEGATIVE_INFINITY;
  #duty: Duty = { at: 'standby' };
  // BOUNDED: by maxUnsaved
  #unsaved: RaftRecord[] = [];
  #saved: Promise<void> = Promise.resolve();
  // BOUNDED: by the configured endpoints
  readonly #probes = new Map<string, ProbeOutcome>();

  constructor(config: ClusterConfig, deps: WatchDeps, curve: Pick<Curve, 'recover'>) {
    this.#config = config;
    this.#deps = deps;
    const { name: cluster, intervalMs, emptyBlockMs } = config;
    ({ source: this.#source, clients: this.#clients } = openSource(config, deps.clock));
    this.#sealers = new SealersWatch(this.#clients, { cluster, intervalMs, emptyBlockMs }, curve);
    this.#judgeConfig = {
      ...judgeDefaults,
      ...config.thresholds,
      cluster: config.name,
      endpoints: config.endpoints.map(({ name }) => name),
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    while (!signal.aborted) {
      if (!(await this.#takeOver(signal))) break;
      // Clusters start at different times, so that fifty of them are not polled at the same instant.
      await clock.sleep(random.next() * Math.min(this.#config.intervalMs, 5_000), signal);
      await this.#poll(signal);
      await this.#saved;
    }
    await this.#save();
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted && this.#duty.at !== 'relieved') {
      const startedAt = clock.now();
      const first = await this.#round();
      if (first.wantsAnotherRound && !signal.aborted) {
        await clock.sleep(this.#config.repollMs, signal);
        if (!signal.aborted) await this.#round();
      }
      this.#probe(startedAt);
      await clock.sleep(Math.max(0, startedAt + this.#config.intervalMs - clock.now()), signal);
    }
  }

  close(): void {
    this.#source.close();
  }

  /** Waits until the cluster is ours and continues from what is stored. False if `signal` aborted before. */
  async #takeOver(signal: AbortSignal): Promise<boolean> {
    const { clock, log, store, onDuty } = this.#deps;
    const cluster = this.#config.name;
    let standsBy = false;
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (await store.hold(cluster)) {
          this.#startFrom(await store.load(cluster));
          await onDuty?.(cluster, true);
          return true;
        }
        if (!standsBy) log.info('another process is watching this raft cluster; standing by', { cluster });
        if (!standsBy) await onDuty?.(cluster, false);
        standsBy = true;
        await clock.sleep(standbyMs, signal);
      } catch (error) {
        log.warn('raft records are not stored: the database is away', { cluster, reason: reasonOf(error) });
        failures += 1;
        await clock.sleep(backoffMs(takeOverRetry, failures), signal);
      }
    }
    return false;
  }

  #startFrom(stored: StoredCluster | null): void {
    this.#duty = { at: 'watching', since: null };
    this.#unsaved = [];
    this.#judge = startJudge(stored === null ? null : { ...stored, churning: this.#stillChurns(stored) });
    this.#sealers.resume(stored?.sealers ?? null);
    const position = stored?.chain ?? chainStart;
    this.#reading = { at: position.block === null ? 'caughtUp' : 'catchingUp', position };
  }

  /** Over a longer pause, nobody knows whether it went on. */
  #stillChurns({ churning, lastRoundAt }: StoredCluster): boolean {
    return churning && this.#deps.clock.now() - lastRoundAt < this.#judgeConfig.churnWindowMs;
  }

  /** Notes a round; since when the cluster has been watched. */
  #beginAt(t: number): number {
    if (this.#duty.at !== 'watching') return t;
    const since = this.#duty.since ?? t;
    this.#duty = { at: 'watching', since };
    return since;
  }

  async #round(): Promise<Judgement> {
    const { clock } = this.#deps;
    const askedAt = clock.now();
    // Wall time may step back; the judge's time must not.
    const t = Math.max(this.#lastT, askedAt);
    this.#lastT = t;
    const watchedSince = this.#beginAt(t);
    const round = await this.#source.ask(t, (name) => isStreamed(this.#tally, this.#judge.selves, name));
    const tookMs = clock.now() - askedAt;
    const judgement = judgeRound(this.#judge, round, this.#judgeConfig);
    this.#judge = judgement.state;
    this.#tally = judgement.tally;
    const { tally } = judgement;
    const { verdict: sealers, events: sealerEvents, roundChanges } = await this.#sealers.look(tally);
    // A chain of sealers has no leader to be without.
    const isRaft = sealers === null;
    const current = isRaft ? judgement.current : null;
    const transitions = isRaft ? judgement.transitions : [];
    const events = isRaft ? [...judgement.events, ...(await this.#readMinters(judgement, t))] : [];
    this.#logEvents(events, transitions, sealerEvents);
    this.#logResults(tally);
    await this.#readIdentity(tally);
    const status: ClusterStatus = {
      cluster: this.#config.name,
      kind: this.#config.kind,
      intervalMs: this.#config.intervalMs,
      watchedSince,
      identity: this.#chainIdentity.at === 'known' ? this.#chainIdentity.identity : null,
      current,
      tally,
      membership: judgement.state.membership ?? [],
      stalled: this.#judge.overlays.stall.on,
      churning: this.#judge.churn.on,
      chain: this.#reading.position,
      sealers,
      sealerBook: this.#sealers.book,
      probes: new Map(this.#probes),
    };
    this.#keep({ status, polls: countPolls(tally), events, sealerEvents, transitions });
    if (events.length + transitions.length + sealerEvents.length > 0 || t - this.#savedAt >= quietSaveMs) {
      this.#savedAt = t;
      this.#saved = this.#saved.then(() => this.#save());
    }
    this.#deps.onRound({ cluster: this.#config.name, judgement, events, sealers, sealerEvents, roundChanges, tookMs });
    return judgement;
  }

  #logEvents(
    events: readonly RaftEvent[],
    transitions: readonly StateTransition[],
    sealerEvents: readonly SealerEvent[],
  ): void {
    const { log } = this.#deps;
    for (const { kind, at, from, to, votes, voters, gap, source, cluster } of events) {
      const [before, after] = [from?.raftId ?? null, to?.raftId ?? null];
      log.info('raft event', { cluster, kind, at, from: before, to: after, votes, voters, gap, source });
    }
    for (const { state, leader, votes, voters, votersActive } of transitions) {
      const fields = { cluster: this.#config.name, state, leader: leader?.raftId ?? null, votes, voters, votersActive };
      log.info('raft state', fields);
    }
    for (const { kind, at, sealer, node, active, validators, block, cluster } of sealerEvents) {
      log.info('sealer event', { cluster, kind, at, sealer, node, active, validators, block });
    }
  }

  /** Logs only when an endpoint starts or stops giving a view, and why, instead of in every round. */
  #logResults(tally: RoundTally): void {
    for (const { node, result } of tally.nodes) {
      if ((this.#results.get(node) ?? 'ok') === result) continue;
      const fields = { cluster: this.#config.name, node, result };
      if (result === 'ok') this.#deps.log.info('raft endpoint answers again', fields);
      else this.#deps.log.warn('raft endpoint gives no view', fields);
      this.#results.set(node, result);
    }
  }

  /** Follows the chain through the node with the highest head among those that follow the leader. */
  async #readMinters(judgement: Judgement, t: number): Promise<Judgement['events']> {
    const { tally, current } = judgement;
    const leader = current?.state === 'confirmed' ? current.leader : null;
    const best = tally.nodes
      .flatMap(({ node, view }) => (view?.head == null ? [] : [{ node, head: view.head, leader: view.leader }]))
      .filter((seen) => leader === null || (seen.leader.at === 'named' && sameMember(seen.leader.leader, leader)))
      .sort((a, b) => b.head - a.head)[0];
    const client = this.#clients.find(({ endpoint }) => endpoint.name === best?.node);
    if (best === undefined || client === undefined) return [];
    const numbers = nextBlocks(this.#reading.position, best.head, blocksPerRound);
    if (numbers.length === 0) {
      this.#reading = { ...this.#reading, at: 'caughtUp' };
      return [];
    }
    const { blocks, problem } = await readChain(client, numbers);
    if (problem !== null)
      this.#deps.log.debug('raft headers', { cluster: this.#config.name, node: best.node, reason: problem });
    const before = this.#reading;
    const followed = followChain(before.position, blocks);
    const found = chainEvents(followed.changes, {
      cluster: this.#config.name,
      detectedAt: t,
      members: this.#judge.membership ?? [],
      gap: before.at === 'catchingUp',
    });
    const isAtHead = followed.position.block === best.head;
    this.#reading = { at: isAtHead ? 'caughtUp' : before.at, position: followed.position };
    const added = addChainChanges(this.#judge, found, t, this.#judgeConfig);
    this.#judge = added.state;
    return added.events;
  }

  /** Asks once which chain this is, and again after a while if no node said. */
  async #readIdentity(tally: RoundTally): Promise<void> {
    if (this.#chainIdentity.at === 'known' || tally.t - this.#chainIdentity.askedAt < 60_000) return;
    const answering = tally.nodes.find(({ result }) => result === 'ok' || result === 'notRaft')?.node;
    const client = this.#clients.find(({ endpoint }) => endpoint.name === answering);
    if (client === undefined) return;
    const identity = await readIdentity(client);
    this.#chainIdentity = identity === null ? { at: 'unknown', askedAt: tally.t } : { at: 'known', identity };
  }

  #probe(now: number): void {
    if (now - this.#probedAt < this.#config.probeMs) return;
    this.#probedAt = now;
    for (const { name, probeUrl } of this.#config.endpoints) {
      if (probeUrl === null) continue;
      void probeClock(probeUrl, this.#config.rpc.timeoutMs, this.#deps.clock).then((outcome) => {
        this.#probes.set(name, outcome);
        this.#deps.onProbe(this.#config.name, name, outcome);
      });
    }
  }

  /** A round in which nothing happened only replaces the status of the one before. */
  #keep(record: RaftRecord): void {
    const last = this.#unsaved.at(-1);
    const quiet = last !== undefined && last.events.length + last.sealerEvents.length + last.transitions.length === 0;
    if (quiet) this.#unsaved.pop();
    this.#unsaved.push(quiet ? { ...record, polls: addPolls(last.polls, record.polls) } : record);
    if (this.#unsaved.length > maxUnsaved) this.#unsaved.splice(0, this.#unsaved.length - maxUnsaved);
  }

  /** What cannot be saved waits for the next round. Calls do not overlap. */
  async #save(): Promise<void> {
    if (this.#unsaved.length === 0 || this.#duty.at === 'relieved') return;
    const batch = this.#unsaved;
    this.#unsaved = [];
    try {
      // Two writers would count every change twice.
      if (await this.#deps.store.hold(this.#config.name)) {
        await this.#deps.store.save(batch);
        return;
      }
      this.#duty = { at: 'relieved' };
      await this.#deps.onDuty?.(this.#config.name, false);
      this.#deps.log.warn('another process has taken over this raft cluster', { cluster: this.#config.name });
    } catch (error) {
      this.#unsaved = [...batch, ...this.#unsaved].slice(-maxUnsaved);
      this.#savedAt = Number.NEGATIVE_INFINITY;
      const fields = { cluster: this.#config.name, reason: reasonOf(error) };
      this.#deps.log.warn('raft records are not stored: the database is away', fields);
    }
  }
}

function countPolls(tally: RoundTally): RaftRecord['polls'] {
  const hour = Math.floor(tally.t / hourMs) * hourMs;
  return tally.nodes.map(({ node, result }) => ({ node, result, hour, polls: 1 }));
}
