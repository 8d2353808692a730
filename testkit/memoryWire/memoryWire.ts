import type { Cancel, Clock, DatagramSocket, SocketAddress, Sockets, StreamServer } from '../../p2p/ports.ts';
import type { SeededRandom } from '../seededRandom.ts';
import { connectMemoryTcp, listenMemoryTcp, type MemoryServer } from './memoryTcp.ts';
import { bindMemoryUdp, type MemoryUdpSocket } from './memoryUdp.ts';
import { familyOf, type HostStream, type Route, type Wire, type WireHost } from './wireHost.ts';

export interface MemoryWireOptions {
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** Each datagram and each step of a stream takes a time between these, ms; a wide range reorders datagrams. */
  readonly minLatencyMs?: number;
  readonly maxLatencyMs?: number;
  /** Share of datagrams lost, 0 to 1. */
  readonly loss?: number;
  /** Most datagrams of one socket in flight; more are dropped. */
  readonly maxDatagrams?: number;
  /** Most bytes of one half of a stream in flight or unread; with more it is reset. */
  readonly maxStreamBytes?: number;
}

/** Name of the host. */
export interface HostAddresses {
  /** Its own addresses; bound to any address, it sends from the first of the family. */
  readonly ips: readonly string[];
  /** Further ranges that are its own, as 127.0.0.0/8 is a machine's. */
  readonly owns?: (ip: string) => boolean;
}

export interface HostSockets extends Sockets {
  /** The machine dies: its sockets are gone without a word, and its streams fall silent at both ends. */
  vanish(): void;
}

const anyAddress = { 4: '0.0.0.0', 6: '::' } as const;
const firstFreePort = 32_768;

/**
 * A network in memory under a clock of one's own: UDP with latency, loss and reordering, TCP with latency, refusals,
 * silence and resets, for any number of hosts. The same every time for one seed and one order of calls.
 */
export class MemoryWire implements Wire {
  readonly clock: Clock;
  readonly maxDatagrams: number;
  readonly maxStreamBytes: number;
  readonly counts = { datagrams: 0, lost: 0, overflowed: 0, toNobody: 0, streams: 0, refused: 0 };
  /** May be changed while it runs. A host always reaches itself, whatever is set here. */
  route: (from: string, to: string) => Route = () => 'open';
  readonly #random: SeededRandom;
  readonly #minLatencyMs: number;
  readonly #spreadMs: number;
  readonly #loss: number;
  readonly #hosts: MemoryHost[] = [];
  readonly #owners = new Map<string, MemoryHost | null>();

  constructor(options: MemoryWireOptions) {
    this.clock = options.clock;
    this.#random = options.random;
    this.#minLatencyMs = options.minLatencyMs ?? 1;
    this.#spreadMs = Math.max(0, (options.maxLatencyMs ?? this.#minLatencyMs) - this.#minLatencyMs);
    this.#loss = options.loss ?? 0;
    this.maxDatagrams = options.maxDatagrams ?? 10_000;
    this.maxStreamBytes = options.maxStreamBytes ?? 16 << 20;
  }

  /** The sockets of a new host. */
  host(addresses: HostAddresses): HostSockets {
    const host = new MemoryHost(this, addresses, () => this.#owners.clear());
    this.#hosts.push(host);
    this.#owners.clear();
    return host;
  }

  ownerOf(ip: string): WireHost | null {
    let owner = this.#owners.get(ip);
    if (owner === undefined) {
      owner = this.#hosts.find((host) => host.owns(ip)) ?? null;
      this.#owners.set(ip, owner);
    }
    return owner;
  }

  latencyMs(): number {
    return this.#minLatencyMs + this.#random.next() * this.#spreadMs;
  }

  isLost(): boolean {
    return this.#loss > 0 && this.#random.next() < this.#loss;
  }
}

/** One machine on the wire: its addresses, and what is bound to them. */
class MemoryHost implements HostSockets, WireHost {
  readonly wire: Wire;
  readonly #addresses: HostAddresses;
  readonly #onVanish: () => void;
  /** BOUNDED: by what the simulation holds open. */
  readonly #streams = new Set<HostStream>();
  #there = true;
  readonly #udp = new Bindings<MemoryUdpSocket>();
  readonly #tcp = new Bindings<MemoryServer>();

