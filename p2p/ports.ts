/**
 * What the crawler's core needs from the outside world. Real ones are made in main.ts alone;
 * testkit/ has simulated ones.
 */

export type { LogFields, Logger } from '../lib/logger.ts';

/** Wall time in ms since the Unix epoch, and waiting. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Chance. `bytes` must be cryptographically strong where keys or nonces are made. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1). */
  next(): number;
}

/** One bound UDP socket. */
export interface DatagramSocket {
  readonly local: { readonly ip: string; readonly port: number };
  send(bytes: Uint8Array, to: { readonly ip: string; readonly port: number }): void;
  close(): Promise<void>;
}
