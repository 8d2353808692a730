import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Freshness } from '../contract/common.ts';

/** Longest time for which an answer may be used without asking again, in seconds. */
const maxAgeLimit = 60;

/**
 * Sends an answer, or 304 if the caller already has it. The tag covers the data only: answers that differ only in when
 * they were given (`ageSeconds`, the default range of counts) have the same tag. `censusIntervalMs` is given where the
 * answer changes with the next census only; null = it may change at any moment.
 */
export function sendJson(
  request: Request,
  response: Response,
  body: { freshness: Freshness },
  censusIntervalMs: number | null,
): void {
  const tag = tagOf(body);
  response.setHeader('ETag', tag);
  response.setHeader('Cache-Control', cacheControl(body.freshness, censusIntervalMs));
  if (hasAlready(request.headers['if-none-match'], tag)) {
    response.status(304).end();
    return;
  }
  response.type('application/json').send(JSON.stringify(body));
}

/** The range of an answer is at its top level; deeper, `from` and `to` are data. */
function tagOf(body: object): string {
  const text = JSON.stringify(body, function (this: unknown, key, value: unknown) {
    const volatile = key === 'ageSeconds' || (this === body && (key === 'from' || key === 'to'));
    return volatile ? undefined : value;
  });
  return `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
}

/** Unlike `request.fresh`, this also answers 304 to `no-cache`: that asks for a check with the origin, and this is it. */
function hasAlready(header: string | undefined, tag: string): boolean {
  return header !== undefined && (header.trim() === '*' || header.split(',').some((given) => given.trim() === tag));
}

/** Counts do not change until the next census is due; a late census may come at any moment. */
function cacheControl(freshness: Freshness, censusIntervalMs: number | null): string {
  if (censusIntervalMs === null || freshness.ageSeconds === null) return 'no-cache';
  const untilNext = Math.floor(censusIntervalMs / 1_000 - freshness.ageSeconds);
  return untilNext <= 0 ? 'no-cache' : `public, max-age=${Math.min(untilNext, maxAgeLimit)}`;
}
