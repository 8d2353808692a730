import { ForkscopeError, reasonOf, SettingsError } from '../../lib/errors.ts';

/** Exit code for a call, a configuration, a machine or a database that cannot work, however often it is tried. */
export const wrongCallCode = 2;

/** Exit code of a single run whose visits are on disk, because the database was away in the end; the next start writes them. */
export const unwrittenCode = 3;

/** Of the embedded database: what does not change by itself. */
const lastingCodes: ReadonlySet<string> = new Set([
  'embeddedUnsupportedPlatform',
  'embeddedNotInstalled',
  'embeddedNotRunnable',
  'embeddedPermission',
  'embeddedDataVersion',
  'embeddedDataForeign',
]);

/** Whether trying again is useless. */
export function isWrongCall(error: unknown): boolean {
  if (error instanceof SettingsError) return true;
  return error instanceof ForkscopeError && lastingCodes.has(error.code);
}

/** What to tell of an error that is none of ours: of the system its reason, of anything else where it happened. */
export function tellUnknown(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' && !error.code.startsWith('ERR_')
    ? `${reasonOf(error)} [${error.code}]`
    : (error.stack ?? error.message);
}
