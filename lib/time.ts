/**
 * Time is ms since the epoch in our code. PostgreSQL takes and gives `Date`, JSON takes ISO 8601 text in UTC, and chains
 * count whole seconds: here is the way from one to the other.
 */

/** As PostgreSQL takes it. */
export function toDate(ms: number): Date;
export function toDate(ms: number | null): Date | null;
export function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

/** What PostgreSQL gave. */
export function toMs(at: Date): number;
export function toMs(at: Date | null): number | null;
export function toMs(at: Date | null): number | null {
  return at === null ? null : at.getTime();
}

/** `2026-03-01T12:00:00.000Z`, for JSON. */
export function toIso(at: Date | number): string;
export function toIso(at: Date | number | null): string | null;
export function toIso(at: Date | number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** `2026-03-01`, the day in UTC. */
export function utcDay(at: Date | number): string {
  return toIso(at).slice(0, 10);
}

/** Whole seconds since the epoch, as in headers, fork schedules and packets. */
export function toSeconds(ms: number): bigint {
  return BigInt(Math.floor(ms / 1_000));
}
