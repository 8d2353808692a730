/**
 * What the crawler's core needs from the outside world. Real ones are made in main.ts alone;
 * testkit/ has simulated ones.
 */

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

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Structured log. Text from a peer goes through `displayText` first, and only to `debug`. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** One bound UDP socket. */
export interface DatagramSocket {
  readonly local: { readonly ip: string; readonly port: number };
  send(bytes: Uint8Array, to: { readonly ip: string; readonly port: number }): void;
  close(): Promise<void>;
}
