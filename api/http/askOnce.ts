import { withDeadline } from '../../lib/deadline.ts';
import { sleep } from '../../lib/sleep.ts';

/** A probe is answered in time, whatever the database does. */
export const probeWithinMs = 600;
/** A question without an answer is asked anew after this time: the way on which it was lost may be there again. */
const askAnewMs = 5_000;

/** Asks once for all who want to know meanwhile: a database that is suspended would collect their questions. */
export function askOnce<T>(ask: () => Promise<T>, late: () => T): () => Promise<T> {
  let asked: { readonly answer: Promise<T>; readonly at: number } | null = null;
  return () => {
    const now = performance.now();
    if (asked === null || now - asked.at > askAnewMs) {
      const question = { answer: ask(), at: now };
      asked = question;
      const settle = (): void => {
        if (asked === question) asked = null;
      };
      void question.answer.then(settle, settle);
    }
    return withDeadline(asked.answer, { ms: probeWithinMs, clock: { sleep }, late });
  };
}
