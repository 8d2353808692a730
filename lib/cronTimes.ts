import { createTask, parse } from 'node-cron';

const dayMs = 86_400_000;
/** The 29th of February on one weekday comes every 28 years, over a century without a leap day every 40. */
const maxDays = 41 * 366;
/** After this many days, weekdays and leap years repeat. */
const calendarDays = 28 * 365 + 7;
const calendarStart = Date.UTC(2000, 0, 1);

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
  readonly #everyDay: boolean;
  #longestGapMs: number | null = null;

  /** @throws Error of node-cron, or RangeError, for what is no cron expression */
  constructor(expression: string) {
    this.expression = expression;
    // node-cron would write out every number of a range, however large, before it looks at the bounds.
    if (/\d{3}/.test(expression)) throw new RangeError('a field of a cron expression has two digits at most');
    const { month, dayOfMonth, dayOfWeek, hour, minute, second } = parse(expression);
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
    this.#everyDay = month.length === 12 && dayOfMonth.length === 31 && dayOfWeek.length === 7;
  }

  /** The longest time from one run to the next, ms. The first call may search 28 years. */
  get longestGapMs(): number {
    this.#longestGapMs ??= this.#findLongestGap();
    return this.#longestGapMs;
  }

  /**
   * The first time after `after`, both ms since the epoch.
   * @throws RangeError for an expression that never comes, such as the 29th of February on a first Monday
   */
  next(after: number): number {
    const today = Math.floor(after / dayMs) * dayMs;
    for (let day = today; day < today + maxDays * dayMs; day += dayMs) {
      if (!this.#isOn(day)) continue;
      const time = this.#timeAfter(after - day);
      if (time !== null) return day + time;
    }
    throw new RangeError(`the cron expression ${this.expression} never comes`);
  }

  #isOn(day: number): boolean {
    return this.#months.has(new Date(day).getUTCMonth() + 1) && this.#matches(day + this.#firstTime);
  }

  get #firstTime(): number {
    return (this.#hours[0] ?? 0) + (this.#minutes[0] ?? 0) + (this.#seconds[0] ?? 0);
  }

  #findLongestGap(): number {
    let last = this.#firstTime;
    let withinDay = 0;
    for (let time = this.#timeAfter(last); time !== null; time = this.#timeAfter(time)) {
      withinDay = Math.max(withinDay, time - last);
      last = time;
    }
    const overDays = (this.#everyDay ? 1 : this.#longestDays()) * dayMs;
    return Math.max(withinDay, overDays - last + this.#firstTime);
  }

  /** The largest number of days between two days with a run. */
  #longestDays(): number {
    let longest = 0;
    let before: number | null = null;
    for (let n = 0; n < calendarDays; n++) {
      if (!this.#isOn(calendarStart + n * dayMs)) continue;
      if (before !== null) longest = Math.max(longest, n - before);
      before = n;
    }
    return longest === 0 ? maxDays : longest;
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
