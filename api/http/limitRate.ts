import type { Request, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { AppConfig } from '../deps.ts';
import { ApiError } from '../errors.ts';

const windowMs = 60_000;

/**
 * A limit a minute and address. Callers on this machine are not limited, unless they come through a proxy: then the
 * address is the one that a trusted proxy names.
 */
export function limitRate({ rateLimit: limit }: AppConfig): RequestHandler {
  if (limit === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skip: isLocal,
    handler: (_request, _response, next) => {
      next(new ApiError({ code: 'tooManyRequests' }, `more than ${limit} requests in a minute; wait and try again`));
    },
  });
}

export function isLocal(request: Request): boolean {
  const { remoteAddress = '' } = request.socket;
  const here = remoteAddress === '::1' || /^(::ffff:)?127\./.test(remoteAddress);
  return here && request.headers['x-forwarded-for'] === undefined && request.headers.forwarded === undefined;
}
