import type { Sql, Transaction } from './client.ts';

/**
 * `sql.begin`, for a connection that may be lost meanwhile. postgres.js 3.4.9 would then write its own rollback or commit,
 * and whatever the work asks next, to a socket that is gone, which ends the process past every handler, or to the next
 * connection, in the midst of a transaction of somebody else (its issues 1208 and 1216). Here the work's statements are
 * refused from then on, and it is never told to postgres.js that the work has ended.
 * @param mode what follows `begin`; empty = the server's defaults
 * @throws what the work throws; an error of code CONNECTION_… when the connection is lost: then nothing was committed,
 *   unless it was lost while the commit was under way
 */
export function inTransaction<T>(sql: Sql, mode: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const state: { lost: { readonly error: unknown } | null } = { lost: null };
  return new Promise<T>((resolve, reject) => {
    const lose = (error: unknown): void => {
      state.lost ??= { error };
      reject(error);
    };
    sql
      .begin(mode, async (transaction) => {
        const guarded = guard(transaction, () => {
          if (state.lost !== null) throw state.lost.error;
        });
        try {
          const value = await work(guarded);
          if (state.lost === null) return resolveLater(value, resolve);
        } catch (error) {
          if (state.lost === null && !isLoss(error)) throw error;
          lose(error);
        }
        return new Promise<() => void>(() => {});
      })
      .then((settle) => settle(), lose);
  });
}

/** A value in a function, because postgres.js would wait for whatever is an array or a promise. */
function resolveLater<T>(value: T, resolve: (value: T) => void): () => void {
  return () => resolve(value);
}

function guard(transaction: Transaction, check: () => void): Transaction {
  return new Proxy(transaction, {
    apply(target, self, args) {
      check();
      return Reflect.apply(target, self, args);
    },
    get(target, name, receiver) {
      if (name === 'unsafe' || name === 'file' || name === 'savepoint') check();
      return Reflect.get(target, name, receiver);
    },
  });
}

function isLoss(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(CONNECTION_|ECONNRESET|EPIPE)/.test(String(error.code));
}
