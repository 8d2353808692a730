import type { ByteStream, Clock, SocketAddress } from '../../p2p/ports.ts';

/** What becomes of what is sent from one address to another: `silent` loses it, `unreachable` says so to a dial. */
export type Route = 'open' | 'silent' | 'unreachable';

/** The wire as its sockets see it. */
export interface Wire {
  readonly clock: Clock;
  readonly maxDatagrams: number;
  readonly maxStreamBytes: number;
  readonly counts: {
    datagrams: number;
    lost: number;
    overflowed: number;
    toNobody: number;
    streams: number;
    refused: number;
  };
  readonly route: (from: string, to: string) => Route;
  ownerOf(ip: string): WireHost | null;
  latencyMs(): number;
  isLost(): boolean;
}

/** One machine on the wire. */
export interface WireHost {
  readonly wire: Wire;
  owns(ip: string): boolean;
  /** Where it sends from to an address of this family; null = it is not on it. */
  sourceFor(ip: string): string | null;
  udpAt(to: SocketAddress): DatagramSink | undefined;
  serverAt(to: SocketAddress): StreamSink | undefined;
  /** A stream of this host; the returned function is to be called when it is gone. */
  keep(stream: HostStream): () => void;
}

export interface HostStream {
  /** From now on it neither tells nor hears anything. */
  silence(): void;
}

export interface DatagramSink {
  take(bytes: Uint8Array, from: SocketAddress): void;
}

export interface StreamSink {
  /** Takes the far end of a dial over; `onGone` is to be called when it is gone. False where nobody accepts any more. */
  accept(stream: AcceptedStream): boolean;
}

export interface AcceptedStream extends ByteStream {
  onGone: () => void;
}

export function familyOf(ip: string): 4 | 6 {
  return ip.includes(':') ? 6 : 4;
}
