import { BoundedMap } from '../../lib/boundedMap.ts';

/** Lateness within this time is that of one visit. */
const oneVisitMs = 60_000;
/** So long a habit is remembered. */
const rememberedMs = 6 * 3_600_000;
const maxNodes = 50_000;

interface Habit {
  readonly at: number;
  /** Visits in which it was late while others were not. */
  readonly visits: number;
}

/**
 * Who answers late again and again while others do not: that is the node and not our line. Whoever would have us believe
 * that our line is jammed, by holding back answers, is heeded twice.
 */
export class LateHabits {
  /** By node. BOUNDED: by maxNodes, the one noted first is forgotten first. */
  readonly #habits = new BoundedMap<string, Habit>(maxNodes);

  /** Whether lateness of this node says nothing of our line. */
  isHabitual(idKey: string, now: number): boolean {
    const habit = this.#habits.get(idKey);
    return habit !== undefined && habit.visits >= 2 && now - habit.at < rememberedMs;
  }

  /** It was late in a time in which few were. */
  note(idKey: string, now: number): void {
    const habit = this.#habits.get(idKey);
    if (habit !== undefined && now - habit.at < oneVisitMs) return;
    const visits = habit === undefined || now - habit.at >= rememberedMs ? 1 : habit.visits + 1;
    this.#habits.set(idKey, { at: now, visits });
  }
}
