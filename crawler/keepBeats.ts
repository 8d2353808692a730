import { reasonOf } from '../lib/errors.ts';
import { repeat } from '../lib/repeat.ts';
import type { Clock, Logger } from '../p2p/ports.ts';

/** Something that is done repeatedly, alongside the visits. */
export interface Beat {
  /** Its name in the log if it fails. */
  readonly name: string;
  readonly everyMs: number;
  work(): void | Promise<void>;
}

/** Does each at once and then at its interval; resolves when the signal has aborted and the last has ended. */
export async function keepBeats(
  beats: readonly Beat[],
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    beats.map(({ name, everyMs, work }) =>
      repeat(
        {
          sleep: (ms, until) => clock.sleep(ms, until),
          ms: everyMs,
          work,
          onFailure: (error) => log.warn(`${name} failed`, { reason: reasonOf(error) }),
        },
        signal,
      ),
    ),
  );
}
