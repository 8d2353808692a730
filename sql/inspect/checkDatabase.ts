import type { Sql, SqlRunner } from '../client.ts';
import { type DatabaseTime, readPresent } from '../databaseTime.ts';
import { inTransaction } from '../transaction.ts';
import { catalogueChecks } from './catalogueChecks.ts';
import type { Breach, Invariant } from './invariant.ts';
import { rowChecks } from './rowChecks.ts';

export interface CheckResult {
  readonly name: string;
  readonly says: string;
  readonly breaches: readonly Breach[];
  readonly tookMs: number;
}

const invariants: readonly Invariant[] = [...catalogueChecks, ...rowChecks];

/**
 * Checks all invariants in one read-only transaction of one moment, while others go on writing. `onCheck` is told of each
 * as it is done.
 */
export async function checkDatabase(
  sql: Sql,
  time: DatabaseTime,
  onCheck?: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> {
  return inTransaction(sql, 'isolation level repeatable read read only', async (transaction) => {
    await transaction`set local statement_timeout = 0`;
    await transaction`set local work_mem = '64MB'`;
    return findBreaches(transaction, new Date(await readPresent(transaction, time)), onCheck);
  });
}

/** The same in a transaction of the caller. */
export async function findBreaches(
  sql: SqlRunner,
  now: Date,
  onCheck: (result: CheckResult) => void = () => {},
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, says, find } of invariants) {
    const startedAt = performance.now();
    const breaches = await find(sql, now);
    const result = { name, says, breaches, tookMs: Math.round(performance.now() - startedAt) };
    onCheck(result);
    results.push(result);
  }
  return results;
}
