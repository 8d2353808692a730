import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from '../lib/errors.ts';

/**
 * Looks again and again until it finds something, neither undefined nor false. A look that rejects has found nothing yet;
 * why the last one did stands in the failure. `withinMs` is for a machine that is slow and busy.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 180_000, everyMs = 50 } = {},
): Promise<T> {
  for (const end = Date.now() + withinMs; ; await delay(everyMs)) {
    let why = '';
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      why = `: ${reasonOf(error)}`;
    }
    if (Date.now() > end) assert.fail(`${what} did not come${why}`);
  }
}