  constructor(wire: Wire, addresses: HostAddresses, onVanish: () => void) {
    this.wire = wire;
    this.#addresses = addresses;
    this.#onVanish = onVanish;
  }

  vanish(): void {
    this.#there = false;
    this.#onVanish();
    for (const stream of this.#streams) stream.silence();
    this.#streams.clear();
  }

  keep(stream: HostStream): () => void {
    this.#streams.add(stream);
    return () => this.#streams.delete(stream);
  }

  owns(ip: string): boolean {
    if (!this.#there) return false;
    return this.#addresses.ips.includes(ip) || this.#addresses.owns?.(ip) === true;
  }

  /** Where it sends from to an address of this family; null = it is not on it. */
  sourceFor(ip: string): string | null {
    if (!this.#there) return null;
    return this.#addresses.ips.find((own) => familyOf(own) === familyOf(ip)) ?? null;
  }

  udpAt(to: SocketAddress): MemoryUdpSocket | undefined {
    return this.#udp.at(to);
  }

  serverAt(to: SocketAddress): MemoryServer | undefined {
    return this.#tcp.at(to);
  }

  async bindUdp(options: Parameters<Sockets['bindUdp']>[0]): Promise<DatagramSocket> {
    const local = this.#claim(this.#udp, options);
    const socket = bindMemoryUdp(this, local, options, () => this.#udp.free(local));
    this.#udp.take(local, socket);
    return socket;
  }

  async listenTcp(options: Parameters<Sockets['listenTcp']>[0]): Promise<StreamServer> {
    const local = this.#claim(this.#tcp, options);
    const server = listenMemoryTcp(local, options.accept, () => this.#tcp.free(local));
    this.#tcp.take(local, server);
    return server;
  }

  connectTcp(...[options, done]: Parameters<Sockets['connectTcp']>): Cancel {
    return connectMemoryTcp(this, options, done);
  }

  /** Throws as the system does where the address is not ours or taken. */
  #claim(bindings: Bindings<unknown>, { ip, port }: SocketAddress): SocketAddress {
    const any = ip === anyAddress[familyOf(ip)];
    if (any ? this.sourceFor(ip) === null : !this.owns(ip)) throw bindError('EADDRNOTAVAIL', ip, port);
    if (port !== 0) {
      if (bindings.isTaken({ ip, port })) throw bindError('EADDRINUSE', ip, port);
      return { ip, port };
    }
    for (let free = firstFreePort; free < 65_536; free++) {
      if (!bindings.isTaken({ ip, port: free })) return { ip, port: free };
    }
    throw bindError('EADDRINUSE', ip, port);
  }
}

/** Which socket is bound where. BOUNDED: by what the simulation binds. */
class Bindings<T> {
  readonly #byPort = new Map<number, Map<string, T>>();

  at({ ip, port }: SocketAddress): T | undefined {
    const bound = this.#byPort.get(port);
    return bound?.get(ip) ?? bound?.get(anyAddress[familyOf(ip)]);
  }

  isTaken({ ip, port }: SocketAddress): boolean {
    const family = familyOf(ip);
    const bound = this.#byPort.get(port);
    if (bound === undefined) return false;
    if (ip === anyAddress[family]) return [...bound.keys()].some((other) => familyOf(other) === family);
    return bound.has(ip) || bound.has(anyAddress[family]);
  }

  take({ ip, port }: SocketAddress, one: T): void {
    const bound = this.#byPort.get(port) ?? new Map<string, T>();
    bound.set(ip, one);
    this.#byPort.set(port, bound);
  }

  free({ ip, port }: SocketAddress): void {
    this.#byPort.get(port)?.delete(ip);
  }
}

function bindError(code: 'EADDRINUSE' | 'EADDRNOTAVAIL', ip: string, port: number): Error {
  return Object.assign(new Error(`bind ${code} ${ip}:${port}`), { code });
}
