import type { Logger } from '../../p2p/ports.ts';
import type { NodeResult } from '../ask/round.ts';
import type { RaftEvent, StateTransition } from '../judge/raftEvent.ts';
import type { SealerEvent } from '../judge/sealerEvent.ts';
import type { RoundTally } from '../judge/tallyRound.ts';

/** Logs what happened to one cluster. */
export class RoundLog {
  readonly #cluster: string;
  readonly #log: Logger;
  // BOUNDED: by the configured endpoints
  readonly #results = new Map<string, NodeResult>();

  constructor(cluster: string, log: Logger) {
    this.#cluster = cluster;
    this.#log = log;
  }

  noteEvents(
    events: readonly RaftEvent[],
    transitions: readonly StateTransition[],
    sealerEvents: readonly SealerEvent[],
  ): void {
    for (const { kind, at, from, to, votes, voters, gap, source, cluster } of events) {
      const [before, after] = [from?.raftId ?? null, to?.raftId ?? null];
      this.#log.info('raft event', { cluster, kind, at, from: before, to: after, votes, voters, gap, source });
    }
    for (const { state, leader, votes, voters, votersActive } of transitions) {
      const fields = { cluster: this.#cluster, state, leader: leader?.raftId ?? null, votes, voters, votersActive };
      this.#log.info('raft state', fields);
    }
    for (const { kind, at, sealer, node, active, validators, block, cluster } of sealerEvents) {
      this.#log.info('sealer event', { cluster, kind, at, sealer, node, active, validators, block });
    }
  }

  /** Only when an endpoint starts or stops giving a view, and why, instead of in every round. */
  noteResults(tally: RoundTally): void {
    for (const { node, result } of tally.nodes) {
      if ((this.#results.get(node) ?? 'ok') === result) continue;
      const fields = { cluster: this.#cluster, node, result };
      if (result === 'ok') this.#log.info('raft endpoint answers again', fields);
      else this.#log.warn('raft endpoint gives no view', fields);
      this.#results.set(node, result);
    }
  }
}
