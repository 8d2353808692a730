import type {
  ByteStream,
  Cancel,
  ConnectFailure,
  ConnectOptions,
  SocketAddress,
  StreamReader,
  StreamServer,
} from '../../p2p/ports.ts';
import type { AcceptedStream, HostStream, StreamSink, Wire, WireHost } from './wireHost.ts';

export type MemoryServer = StreamServer & StreamSink;

/** How long the system waits for an answer to a dial. */
const systemTimeoutMs = 127_000;

export function listenMemoryTcp(
  local: SocketAddress,
  accept: (stream: ByteStream) => void,
  free: () => void,
): MemoryServer {
  // BOUNDED: by whoever accepts.
  const streams = new Set<AcceptedStream>();
  let state: { readonly at: 'open' } | { readonly at: 'closed'; readonly done: Promise<void>; resolve(): void } = {
    at: 'open',
  };
  return {
    local,
    accept(stream) {
      if (state.at === 'closed') return false;
      streams.add(stream);
      stream.onGone = () => {
        streams.delete(stream);
        if (state.at === 'closed' && streams.size === 0) state.resolve();
      };
      accept(stream);
      return true;
    },
    close() {
      if (state.at === 'open') {
        free();
        const { promise: done, resolve } = deferred();
        state = { at: 'closed', done, resolve };
        if (streams.size === 0) resolve();
      }
      return state.done;
    },
  };
}

export function connectMemoryTcp(
  host: WireHost,
  target: ConnectOptions,
  done: (result: ByteStream | ConnectFailure) => void,
): Cancel {
  const { wire } = host;
  let attempt: 'open' | 'over' = 'open';
  let reached: MemoryStream | null = null;
  const fail = (failure: ConnectFailure, afterMs: number): void => {
    wire.clock.after(afterMs, () => {
      if (attempt === 'open') done(failure);
      attempt = 'over';
    });
  };
  const arrive = (from: string): void => {
    if (attempt === 'over') return;
    const owner = wire.ownerOf(target.ip);
    const server = owner?.serverAt(target);
    if (owner === null) fail('timedOut', systemTimeoutMs);
    else if (server === undefined) refuse();
    else {
      const [mine, theirs] = joinStreams(wire, { ip: from, port: freePort(wire) }, target);
      mine.forget = host.keep(mine);
      theirs.forget = owner?.keep(theirs) ?? (() => {});
      reached = mine;
      // In order: the answer to the dial comes before anything that the server does with the connection.
      theirs.tell(() => {
        if (attempt === 'open') done(mine);
        attempt = 'over';
      });
      if (!server.accept(theirs)) theirs.reset();
    }
  };
  const refuse = (): void => {
    wire.counts.refused += 1;
    fail('refused', wire.latencyMs());
  };
  const from = target.localAddress ?? host.sourceFor(target.ip);
  if (from === null || !host.owns(from)) fail('unreachable', 0);
  else {
    const route = host.owns(target.ip) ? 'open' : wire.route(from, target.ip);
    if (route === 'unreachable') fail('unreachable', wire.latencyMs());
    else if (route === 'silent') fail('timedOut', systemTimeoutMs);
    else wire.clock.after(wire.latencyMs(), () => arrive(from));
  }
  return () => {
    if (attempt === 'open') reached?.reset();
    attempt = 'over';
  };
}

/** The two ends of a connection: that of `from`, and that of `to`. */
function joinStreams(wire: Wire, from: SocketAddress, to: SocketAddress): [MemoryStream, MemoryStream] {
  wire.counts.streams += 1;
  const mine = new MemoryStream(wire, { ip: to.ip, port: to.port });
  const theirs = new MemoryStream(wire, from);
  mine.peer = theirs;
  theirs.peer = mine;
  return [mine, theirs];
}

