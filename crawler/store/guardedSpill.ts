import { reasonOf } from '../../lib/errors.ts';
import type { Clock, Logger } from '../../p2p/ports.ts';
import type { Spill, SpillRead } from './spill.ts';
import type { VisitRow } from './visitRow.ts';

/** Approximate size of a spilled row; only used to check whether there is room on disk. */
const typicalRowBytes = 1_500;
/** How often it is said again that the disk does not take visits. */
const repeatMs = 60_000;

type Disk = { readonly at: 'works' } | { readonly at: 'refuses'; readonly since: number; readonly toldAt: number };

/** The spill as the write queue uses it: trouble with the disk is a value, and is logged once and then every minute. */
export class GuardedSpill {
  readonly #spill: Spill;
  readonly #clock: Clock;
  readonly #log: Logger;
  #disk: Disk = { at: 'works' };
  #failures = 0;

  constructor(spill: Spill, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#spill = spill;
    this.#clock = clock;
    this.#log = log;
  }

  /** What the disk refused since the start. */
  get failures(): number {
    return this.#failures;
  }

  /** The last attempt failed. */
  get refuses(): boolean {
    return this.#disk.at === 'refuses';
  }

  /** True = the rows are on disk. The limit of the spill counts unless they go `beyond` it. */
  async append(rows: readonly VisitRow[], beyond: boolean): Promise<boolean> {
    try {
      if (!beyond && this.#spill.isFull(rows.length * typicalRowBytes)) {
        this.#refused(`its limit of ${this.#spill.maxBytes} bytes is reached`, rows.length);
        return false;
      }
      await this.#spill.append(rows);
    } catch (error) {
      this.#failures++;
      this.#refused(reasonOf(error), rows.length);
      return false;
    }
    if (this.#disk.at === 'refuses') {
      this.#log.info('the disk accepts visits again', { spilled: this.#spill.count });
      this.#disk = { at: 'works' };
    }
    return true;
  }

  #refused(reason: string, atStake: number): void {
    const now = this.#clock.now();
    const { since, toldAt } = this.#disk.at === 'refuses' ? this.#disk : { since: now, toldAt: -Infinity };
    const isDue = now - toldAt >= repeatMs;
    this.#disk = { at: 'refuses', since, toldAt: isDue ? now : toldAt };
    if (!isDue) return;
    this.#log.error(
      'the spill folder accepts no visits: those in memory are lost if the process ends before the database is back',
      {
        reason,
        atStake,
        spilled: this.#spill.count,
        sinceS: Math.round((now - since) / 1_000),
      },
    );
  }

  /** The oldest file; null when there is none, or none that can be read. Files that cannot are left to the next start. */
  async readOldest(): Promise<SpillRead | null> {
    while (!this.#spill.isEmpty) {
      try {
        const read = await this.#spill.readOldest();
        if (read !== null && read.damaged > 0) {
          const { file, damaged, rows } = read;
          this.#log.error('skipped damaged lines of a spill file', { file, lines: damaged, visits: rows.length });
        }
        return read;
      } catch (error) {
        this.#leave('a spill file cannot be read: its visits are not in the database', error);
      }
    }
    return null;
  }

  /** Removes a file whose rows are committed. */
  async remove(read: SpillRead): Promise<void> {
    try {
      await this.#spill.remove(read);
    } catch (error) {
      this.#leave('a spill file cannot be removed: the next start writes it once more, which changes nothing', error);
    }
  }

  #leave(message: string, error: unknown): void {
    this.#failures++;
    const left = this.#spill.leaveOldest();
    this.#log.error(message, { reason: reasonOf(error), file: left?.file, visits: left?.visits });
  }
}
