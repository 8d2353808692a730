import type { Clock, TextAnswer, Texts } from '../../p2p/ports.ts';

/** Questions under way at a time, and time between two that begin: public name servers limit who asks much. */
const maxUnderWay = 8;
const pauseMs = 50;

/** Name servers as several lists ask them at once: within bounds that hold for all of them together, first come first served. */
export function pacedTexts(texts: Texts, clock: Pick<Clock, 'now' | 'sleep'>): Texts {
  // BOUNDED: by maxUnderWay.
  const underWay = new Set<Promise<unknown>>();
  let startedAt = Number.NEGATIVE_INFINITY;
  let turn: Promise<unknown> = Promise.resolve();
  const ready = async (signal: AbortSignal): Promise<void> => {
    while (underWay.size >= maxUnderWay && !signal.aborted) await Promise.race(underWay);
    const now = clock.now();
    // A clock that was set back makes nobody wait for longer.
    const waitMs = now < startedAt ? pauseMs : startedAt + pauseMs - now;
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  };
  /** Null where the signal was first; in an object, because the next one does not wait for the answer. */
  const begin = async (name: string, signal: AbortSignal): Promise<{ answer: Promise<TextAnswer> } | null> => {
    await ready(signal);
    if (signal.aborted) return null;
    startedAt = clock.now();
    const answer = texts.lookUpTexts(name, signal).finally(() => underWay.delete(answer));
    underWay.add(answer);
    return { answer };
  };
  return {
    async lookUpTexts(name, signal) {
      const begun = turn.then(() => begin(name, signal));
      turn = begun;
      return (await begun)?.answer ?? { at: 'unanswered' };
    },
  };
}
