/**
 * What the programs need from the outside world. Real ones are made where a process begins; testkit/ has simulated
 * ones.
 */

export type { Logger } from '../lib/logger.ts';

/** Cancels the request; does nothing once it has happened. */
export type Cancel = () => void;

/** Time in ms since the Unix epoch, and waiting. */
export interface Clock {
  /** For what is measured and waited for. A real one that is steady goes on evenly, whatever becomes of the wall clock. */
  now(): number;
  /** The wall clock, which may be set to another time; missing where `now` is one. Read it by `wallTime`. */
  wall?(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `act` once after `ms`, never before this call returns. What had arrived on sockets by then is read first:
   * the peer is not to blame for our own delay. Waits longer than the platform can hold (2^31 ms) end early.
   */
  after(ms: number, act: () => void): Cancel;
}

/** Randomness. `bytes` must be cryptographically strong where keys or nonces are made. */
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
   * How long an attempt may take is up to the caller; `timedOut` is the system's own, much later limit.
   */
  connectTcp(options: ConnectOptions, done: (result: ByteStream | ConnectFailure) => void): Cancel;
  /** Rejects with the system's error (`code` EADDRINUSE, EACCES, …) when the address cannot be bound. */
  listenTcp(options: AcceptOptions): Promise<StreamServer>;
}

/** The machine's way from host names to addresses: its hosts file, its name servers. */
export interface Names {
  /**
   * Every IPv4 and IPv6 address of a name, in canonical form. Never rejects. How long it may take is up to the caller: a
   * name server that is away is waited for.
   */
  lookUp(name: string): Promise<NameAnswer>;
}

/** `unknown`: there is no such name, or it has no address. `unanswered`: nobody could tell. */
export type NameAnswer =
  | { readonly at: 'found'; readonly ips: readonly string[] }
  | { readonly at: 'unknown' | 'unanswered' };

/** The same for TXT records. */
export interface Texts {
  /** The texts of a name, the strings of each record joined. Never rejects; `signal` ends it at once, unanswered. */
  lookUpTexts(name: string, signal: AbortSignal): Promise<TextAnswer>;
}

/** `unknown`: there is no such name, or it has no text. `unanswered`: nobody could tell. */
export type TextAnswer =
  | { readonly at: 'found'; readonly texts: readonly string[] }
  | { readonly at: 'unknown' | 'unanswered' };

export interface UdpOptions {
  /** Decides the family. `::` takes only IPv6, because IPv4 has its own socket. */
  readonly ip: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Larger datagrams are dropped unread. */
  readonly maxBytes: number;
  /** Called for each datagram within `maxBytes`. The bytes belong to the callee. */
  readonly receive: (bytes: Uint8Array, from: SocketAddress) => void;
  /** A datagram larger than `maxBytes` arrived. */
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

/**
 * Opens a UDP socket that speaks with one address alone, and so hears of it when the host there refuses (ICMP). Rejects
 * with the system's error when there is no way to the address.
 */
export type ConnectUdp = (to: SocketAddress, hear: LineHearing) => Promise<DatagramLine>;

export interface LineHearing {
  /** The bytes belong to the callee. */
  readonly receive: (bytes: Uint8Array) => void;
  /** `refused`: nothing listens at the port. `unreachable`: no host, or no way to it. */
  readonly failed: (failure: 'refused' | 'unreachable') => void;
}

export interface DatagramLine {
  readonly local: SocketAddress;
  send(bytes: Uint8Array): void;
  close(): Promise<void>;
}

export interface ConnectOptions extends SocketAddress {
  /** Local address to dial from; chosen by the system if left out. */
  readonly localAddress?: string;
}

/** Why a dial brought no stream. `reset`: it was accepted, then reset before we noticed. */
export type ConnectFailure = 'refused' | 'reset' | 'timedOut' | 'unreachable';

/** A TCP connection. Whatever goes wrong is reported as its end; no call throws. */
export interface ByteStream {
  readonly remote: SocketAddress;
  /** Starts reading; called once. Data that arrives before is kept. */
  read(reader: StreamReader): void;
  /** Sent without delay, in one segment if it fits; dropped if the stream is gone. The bytes belong to the stream. */
  write(bytes: Uint8Array): void;
  /** Sends what has been written and ends our half; drops what still arrives, and destroys the stream after `lingerMs`. */
  end(lingerMs: number): void;
  /** Closes at once. */
  destroy(): void;
  /** Closes at once, and tells the peer by a reset. */
  reset(): void;
}

export interface StreamReader {
  /** The chunk is valid only during the call: copy what you keep. */
  bytes(chunk: Uint8Array): void;
  /** No more bytes will come: the peer ended its half, or the stream broke or was destroyed. Called once. */
  ended(): void;
  /** The stream is gone, after lingering too. Called once, after `ended`. */
  gone?(): void;
}

export interface AcceptOptions {
  /** Address to bind to; an IPv6 address accepts only IPv6. */
  readonly ip: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly accept: (stream: ByteStream) => void;
}

export interface StreamServer {
  readonly local: SocketAddress;
  /** Stops accepting, and resolves when every accepted stream is gone. */
  close(): Promise<void>;
}
