import type { Socket } from 'node:net';
import type { RlpxOutcome } from '../protocol/rlpxOutcome.ts';
import type { RlpxSession, RlpxSessionOutput } from '../protocol/rlpxSession.ts';

/** How long a closed session may take to hand its last bytes to the peer. */
const lingerMs = 1_000;

export interface PumpOptions {
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** The peer proved its key; false = leave it. */
  readonly onProven?: (remoteId: Uint8Array) => boolean;
  /** Where a socket that reads into a buffer of ours hands over; `data` events when left out. */
  readonly tap?: SocketTap;
}

/** The far end of a socket's `onread`: whoever reads it sets `take`, and copies what it keeps. */
export interface SocketTap {
  take: (chunk: Uint8Array) => void;
}

/**
 * Drives a session over a connected socket to its end. Resolves with the outcome as soon as the session is closed;
 * the socket is then flushed and destroyed within `lingerMs`. Never rejects.
 */
export function pumpSession(socket: Socket, session: RlpxSession, options: PumpOptions): Promise<RlpxOutcome> {
  const { now, signal, onProven, tap } = options;
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let closed = false;

    function apply(outputs: readonly RlpxSessionOutput[]): void {
      const sends: Uint8Array[] = [];
      let leave = false;
      for (const output of outputs) {
        if ('send' in output) sends.push(output.send);
        else if ('event' in output) leave ||= onProven?.(output.remoteId) === false;
        else closed = true;
      }
      // One write for all of it: Nagle's rule and delayed ACKs cost 40 ms for each further one.
      if (sends.length > 0 && !socket.destroyed)
        socket.write(sends.length === 1 ? (sends[0] ?? '') : Buffer.concat(sends));
      if (closed) finish();
      else if (leave) apply(session.leave('aborted', now()));
      else schedule();
    }

    function schedule(): void {
      clearTimeout(timer);
      const due = session.nextDeadline();
      if (due !== null) timer = setTimeout(() => setImmediate(onDue), Math.max(1, due - now()));
    }

    // What has arrived while we were busy is read first: our own lateness is no fault of the peer's.
    function onDue(): void {
      if (!closed) apply(session.tick(now()));
    }

    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('data', onData);
      resolve(session.outcome(now()));
      if (socket.destroyed) return;
      // Read and drop what is still coming, or the kernel answers our FIN with a reset and the peer loses our goodbye.
      socket.resume();
      socket.end();
      const linger = setTimeout(() => socket.destroy(), lingerMs);
      socket.once('close', () => clearTimeout(linger));
    }

    function onData(chunk: Uint8Array): void {
      if (!closed) apply(session.receive(chunk, now()));
    }
    function onEnd(): void {
      if (!closed) apply(session.ended(now()));
    }
    function onAbort(): void {
      if (!closed) apply(session.leave('aborted', now()));
    }

    socket.setNoDelay(true);
    if (tap === undefined) socket.on('data', onData);
    else tap.take = onData;
    socket.on('end', onEnd);
    socket.on('close', onEnd);
    socket.on('error', onEnd);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else apply(session.start());
  });
}
