import type { Request } from 'express';
import type { z } from 'zod';
import { badRequest } from './errors.ts';

/** Longest query string that is read, in characters. */
const maxQueryLength = 2_048;
/** Most mistakes reported at once. */
const maxDetails = 20;

/** Query and path parameters, checked against a contract; throws ApiError with each mistake. */
export function parseRequest<P extends z.ZodObject, Q extends z.ZodObject>(
  request: Request,
  contract: { params: P; query: Q },
): { params: z.infer<P>; query: z.infer<Q> } {
  return {
    params: check(contract.params, { ...request.params }),
    query: check(contract.query, readQuery(request.originalUrl)),
  };
}

/** Each parameter at most once: several values for one are a mistake of the caller, not a choice of ours. */
function readQuery(url: string): Record<string, string> {
  const start = url.indexOf('?');
  const text = start === -1 ? '' : url.slice(start + 1);
  if (text.length > maxQueryLength) {
    const message = `the query has ${text.length} characters; the limit is ${maxQueryLength}`;
    throw badRequest(message, [{ path: '', message }]);
  }
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (query.has(name)) {
      throw badRequest('a parameter is given twice', [{ path: shortened(name), message: 'give it once' }]);
    }
    if (unprintable.test(value)) {
      throw badRequest('a parameter has a control character', [{ path: shortened(name), message: 'leave it out' }]);
    }
    query.set(name, value);
  }
  return Object.fromEntries(query);
}

const unprintable = /\p{Cc}/u;

function check<S extends z.ZodObject>(schema: S, given: Record<string, unknown>): z.infer<S> {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(schema.shape, name));
  const result = schema.safeParse(given);
  if (result.success && unknown.length === 0) return result.data;
  const details = [
    ...(result.error?.issues ?? []).map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
    ...unknown.map((name) => ({ path: shortened(name), message: 'there is no such parameter' })),
  ];
  throw badRequest('the request is not valid; see details', details.slice(0, maxDetails));
}

function shortened(name: string): string {
  return name.length > 64 ? `${name.slice(0, 63)}…` : name;
}
