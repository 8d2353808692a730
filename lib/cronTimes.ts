import { createTask, parse } from 'node-cron';

const dayMs = 86_400_000;
/** The 29th of February on one weekday comes every 28 years, over a century without a leap day every 40. */
const maxDays = 41 * 366;

/** Whether it is a cron expression of five or six fields, as node-cron reads it, and ever comes. */
export function isCron(expression: string): boolean {
  try {
    return new CronTimes(expression).next(0) > 0;
  } catch {
    return false;
  }
}

/**
 * When a cron expression comes, in UTC, by any clock: node-cron's own timers know only the machine's. It says which
 * days and times are meant; a day of the month and a day of the week must both fit.
 */
export class CronTimes {
  readonly expression: string;
  readonly #months: ReadonlySet<number>;
  /** In ms, ascending. */
  readonly #hours: readonly number[];
  readonly #minutes: readonly number[];
  readonly #seconds: readonly number[];
  readonly #matches: (at: number) => boolean;

  /** @throws Error of node-cron for what is no cron expression */
  constructor(expression: string) {
    this.expression = expression;
    const { month, hour, minute, second } = parse(expression);
    this.#months = new Set(month);
    [this.#hours, this.#minutes, this.#seconds] = [
      hour.toSorted((a, b) => a - b).map((value) => value * 3_600_000),
      minute.toSorted((a, b) => a - b).map((value) => value * 60_000),
      second.toSorted((a, b) => a - b).map((value) => value * 1_000),
    ];
    // Never started: asked for its days only.
    const task = createTask(expression, () => {}, { timezone: 'UTC' });
    void task.destroy();
    this.#matches = (at) => task.match(new Date(at));
  }

  /**
   * The first time after `after`, both ms since the epoch.
   * @throws RangeError for an expression that never comes, such as the 29th of February on a first Monday
   */
  next(after: number): number {
    const today = Math.floor(after / dayMs) * dayMs;
    const first = (this.#hours[0] ?? 0) + (this.#minutes[0] ?? 0) + (this.#seconds[0] ?? 0);
    for (let day = today; day < today + maxDays * dayMs; day += dayMs) {
      if (!this.#months.has(new Date(day).getUTCMonth() + 1) || !this.#matches(day + first)) continue;
      const time = this.#timeAfter(after - day);
      if (time !== null) return day + time;
    }
    throw new RangeError(`the cron expression ${this.expression} never comes`);
  }

  /** The first time of day after `after`, both ms since midnight. */
  #timeAfter(after: number): number | null {
    for (const hour of this.#hours) {
      if (hour + 3_600_000 <= after) continue;
      for (const minute of this.#minutes) {
        if (hour + minute + 60_000 <= after) continue;
        for (const second of this.#seconds) if (hour + minute + second > after) return hour + minute + second;
      }
    }
    return null;
  }
}
