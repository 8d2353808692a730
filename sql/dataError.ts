/**
 * True if the database refused the values themselves, so that retrying is useless: classes 21 (cardinality), 22 (data
 * exception) and 23 (constraint) of SQLSTATE. Everything else may be temporary: a lost connection, a full disk, a
 * deadlock, a standby, a schema that is being migrated.
 */
export function isDataError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^2[123][0-9A-Z]{3}$/.test(error.code)
  );
}
