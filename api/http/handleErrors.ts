import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { reasonOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ApiErrorBody } from '../contract/common.ts';
import { ApiError, isDatabaseAway, notFound, statusOfCode } from './errors.ts';

/** Seconds after which a refused caller may try again. */
const retryAfter = 5;

/** For whatever no route handled. */
export const answerNotFound: RequestHandler = (_request, _response, next) => {
  next(notFound('there is no such resource; /api lists all of them'));
};

/**
 * The only place where an error becomes an answer. The answer never holds a stack or a message from the database. A
 * request that fails on our side (500, or 503 when the database is away) is one line in the log, without its query.
 */
export function handleErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = toApiError(error);
    if (known.code === 'internal' || known.code === 'unavailable') {
      log.error('request failed', {
        requestId: String(response.getHeader('x-request-id') ?? ''),
        method: request.method,
        path: request.originalUrl.replace(/\?.*/s, ''),
        code: known.code,
        reason: reasonOf(error),
        // When the database is away, each request would log the same stack.
        stack: known.code === 'internal' && error instanceof Error ? error.stack : undefined,
      });
    }
    // Part of the answer has been sent: close the connection, so that nobody takes it for a complete one. Express would
    // do the same, but it also prints the stack to stderr, beside the log.
    if (response.headersSent) request.socket.destroy();
    else sendError(response, known);
  };
}

function sendError(response: Response, error: ApiError): void {
  const { code, details } = error.detail;
  const body: ApiErrorBody = { code, message: error.message, ...(details === undefined ? {} : { details }) };
  response.status(statusOfCode[code]);
  response.setHeader('Cache-Control', 'no-store');
  response.removeHeader('ETag');
  // Of a file that there is not.
  response.removeHeader('Content-Disposition');
  if (response.statusCode === 503) response.setHeader('Retry-After', String(retryAfter));
  response.type('application/json').send(JSON.stringify(body));
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isDatabaseAway(error)) {
    return new ApiError(
      { code: 'unavailable' },
      'the database cannot be reached or is too busy; try again in a moment',
    );
  }
  if (isCallersFault(error)) return new ApiError({ code: 'badRequest' }, 'the request cannot be read');
  return new ApiError(
    { code: 'internal' },
    'something went wrong on our side; the log says what, under this x-request-id',
  );
}

/** What express and its parts throw for paths that cannot be decoded and the like. */
function isCallersFault(error: unknown): boolean {
  if (!(error instanceof Error) || !('status' in error)) return false;
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500;
}
