import type { Request, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Logger } from '../../lib/logger.ts';
import { ApiError } from './errors.ts';

const windowMs = 60_000;

export interface RateLimits {
  /** Requests a minute from one address (v6: /56). 0 = no limit. */
  readonly rateLimit: number;
  /** Reverse proxies in front, whose X-Forwarded-For is believed. */
  readonly trustProxy: number;
}

/**
 * A limit per minute and address. Callers on this machine are not limited unless they come through a proxy: then the
 * address is the one given by a trusted proxy.
 */
export function limitRate({ rateLimit: limit, trustProxy }: RateLimits, log: Logger): RequestHandler {
  if (limit === 0) return (_request, _response, next) => next();
  let warned = false;
  const skip = (request: Request): boolean => {
    if (trustProxy === 0 && !warned && isProxied(request)) {
      warned = true;
      log.warn('requests come through an untrusted proxy, so all its callers share one rate limit', {
        fix: 'set trustProxy to the number of proxies in front',
      });
    }
    return isLocal(request);
  };
  return rateLimit({
    windowMs,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skip,
    // It would write to the console; the log line above replaces that.
    validate: false,
    handler: (_request, _response, next) => {
      next(new ApiError({ code: 'tooManyRequests' }, `more than ${limit} requests in a minute; wait and try again`));
    },
  });
}

function isLocal(request: Request): boolean {
  const { remoteAddress = '' } = request.socket;
  const here = remoteAddress === '::1' || /^(::ffff:)?127\./.test(remoteAddress);
  return here && !isProxied(request);
}

function isProxied(request: Request): boolean {
  return request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined;
}
