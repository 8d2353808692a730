import { type ConnectOptions, connect, type Sql } from './client.ts';
import { type DatabaseTime, serverTime } from './databaseTime.ts';

/** The way to one database: what a program is given of it, so that a test can give it another. */
export interface Database {
  /** A pool of the caller's own, who ends it. */
  connect(options?: ConnectOptions): Sql;
  /** By whose clock leases are kept in it. */
  readonly time: DatabaseTime;
}

/** The database behind a URL. */
export function databaseAt(url: string): Database {
  return { connect: (options) => connect(url, options), time: serverTime };
}
