/**
 * Base of every error this project throws on purpose. `detail.code` is stable: the same string is the
 * error code, the metric label and the database value. Other fields of `detail` carry the numbers.
 */
export class ForkscopeError<T extends { code: string }> extends Error {
  readonly detail: T;
  get code(): T['code'] {
    return this.detail.code;
  }
  constructor(detail: T, message?: string, options?: ErrorOptions) {
    super(message ?? describe(detail), options);
    this.name = new.target.name;
    this.detail = detail;
  }
}

/** What the operator wrote cannot work, however often it is tried: exit code 2, before anything is created. */
export class SettingsError<T extends { code: string }> extends ForkscopeError<T> {}

/** What went wrong: the message, or for system errors that have none, the code or the name. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error && typeof error.code === 'string' ? error.code : error.name);
}

function describe(detail: { code: string }): string {
  const rest = Object.entries(detail)
    .filter(([key]) => key !== 'code')
    .map(([key, value]) => `${key}=${String(value)}`);
  return rest.length === 0 ? detail.code : `${detail.code} (${rest.join(', ')})`;
}
