import { ForkscopeError } from '../lib/errors.ts';

export class MigrateError extends ForkscopeError<
  | { code: 'migrateDatabaseNewer'; known: number; found: number }
  | { code: 'migrateDatabaseOlder'; known: number; found: number }
  | { code: 'migrateChanged'; version: number; name: string }
  | { code: 'migrateFailed'; version: number; name: string }
  | { code: 'migrateBadFile'; name: string }
  | { code: 'migrateServerTooOld'; found: string; need: string }
> {}
