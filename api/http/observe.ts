import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { ApiMetrics, Operation } from './metrics.ts';

/** Gives each request an id, or keeps the one that a proxy gave it. */
export const nameRequest: RequestHandler = (request, response, next) => {
  const given = request.headers['x-request-id'];
  const usable = typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given);
  response.setHeader('x-request-id', usable ? given : randomUUID());
  next();
};

/** Times each request under the operation of its route; requests without a route count as `other`. */
export function observe(metrics: ApiMetrics): RequestHandler {
  return (_request, response, next) => {
    const stop = metrics.requestDuration.startTimer();
    response.on('close', () => {
      stop({ operation: operationOf(response.locals), status_class: `${Math.floor(response.statusCode / 100)}xx` });
    });
    next();
  };
}

/** Says which operation a route is. */
export function asOperation(operation: Operation): RequestHandler {
  return (_request, response, next) => {
    setOperation(response, operation);
    next();
  };
}

export function setOperation(response: Response, operation: Operation): void {
  response.locals.operation = operation;
}

function operationOf(locals: Record<string, unknown>): string {
  return typeof locals.operation === 'string' ? locals.operation : 'other';
}
