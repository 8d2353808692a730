import { type Database, databaseAt } from '../sql/database.ts';
import { holdQueries, type Turns } from './holdQueries.ts';
import type { SimulatedClock } from './simulatedClock.ts';

/**
 * The database behind a URL in a simulated world: it follows the world's clock, which stands still during a query, and
 * all who share `turns` use it one at a time. `aheadMs`: how far its own clock is ahead of the world's.
 */
export function heldDatabase(
  url: string,
  clock: SimulatedClock,
  turns: Turns,
  aheadMs: () => number = () => 0,
): Database {
  const database = databaseAt(url);
  return {
    connect: (options) => holdQueries(database.connect(options), clock, turns),
    time: { at: 'caller', now: () => clock.now() + aheadMs() },
  };
}
