/**
 * What the programs need from the outside world. Real ones are made where a process begins; testkit/ has simulated
 * ones.
 */

export type { LogFields, Logger } from '../lib/logger.ts';

/** Takes back what was asked for; does nothing once it has happened. */
export type Cancel = () => void;

/** Wall time in ms since the Unix epoch, and waiting. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `act` once after `ms`, never before this call returns. What had arrived on sockets by then is read first:
   * our own lateness is no fault of a peer's. Longer waits than the platform can hold (2^31 ms) end early.
   */
  after(ms: number, act: () => void): Cancel;
}

/** Chance. `bytes` must be cryptographically strong where keys or nonces are made. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1). */
  next(): number;
}

/** One end of a socket: IPv4 or IPv6 text in canonical form. */
export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

/** The network of the machine, or a simulated one. Addresses only: no name is ever looked up. */
export interface Sockets {
  /** Rejects with the system's error (`code` EADDRINUSE, EACCES, …) when the address cannot be bound. */
  bindUdp(options: UdpOptions): Promise<DatagramSocket>;
  /**
   * Dials. `done` is called once, never before this call returns, and not after a cancel, which ends the attempt.
   * How long an attempt may take is the caller's affair; `timedOut` is the system's own, much later, limit.
   */
  connectTcp(options: ConnectOptions, done: (result: ByteStream | ConnectFailure) => void): Cancel;
  /** Rejects with the system's error (`code` EADDRINUSE, EACCES, …) when the address cannot be bound. */
  listenTcp(options: AcceptOptions): Promise<StreamServer>;
}

export interface UdpOptions {
  /** Decides the family. `::` takes IPv6 only: IPv4 has a socket of its own. */
  readonly ip: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Larger datagrams are dropped unread. */
  readonly maxBytes: number;
  /** Each datagram within `maxBytes`. The bytes are the callee's. */
  readonly receive: (bytes: Uint8Array, from: SocketAddress) => void;
  /** A datagram beyond `maxBytes` came. */
  readonly oversized?: (from: SocketAddress) => void;
}

/** One bound UDP socket. */
export interface DatagramSocket {
  readonly local: SocketAddress;
  /** What was dropped or failed so far, for counters. */
  readonly counts: { readonly oversized: number; readonly sendFailed: number; readonly receiveFailed: number };
  /** A datagram that cannot be sent is lost like any other. */
  send(bytes: Uint8Array, to: SocketAddress): void;
  close(): Promise<void>;
}

export interface ConnectOptions extends SocketAddress {
  /** Local address to dial from; the system chooses when left out. */
  readonly localAddress?: string;
}

/** Why a dial brought no stream. `reset`: it was accepted, then reset before we were told. */
export type ConnectFailure = 'refused' | 'reset' | 'timedOut' | 'unreachable';

/** A TCP connection. Whatever goes wrong with it is told as its end; no call throws. */
export interface ByteStream {
  readonly remote: SocketAddress;
  /** Begins to read; called once. Until then what comes is kept. */
  read(reader: StreamReader): void;
  /** Sent without delay, as one segment where it fits; dropped when the stream is gone. The bytes are the stream's. */
  write(bytes: Uint8Array): void;
  /** Sends what is written and ends our half; drops what still comes, and destroys the stream after `lingerMs`. */
  end(lingerMs: number): void;
  /** Closes at once. */
  destroy(): void;
  /** Closes at once, and tells the peer by a reset. */
  reset(): void;
}

export interface StreamReader {
  /** The chunk is valid during the call only: copy what is kept. */
  bytes(chunk: Uint8Array): void;
  /** No more bytes will come: the peer ended its half, or the stream broke or was destroyed. Called once. */
  ended(): void;
  /** The stream is gone, after lingering too. Called once, after `ended`. */
  gone?(): void;
}

export interface AcceptOptions {
  /** Address to bind; an IPv6 one takes IPv6 alone. */
  readonly ip: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly accept: (stream: ByteStream) => void;
}

export interface StreamServer {
  readonly local: SocketAddress;
  /** Stops accepting, and resolves when every accepted stream is gone. */
  close(): Promise<void>;
}