/** One end of a connection. What it tells its peer arrives in order. */
class MemoryStream implements AcceptedStream, HostStream {
  readonly remote: SocketAddress;
  peer: MemoryStream | null = null;
  /** For the server that accepted it. */
  onGone: () => void = () => {};
  /** For the host that it runs on. */
  forget: () => void = () => {};
  readonly #wire: Wire;
  #reader: StreamReader | null = null;
  #reads: 'later' | 'now' | 'drops' = 'later';
  /** What came before it was read. BOUNDED: by maxStreamBytes, which the writer keeps. */
  #kept: Uint8Array[] = [];
  /** Bytes of ours that the other end has not read. */
  #unread = 0;
  #saidEnd = false;
  #heardEnd = false;
  #gone = false;
  #lastArrival = 0;
  #stopLinger: Cancel = () => {};

  constructor(wire: Wire, remote: SocketAddress) {
    this.#wire = wire;
    this.remote = remote;
  }

  read(reader: StreamReader): void {
    if (this.#reader !== null) return;
    this.#reader = reader;
    if (this.#gone) {
      this.#tellGone();
      return;
    }
    if (this.#reads === 'later') this.#reads = 'now';
    // Never before this call returns.
    this.#wire.clock.after(0, () => {
      for (const chunk of this.#kept.splice(0)) this.#take(chunk);
      if (this.#heardEnd) this.#takeEnd();
    });
  }

  write(bytes: Uint8Array): void {
    if (this.#saidEnd || this.#gone || bytes.length === 0) return;
    this.#unread += bytes.length;
    if (this.#unread > this.#wire.maxStreamBytes) {
      this.#wire.counts.overflowed += 1;
      this.reset();
      return;
    }
    this.tell((peer) => peer.#arrive(bytes));
  }

  end(lingerMs: number): void {
    if (this.#saidEnd || this.#gone) return;
    this.#reads = 'drops';
    this.#kept = [];
    this.#sayEnd();
    if (this.#heardEnd) this.#close();
    else this.#stopLinger = this.#wire.clock.after(lingerMs, () => this.destroy());
  }

  destroy(): void {
    if (this.#gone) return;
    if (!this.#saidEnd) this.#sayEnd();
    this.#close();
  }

  reset(): void {
    if (this.#gone) return;
    this.tell((peer) => peer.#close());
    this.#close();
  }

  silence(): void {
    if (this.peer !== null) this.peer.peer = null;
    this.peer = null;
    this.#gone = true;
    this.#stopLinger();
  }

  /** Makes something happen at the other end, after everything that was sent before. */
  tell(act: (peer: MemoryStream) => void): void {
    const { clock } = this.#wire;
    const at = Math.max(Math.ceil(clock.now() + this.#wire.latencyMs()), this.#lastArrival);
    this.#lastArrival = at;
    clock.after(at - clock.now(), () => {
      if (this.peer !== null) act(this.peer);
    });
  }

  #arrive(bytes: Uint8Array): void {
    // What a system answers to data for a connection that it does not know.
    if (this.#gone) this.tell((peer) => peer.#close());
    else if (this.#kept.length > 0 || this.#reads === 'later') this.#kept.push(bytes);
    else this.#take(bytes);
  }

  #take(bytes: Uint8Array): void {
    if (this.peer !== null) this.peer.#unread -= bytes.length;
    if (this.#reads === 'now' && !this.#gone) this.#reader?.bytes(bytes);
  }

  #sayEnd(): void {
    this.#saidEnd = true;
    this.tell((peer) => {
      peer.#heardEnd = true;
      // What was buffered is read first.
      if (peer.#kept.length === 0) peer.#takeEnd();
    });
  }

  /** The peer's half is over and all of it is read: so is ours, as with Node.js unless told otherwise. */
  #takeEnd(): void {
    if (this.#gone) return;
    if (!this.#saidEnd) this.#sayEnd();
    this.#close();
  }

  #close(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#saidEnd = true;
    this.#kept = [];
    this.#stopLinger();
    this.forget();
    if (this.#reader !== null) this.#tellGone();
    this.#wire.clock.after(0, () => this.onGone());
  }

  #tellGone(): void {
    const reader = this.#reader;
    this.#wire.clock.after(0, () => {
      reader?.ended();
      reader?.gone?.();
    });
  }
}

/** Ports of outgoing connections: nobody dials them. */
function freePort(wire: Wire): number {
  return 32_768 + (wire.counts.streams % 28_000);
}

function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
