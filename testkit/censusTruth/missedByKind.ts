import { toDate } from '../../lib/time.ts';
import type { Sql } from '../../sql/client.ts';
import { type Population, populations, type TrueCounts, type Window, windows } from './trueCounts.ts';

/** Of the nodes of one kind, how many the database has too few or too many of, at the moments that were looked at. */
export interface KindErrors {
  readonly kind: string;
  readonly population: Population;
  readonly window: Window;
  readonly looks: number;
  /** In the population in truth and not in the database, and the reverse: sums over all looks. */
  readonly missing: number;
  readonly extra: number;
  readonly members: number;
}

type Tally = { -readonly [K in keyof KindErrors]: KindErrors[K] };

/** Tells whose nodes are missing: which kind a wrong count is due to. */
export class MissedByKind {
  // BOUNDED: by kinds, populations and windows.
  readonly #tallies = new Map<string, Tally>();

  get errors(): KindErrors[] {
    return [...this.#tallies.values()].filter(({ missing, extra }) => missing + extra > 0);
  }

  /** Compares the rows of this moment. */
  async look(sql: Sql, truth: TrueCounts, now: number): Promise<void> {
    for (const [window, ms] of Object.entries(windows) as [Window, number][]) {
      const stored = await selectMembers(sql, toDate(now - ms));
      for (const population of populations) {
        for (const { node, is } of truth.members(population, window, now)) {
          const tally = this.#tallyOf(node.group, population, window);
          const has = stored.get(node.id)?.has(population) === true;
          if (is) tally.members += 1;
          if (is && !has) tally.missing += 1;
          if (!is && has) tally.extra += 1;
        }
      }
    }
    for (const tally of this.#tallies.values()) tally.looks += 1;
  }

  #tallyOf(kind: string, population: Population, window: Window): Tally {
    const key = `${kind}|${population}|${window}`;
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      tally = { kind, population, window, looks: 0, missing: 0, extra: 0, members: 0 };
      this.#tallies.set(key, tally);
    }
    return tally;
  }
}

async function selectMembers(sql: Sql, since: Date): Promise<Map<string, Set<Population>>> {
  const rows = await sql<{ id: string; is: Population[] }[]>`
    select encode(id, 'hex') as id, array_remove(array[
      case when last_seen > ${since} then 'seen' end,
      case when last_alive > ${since} then 'alive' end,
      case when last_reachable > ${since} then 'reachable' end,
      case when last_identified > ${since} then 'identified' end,
      case when last_inbound > ${since} and coalesce(last_reachable <= ${since}, true) then 'inboundOnly' end
    ], null) as is
    from nodes where last_seen > ${since}`;
  return new Map(rows.map(({ id, is }) => [id, new Set(is)]));
}
