import { withDeadline } from '../../lib/deadline.ts';
import { ForkscopeError } from '../../lib/errors.ts';
import type { Clock } from '../../p2p/ports.ts';
import type { Sql } from '../../sql/client.ts';
import type { Database } from '../../sql/database.ts';

/** The database did not answer at all, not even with an error: the network may drop packets. */
export class RaftStoreTimeout extends ForkscopeError<{ code: 'raftStoreTimeout'; afterMs: number }> {}

/** Which clusters this process polls. A lock lives as long as its connection. */
export interface RaftLocks {
  /** True while the cluster is ours. Rejects when the database is away. */
  hold(cluster: string): Promise<boolean>;
  close(): Promise<void>;
}

/** A connection only for the locks. */
export function openLockConnection(database: Database): Sql {
  return database.connect({
    max: 1,
    applicationName: 'forkscope raft locks',
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 5_000,
    lasting: true,
  });
}

/** Opens its connection with the first call, and a new one if that does not answer in time. */
export function createRaftLocks(open: () => Sql, clock: Pick<Clock, 'sleep'>, deadlineMs = 8_000): RaftLocks {
  let pool: Sql | null = null;
  const drop = async (seconds: number): Promise<void> => {
    const dropped = pool;
    pool = null;
    await dropped?.end({ timeout: seconds });
  };
  return {
    async hold(cluster) {
      pool ??= open();
      const asked = pool;
      try {
        // A session can take a lock that it already holds again, so check first.
        const [row] = await within(
          asked<{ held: boolean }[]>`
            select case when exists (
              select from pg_locks
              where locktype = 'advisory' and pid = pg_backend_pid() and granted and objsubid = 2
                and classid::bigint = hashtext('forkscope.raft')::bigint & 4294967295
                and objid::bigint = hashtext(${cluster})::bigint & 4294967295
            ) then true else pg_try_advisory_lock(hashtext('forkscope.raft'), hashtext(${cluster})) end as held`,
          deadlineMs,
          clock,
        );
        return row?.held ?? false;
      } catch (error) {
        // All later statements would wait behind this one.
        if (error instanceof RaftStoreTimeout && pool === asked) void drop(0).catch(() => {});
        throw error;
      }
    },
    close: () => drop(5),
  };
}

/** Rejects with `RaftStoreTimeout` when `work` takes longer. */
export function within<T>(work: PromiseLike<T>, ms: number, clock: Pick<Clock, 'sleep'>): Promise<T> {
  const late = (): never => {
    throw new RaftStoreTimeout({ code: 'raftStoreTimeout', afterMs: ms });
  };
  return withDeadline(work, { ms, clock, late });
}
