import { type BackoffPolicy, backoffMs } from '../../lib/backoff.ts';
import { reasonOf } from '../../lib/errors.ts';
import type { Clock, Logger, Random } from '../../p2p/ports.ts';
import { type Curve, chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { openSource } from '../ask/openSource.ts';
import { type ProbeOutcome, probeClock } from '../ask/probeClock.ts';
import { type ChainIdentity, readIdentity } from '../ask/readIdentity.ts';
import type { RoundSource } from '../ask/roundSource.ts';
import type { RpcClient } from '../ask/rpcClient.ts';
import { type JudgeConfig, judgeDefaults } from '../judge/judgeConfig.ts';
import { type Judgement, type JudgeState, judgeRound, startJudge } from '../judge/judgeRounds.ts';
import type { SealerEvent } from '../judge/sealerEvent.ts';
import type { SealersVerdict } from '../judge/sealersVerdict.ts';
import type { RoundTally } from '../judge/tallyRound.ts';
import type { ClusterConfig } from './clusterConfig.ts';
import type { ClusterStatus, RaftRecord, RaftStore, StoredCluster } from './raftRecords.ts';
import { RecordKeeper } from './recordKeeper.ts';
import { RoundLog } from './roundLog.ts';
import { MintersWatch } from './watchMinters.ts';
import { SealersWatch } from './watchSealers.ts';

/** While another process watches a cluster, how often to check whether it still does. */
const standbyMs = 5_000;
const takeOverRetry: BackoffPolicy = { firstMs: 1_000, maxMs: 60_000 };
const hourMs = 3_600_000;
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
  #judge: JudgeState = startJudge();
  #chainIdentity: Identity = { at: 'unknown', askedAt: Number.NEGATIVE_INFINITY };
  readonly #sealers: SealersWatch;
  readonly #minters: MintersWatch;
  readonly #keeper: RecordKeeper;
  readonly #roundLog: RoundLog;
  #lastT = 0;
  #probedAt = Number.NEGATIVE_INFINITY;
  #duty: Duty = { at: 'standby' };
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
    this.#minters = new MintersWatch(this.#clients, this.#judgeConfig, deps.log);
    this.#keeper = new RecordKeeper(cluster, deps, async () => {
      this.#duty = { at: 'relieved' };
      await deps.onDuty?.(cluster, false);
    });
    this.#roundLog = new RoundLog(cluster, deps.log);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    while (!signal.aborted) {
      if (!(await this.#takeOver(signal))) break;
      // Clusters start at different times, so that fifty of them are not polled at the same instant.
      await clock.sleep(random.next() * Math.min(this.#config.intervalMs, 5_000), signal);
      await this.#poll(signal);
      await this.#keeper.idle();
    }
    await this.#keeper.end();
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
    this.#keeper.begin();
    this.#judge = startJudge(stored === null ? null : { ...stored, ...this.#resume(stored) });
    this.#sealers.resume(stored?.sealers ?? null);
    this.#minters.resume(stored?.chain ?? null);
  }

  /**
   * Over a longer pause, nobody knows whether it churned, or for how long transactions had waited. A stall lasts until the
   * head has moved; when that was is then not known.
   */
  #resume({ churning, stall, lastRoundAt }: StoredCluster): Pick<StoredCluster, 'churning' | 'stall'> {
    const pauseMs = this.#deps.clock.now() - lastRoundAt;
    const { churnWindowMs, gapMs } = this.#judgeConfig;
    return {
      churning: churning && pauseMs < churnWindowMs,
      stall: stall !== null && (stall.on || pauseMs < gapMs) ? stall : null,
    };
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
    const round = await this.#source.ask(t);
    const tookMs = clock.now() - askedAt;
    const judgement = judgeRound(this.#judge, round, this.#judgeConfig);
    this.#judge = judgement.state;
    const { tally } = judgement;
    const { verdict: sealers, events: sealerEvents, roundChanges } = await this.#sealers.look(tally);
    // A chain of sealers has no leader to be without.
    const isRaft = sealers === null;
    const current = isRaft ? judgement.current : null;
    const transitions = isRaft ? judgement.transitions : [];
    const events = isRaft ? [...judgement.events, ...(await this.#readMinters(judgement))] : [];
    this.#roundLog.noteEvents(events, transitions, sealerEvents);
    this.#roundLog.noteResults(tally);
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
      stall: this.#judge.overlays.stall,
      churning: this.#judge.churn.on,
      chain: this.#minters.position,
      sealers,
      sealerBook: this.#sealers.book,
      probes: new Map(this.#probes),
    };
    this.#keeper.keep({ status, polls: countPolls(tally), events, sealerEvents, transitions });
    this.#deps.onRound({ cluster: this.#config.name, judgement, events, sealers, sealerEvents, roundChanges, tookMs });
    return judgement;
  }

  async #readMinters(judgement: Judgement): Promise<Judgement['events']> {
    const { judge, events } = await this.#minters.look(judgement);
    this.#judge = judge;
    return events;
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
}

function countPolls(tally: RoundTally): RaftRecord['polls'] {
  const hour = Math.floor(tally.t / hourMs) * hourMs;
  return tally.nodes.map(({ node, result }) => ({ node, result, hour, polls: 1 }));
}
