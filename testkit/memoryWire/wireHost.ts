import type { ByteStream, Clock, SocketAddress } from '../../p2p/ports.ts';

/** The fate of what is sent from one address to another: `silent` loses it, `unreachable` fails a dial. */
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
  /** Registers a stream of this host; call the returned function when it is gone. */
  keep(stream: HostStream): () => void;
}

export interface HostStream {
  /** From now on it neither sends nor receives anything. */
  silence(): void;
}

export interface DatagramSink {
  take(bytes: Uint8Array, from: SocketAddress): void;
}

export interface StreamSink {
  /** Takes over the far end of a dial and calls `onGone` when it is gone. False if nobody accepts any more. */
  accept(stream: AcceptedStream): boolean;
}

export interface AcceptedStream extends ByteStream {
  onGone: () => void;
}

export function familyOf(ip: string): 4 | 6 {
  return ip.includes(':') ? 6 : 4;
}
