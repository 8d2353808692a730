import { withDeadline } from '../../lib/deadline.ts';
import type { Sleep } from '../../lib/sleep.ts';
import type { Sql } from '../../sql/client.ts';
import { askOnce } from './askOnce.ts';
import { ApiError } from './errors.ts';

/** How long callers wait for the database. */
export interface Patience {
  /** The answer of `work`. @throws ApiError `unavailable` when the database says nothing, or not enough in time. */
  wait<T>(work: () => Promise<T>): Promise<T>;
}

/** After so long without an answer it is asked whether it is there at all, ms. */
const wonderAfterMs = 3_000;
/** A database that is there but slow gets so long in all: it cancels a statement a little sooner. */
const atMostMs = 12_000;

/**
 * A database that is suspended, or behind a line that swallows everything, refuses nothing: without a limit its callers
 * would wait for ever, and more would come. While it says nothing, those who come are told within a second, and their
 * questions are not added to those that it has not answered.
 * @param isThere asks the simplest question; false when no answer comes within a second
 */
export function createPatience(isThere: () => Promise<boolean>, sleep: Sleep): Patience {
  let silent = false;
  const mustBeThere = async (): Promise<void> => {
    silent = !(await isThere());
    if (silent) throw unavailable('the database does not answer; try again in a moment');
  };
  return {
    wait: async (work) => {
      if (silent) await mustBeThere();
      const answer = work().then((value) => ({ value }));
      const soon = await withDeadline(answer, { ms: wonderAfterMs, clock: { sleep }, late: () => null });
      if (soon !== null) return soon.value;
      const later = (await Promise.race([answer, mustBeThere()])) ?? (await withDeadline(answer, rest(sleep)));
      return later.value;
    },
  };
}

/** Whether the database answers anything, for all who want to know at the same time. */
export function askWhetherThere(sql: Sql): () => Promise<boolean> {
  const ask = (): Promise<boolean> =>
    sql`select 1`.then(
      () => true,
      () => false,
    );
  return askOnce(ask, () => false);
}

function rest(sleep: Sleep) {
  return {
    ms: atMostMs - wonderAfterMs,
    clock: { sleep },
    late: (): never => {
      throw unavailable('the database is too slow now; try again in a moment');
    },
  };
}

function unavailable(message: string): ApiError {
  return new ApiError({ code: 'unavailable' }, message);
}
