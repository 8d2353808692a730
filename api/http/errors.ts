import { ForkscopeError } from '../../lib/errors.ts';
import type { ApiErrorBody, ApiErrorCode } from '../contract/common.ts';

type Details = NonNullable<ApiErrorBody['details']>;

/** Thrown when a request cannot be answered. The message is shown to the caller. */
export class ApiError extends ForkscopeError<{ code: ApiErrorCode; details?: Details }> {}

export const statusOfCode: Readonly<Record<ApiErrorCode, number>> = {
  badRequest: 400,
  unknownValue: 400,
  notFound: 404,
  methodNotAllowed: 405,
  hostNotServed: 421,
  tooManyRequests: 429,
  internal: 500,
  notReady: 503,
  unavailable: 503,
};

export function badRequest(message: string, details: Details): ApiError {
  return new ApiError({ code: 'badRequest', details }, message);
}

export function notFound(message: string): ApiError {
  return new ApiError({ code: 'notFound' }, message);
}

/** One wrong parameter. */
export function badParameter(path: string, message: string): ApiError {
  return badRequest(`${path}: ${message}`, [{ path, message }]);
}

/** A filter by a value that nothing here has ever had: more likely a slip than an answer of none. */
export function unknownValue(path: string, message: string): ApiError {
  return new ApiError({ code: 'unknownValue', details: [{ path, message }] }, `${path}: ${message}`);
}

/** Postgres is away, too busy or too slow: not the caller's fault, and worth a retry. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return awayCodes.has(error.code) || error.code.startsWith('08') || error.code.startsWith('53');
}

const awayCodes: ReadonlySet<string> = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  // Statement time-out, shutdown, crash, start-up, conflict with recovery on a replica, database dropped.
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '40001',
  '3D000',
]);
