import { ForkscopeError, SettingsError } from '../lib/errors.ts';

export class MigrateError extends ForkscopeError<
  | { code: 'migrateDatabaseOlder'; known: number; found: number }
  | { code: 'migrateFailed'; version: number; name: string }
  | { code: 'migrateBadFile'; name: string }
> {}

/** This build and this database never fit, however often it is tried. */
export class UnfitDatabaseError extends SettingsError<
  | { code: 'migrateDatabaseNewer'; known: number; found: number }
  | { code: 'migrateChanged'; version: number; name: string }
  | { code: 'migrateServerTooOld'; found: string; need: string }
> {}
