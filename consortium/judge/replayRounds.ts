import type { Round } from '../ask/round.ts';
import type { JudgeConfig } from './judgeConfig.ts';
import { judgeRound, startJudge } from './judgeRounds.ts';
import type { ClusterState, RaftEvent } from './raftEvent.ts';

/** The result of a recording. `leader` is a Raft ID; times are those of the recording. */
export interface Replay {
  /** Changes between confirmed leaders, counted once per cluster. */
  readonly leaderChanges: number;
  /** One entry per transition. */
  readonly states: readonly {
    readonly t: number;
    readonly state: ClusterState;
    readonly leader: number | null;
    readonly votes: number;
    readonly voters: number;
    readonly votersActive: number;
  }[];
  readonly events: readonly RaftEvent[];
}

/** Judges recorded rounds as if they came from a poller, in their own time. */
export function replayRounds(rounds: readonly Round[], config: JudgeConfig): Replay {
  let judge = startJudge();
  const states: Replay['states'][number][] = [];
  const events: RaftEvent[] = [];
  for (const round of rounds) {
    const judgement = judgeRound(judge, round, config);
    judge = judgement.state;
    events.push(...judgement.events);
    for (const { t, state, leader, votes, voters, votersActive } of judgement.transitions) {
      states.push({ t, state, leader: leader?.raftId ?? null, votes, voters, votersActive });
    }
  }
  return { leaderChanges: judge.leaderChanges, states, events };
}
