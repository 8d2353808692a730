import { ForkscopeError, reasonOf, SettingsError } from '../../lib/errors.ts';

/** What went wrong on the way, and may go right another time. */
export class BackupError extends ForkscopeError<
  | { code: 'backupDiskFull'; path: string }
  | { code: 'backupWriteFailed'; path: string; reason: string }
  | { code: 'backupReadFailed'; path: string; reason: string }
  | { code: 'backupTruncated'; path: string }
  | { code: 'backupDamaged'; path: string; at: number; reason: string }
  | { code: 'backupDatabaseFailed'; reason: string }
> {}

/** What was asked for cannot be done, however often it is tried. */
export class BackupRefusedError extends SettingsError<
  | { code: 'backupFileExists'; path: string }
  | { code: 'backupFolderMissing'; path: string }
  | { code: 'backupForeignFile'; path: string }
  | { code: 'backupFormatNewer'; path: string; found: number; known: number }
  | { code: 'backupSchemaNewer'; path: string; found: number; known: number }
  | { code: 'backupSchemaOther'; path: string; name: string }
  | { code: 'backupNoSchema' }
  | { code: 'backupDatabaseFull'; table: string }
  | { code: 'backupDatabaseAhead'; found: number; need: number }
  | { code: 'backupStandby' }
> {}

/** What a file operation resolves with. @throws fileError */
export async function written<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw fileError(error, path, 'write');
  }
}

/** What the server or the connection to it said, as an error of ours. */
export function databaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BackupError || error instanceof BackupRefusedError) return error;
  if (error.name === 'AbortError') return error;
  const reason = reasonOf(error);
  return new BackupError({ code: 'backupDatabaseFailed', reason }, `the database did not do its part: ${reason}`, {
    cause: error,
  });
}

/** An error of the file system, as one of ours; anything else as it is. */
export function fileError(error: unknown, path: string, doing: 'write' | 'read'): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const code = String(error.code);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `no space left for ${path}: free some, or name a place on a larger disk; nothing of it was kept`;
    return new BackupError({ code: 'backupDiskFull', path }, message, { cause: error });
  }
  if (code === 'EEXIST') return existsError(path);
  if (code === 'ENOENT' && doing === 'write') {
    return new BackupRefusedError({ code: 'backupFolderMissing', path }, `the folder of ${path} does not exist`);
  }
  const reason = `${code} at ${String(error.syscall)}`;
  return doing === 'write'
    ? new BackupError(
        { code: 'backupWriteFailed', path, reason },
        `${path} cannot be written (${reason}); nothing of it was kept`,
        { cause: error },
      )
    : new BackupError({ code: 'backupReadFailed', path, reason }, `${path} cannot be read (${reason})`, {
        cause: error,
      });
}

export function existsError(path: string): BackupRefusedError {
  return new BackupRefusedError(
    { code: 'backupFileExists', path },
    `${path} is there already and is not overwritten: name another file, or move it away`,
  );
}
