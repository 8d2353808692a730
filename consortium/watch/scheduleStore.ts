import type { ChainIdentity } from '../ask/readIdentity.ts';
import type { MissingFork, ScheduleStep } from '../judge/compareSchedule.ts';

/** The fork schedule of a network, as its file has it. */
interface KnownSchedule {
  /** Slug of the network. */
  readonly network: string;
  /** In order of activation, genesis first. */
  readonly steps: readonly ScheduleStep[];
}

/** Where schedules are kept, and what endpoints know beyond them. */
export interface ScheduleStore {
  /** Null if no watched network has that genesis and network ID, or several have. */
  scheduleOf(identity: ChainIdentity): Promise<KnownSchedule | null>;
  /** Forks that an endpoint of the operator is configured with and the file lacks. `now` in ms since the epoch. */
  saveMissing(network: string, endpoint: string, forks: readonly MissingFork[], now: number): Promise<void>;
}
