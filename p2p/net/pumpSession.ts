import type { ByteStream, Cancel, Clock } from '../ports.ts';
import type { RlpxOutcome } from '../protocol/rlpxOutcome.ts';
import type { RlpxSession, RlpxSessionOutput } from '../protocol/rlpxSession.ts';
import { concatBytes } from '../wire/bytes.ts';

/** How long a closed session may take to send its last bytes to the peer. */
const lingerMs = 1_000;

export interface PumpOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The peer proved its key; false = leave it. */
  readonly onProven?: (remoteId: Uint8Array) => boolean;
  /** The stream is gone, after lingering too. */
  readonly onGone?: () => void;
}

/**
 * Drives a session over a stream to its end. Resolves with the outcome as soon as the session is closed; the stream is
 * then flushed and destroyed within `lingerMs`. Never rejects.
 */
export function pumpSession(stream: ByteStream, session: RlpxSession, options: PumpOptions): Promise<RlpxOutcome> {
  const { clock, signal, onProven, onGone } = options;
  return new Promise((resolve) => {
    let wake: { readonly at: number; readonly cancel: Cancel } | null = null;
    let closed = false;

    function apply(outputs: readonly RlpxSessionOutput[]): void {
      const sends: Uint8Array[] = [];
      let leave = false;
      for (const output of outputs) {
        if ('send' in output) sends.push(output.send);
        else if ('event' in output) leave ||= onProven?.(output.remoteId) === false;
        else closed = true;
      }
      // One write for all of it: with Nagle's algorithm and delayed ACKs, each further write costs 40 ms.
      const [first] = sends;
      if (first !== undefined) stream.write(sends.length === 1 ? first : concatBytes(...sends));
      if (closed) finish();
      else if (leave) apply(session.leave('aborted', clock.now()));
      else rearm();
    }

    /** Makes sure that `tick` is called when it is due. A wake-up that comes too early only sets the timer again. */
    function rearm(): void {
      const at = session.nextDeadline();
      if (at === null || (wake !== null && wake.at <= at)) return;
      wake?.cancel();
      wake = { at, cancel: clock.after(Math.max(1, at - clock.now()), onDue) };
    }

    function onDue(): void {
      wake = null;
      if (!closed) apply(session.tick(clock.now()));
    }

    function finish(): void {
      wake?.cancel();
      signal.removeEventListener('abort', onAbort);
      resolve(session.outcome(clock.now()));
      stream.end(lingerMs);
    }

    function onAbort(): void {
      if (!closed) apply(session.leave('aborted', clock.now()));
    }

    stream.read({
      bytes: (chunk) => {
        if (!closed) apply(session.receive(chunk, clock.now()));
      },
      ended: () => {
        if (!closed) apply(session.ended(clock.now()));
      },
      gone: () => onGone?.(),
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else apply(session.start());
  });
}
