import type { Response } from 'express';

/** What a caller must take of an answer that waits for it. */
export interface ReaderLimits {
  /** Looked at over so long, ms. */
  readonly windowMs: number;
  /** Taken in that time at least, bytes as they are sent. */
  readonly leastBytes: number;
}

/** How often it is looked at within a window. */
const looks = 10;

/**
 * Ends an answer when its caller takes less than the limits say, so that nobody keeps a place by reading a byte now and
 * then. A window in which all was taken at any look does not count: then we are slow. Returns what ends the watch.
 */
export function watchReader(response: Response, { windowMs, leastBytes }: ReaderLimits): () => void {
  const { socket } = response;
  if (socket === null) return () => {};
  const taken = (): number => socket.bytesWritten - socket.writableLength;
  let window = { takenBefore: taken(), looks: 0 };
  const timer = setInterval(() => {
    if (socket.writableLength === 0) {
      window = { takenBefore: taken(), looks: 0 };
      return;
    }
    window = { ...window, looks: window.looks + 1 };
    if (window.looks < looks) return;
    if (taken() - window.takenBefore < leastBytes) response.destroy();
    window = { takenBefore: taken(), looks: 0 };
  }, windowMs / looks);
  timer.unref();
  return () => clearInterval(timer);
}
