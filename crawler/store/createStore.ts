import { BoundedMap } from '../../lib/boundedMap.ts';
import { utcDay } from '../../lib/time.ts';
import { blockFactsStatement } from '../../sql/blockFacts.ts';
import type { Sql } from '../../sql/client.ts';
import { type DatabaseTime, presentTime, readPresent, serverTime } from '../../sql/databaseTime.ts';
import { longestWaitMs, maxRevisitMs, scheduleOf } from '../crawl/backoff.ts';
import { boundTimes } from './boundTimes.ts';
import { claimDue, claimNodes, loadResume, othersCrawl, releaseLeases, renewLeases } from './claims.ts';
import { foldBlocks } from './foldBlocks.ts';
import { foldEndpoints, foldReachability, foldVisits } from './foldVisits.ts';
import { Interner } from './interner.ts';
import { repairFuture } from './repairFuture.ts';
import { lastAtWork, saveBeat } from './saveBeat.ts';
import { saveLeftOut } from './saveLeftOut.ts';
import { saveNetworks } from './saveNetworks.ts';
import type { Store, TimeStore } from './store.ts';
import { upsertSeen } from './upsertSeen.ts';
import type { VisitRow } from './visitRow.ts';
import { endpointsStatement } from './writeEndpoints.ts';
import { frontierStatement } from './writeFrontier.ts';
import { type Interned, nodesStatement } from './writeNodes.ts';
import { looksStatement, reachabilityStatement } from './writeReachability.ts';
import { createPartitions, visitsStatement, wordsOf } from './writeVisits.ts';

const maxDays = 100;
/** Whoever repairs does so for all that share the database, whatever their schedules are. */
const longestOfAnyMs = longestWaitMs(scheduleOf({ revisitMs: maxRevisitMs }));

/**
 * The store on PostgreSQL, in the name of `vantage`; `instance` tells processes of one vantage apart. `time` is the clock
 * by which leases are kept: all that share the database go by the same. No time that it stores is later by that clock
 * than now, or than `waitMs` from now for a visit to come.
 */
export function createStore(
  sql: Sql,
  vantage: string,
  instance = '0',
  time: DatabaseTime = serverTime,
  waitMs = longestWaitMs(),
): Store & TimeStore {
  const holder = { owner: `${vantage}/${instance}`, vantage, time };
  const interner = new Interner(sql);
  /** Days whose partitions are there. */
  const days = new BoundedMap<string, true>(maxDays);

  async function intern(visits: readonly VisitRow[]): Promise<Interned> {
    const seenAt = new Date(Math.min(...visits.map(({ at }) => at)));
    return {
      clients: await interner.clients(
        visits.flatMap(({ client }) => client ?? []),
        seenAt,
      ),
      forkIds: await interner.forkIds(
        visits.flatMap(({ forkId }) => forkId ?? []),
        seenAt,
      ),
      codes: await interner.codes(wordsOf(vantage, visits)),
    };
  }

  async function requirePartitions(visits: readonly VisitRow[]): Promise<void> {
    const missing = [...new Set(visits.map(({ at }) => utcDay(at)))].filter((day) => !days.has(day));
    if (missing.length === 0) return;
    await createPartitions(sql, missing);
    for (const day of missing) days.set(day, true);
  }

  return {
    async recordVisits(visits) {
      if (visits.length === 0) return;
      const now = await readPresent(sql, time);
      const bounded = visits.map((visit) => boundTimes(visit, now, waitMs));
      const interned = await intern(bounded);
      await requirePartitions(visits);
      try {
        await writeVisits(sql, { vantage, time }, { visits, bounded }, interned);
      } catch (error) {
        days.clear();
        if (!isMissingPartition(error)) throw error;
        // Retention has dropped a partition that was there for a late replay.
        await requirePartitions(visits);
        await writeVisits(sql, { vantage, time }, { visits, bounded }, interned);
      }
    },
    async upsertSeen(sightings) {
      if (sightings.length === 0) return;
      const now = await readPresent(sql, time);
      await upsertSeen(
        sql,
        sightings.map((sighting) => boundTimes(sighting, now, waitMs)),
      );
    },
    present: () => readPresent(sql, time),
    repairFuture: async () => repairFuture(sql, await readPresent(sql, time), longestOfAnyMs),
    claimNodes: (wishes, leaseMs) => claimNodes(sql, holder, wishes, leaseMs),
    claimDue: (limit, leaseMs, reach, aheadMs = 0) => claimDue(sql, holder, { limit, leaseMs, aheadMs }, reach),
    renewLeases: (ids, leaseMs) => renewLeases(sql, holder, ids, leaseMs),
    releaseLeases: (exceptIds = []) => releaseLeases(sql, holder, exceptIds),
    othersCrawl: () => othersCrawl(sql, holder),
    loadResume: (limit) => loadResume(sql, holder, limit),
    saveNetworks: (networks, now) => saveNetworks(sql, networks, now),
    saveBeat: (beat) => saveBeat(sql, vantage, beat),
    lastAtWork: (networks) => lastAtWork(sql, networks),
    saveLeftOut: (hosts, now) => saveLeftOut(sql, vantage, hosts, now),
    async saveSetting(key, value) {
      await sql`
        insert into settings (key, value, updated_at) values (${key}, ${sql.json(value)}, ${presentTime(sql, time)})
        on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at`;
    },
  };
}

/** One statement: all or nothing without a transaction and its round trips. */
async function writeVisits(
  sql: Sql,
  { vantage, time }: { readonly vantage: string; readonly time: DatabaseTime },
  // What is kept of the visits themselves stays as it is: their time is part of their key.
  { visits, bounded }: { readonly visits: readonly VisitRow[]; readonly bounded: readonly VisitRow[] },
  interned: Interned,
): Promise<void> {
  const updates = foldVisits(bounded);
  await sql`
    with n as (${nodesStatement(sql, vantage, updates, interned)}),
      e as (${endpointsStatement(sql, foldEndpoints(bounded))}),
      r as (${reachabilityStatement(sql, vantage, foldReachability(bounded))}),
      l as (${looksStatement(sql, vantage, presentTime(sql, time), updates)}),
      f as (${frontierStatement(sql, vantage, presentTime(sql, time), updates, interned)}),
      b as (${blockFactsStatement(sql, foldBlocks(bounded))})
    ${visitsStatement(sql, vantage, visits, interned)}`;
}

/** SQLSTATE 23514 is any check; of partitions there is no other sign but that no constraint has a name. */
function isMissingPartition(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23514' && !('constraint_name' in error);
}
