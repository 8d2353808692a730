import { ForkscopeError, SettingsError } from '../../lib/errors.ts';

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

/** An error of the file system, as one of ours; anything else as it is. */
export function fileError(error: unknown, path: string, doing: 'write' | 'read'): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const code = String(error.code);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `no space left for ${path}: free some, or write the backup to a larger disk; nothing of it was kept`;
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
