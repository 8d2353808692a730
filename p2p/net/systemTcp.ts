import { connect, createServer, type Server, type Socket } from 'node:net';
import type {
  AcceptOptions,
  ByteStream,
  Cancel,
  ConnectFailure,
  ConnectOptions,
  SocketAddress,
  StreamReader,
  StreamServer,
} from '../ports.ts';
import { systemClock } from './systemClock.ts';

/** One for all dialled sockets: without it each read takes 64 KiB of its own. */
const readBuffer = new Uint8Array(65_536);

/** A connection that we dial; see `Sockets.connectTcp`. */
export function connectSystemTcp(options: ConnectOptions, done: (result: ByteStream | ConnectFailure) => void): Cancel {
  let stream: SystemStream | null = null;
  const socket = connect({
    host: options.ip,
    port: options.port,
    noDelay: true,
    // Addresses only: no name is ever looked up.
    lookup: (_name, _options, found) => found(new Error('not an address'), ''),
    onread: { buffer: readBuffer, callback: (length) => stream?.take(readBuffer.subarray(0, length)) ?? false },
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
  });
  const settle = (): void => {
    socket.off('error', onError);
    socket.off('connect', onConnect);
  };
  const drop = (): void => {
    settle();
    // A late error of a socket that is being destroyed does not matter.
    socket.on('error', () => {});
    socket.destroy();
  };
  const onConnect = (): void => {
    settle();
    stream = new SystemStream(socket, { ip: options.ip, port: options.port });
    done(stream);
  };
  const onError = (error: NodeJS.ErrnoException): void => {
    drop();
    done(failureOf(error.code));
  };
  socket.once('error', onError);
  socket.once('connect', onConnect);
  return () => {
    if (socket.connecting) drop();
  };
}

/** Accepts connections; see `Sockets.listenTcp`. */
export async function listenSystemTcp(options: AcceptOptions): Promise<StreamServer> {
  const server = createServer({ noDelay: true }, (socket) => {
    const { remoteAddress, remotePort } = socket;
    // Already closed by the peer.
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const stream = new SystemStream(socket, { ip: plainIp(remoteAddress), port: remotePort });
    socket.on('data', (chunk) => stream.take(chunk));
    options.accept(stream);
  });
  await bind(server, options);
  return {
    local: boundAddress(server),
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

type StreamState =
  | { readonly at: 'unread' }
  | { readonly at: 'reading'; readonly reader: StreamReader }
  | { readonly at: 'draining'; readonly reader: StreamReader | null };

class SystemStream implements ByteStream {
  readonly remote: SocketAddress;
  readonly #socket: Socket;
  #state: StreamState = { at: 'unread' };
  #ended = false;

  constructor(socket: Socket, remote: SocketAddress) {
    this.#socket = socket;
    this.remote = remote;
    // Until it is read, received data stays in the system's buffers.
    socket.pause();
    const end = (): void => this.#end();
    socket.on('end', end);
    socket.on('error', end);
    socket.once('close', () => {
      end();
      if (this.#state.at !== 'unread') this.#state.reader?.gone?.();
    });
  }

  read(reader: StreamReader): void {
    if (this.#state.at !== 'unread') return;
    this.#state = { at: 'reading', reader };
    if (!this.#socket.closed) {
      this.#socket.resume();
      return;
    }
    queueMicrotask(() => {
      this.#end();
      reader.gone?.();
    });
  }

  /** Whether the socket may go on reading. */
  take(chunk: Uint8Array): boolean {
    if (this.#state.at === 'reading') this.#state.reader.bytes(chunk);
    return true;
  }

  write(bytes: Uint8Array): void {
    if (this.#state.at !== 'draining' && !this.#socket.destroyed) this.#socket.write(bytes);
  }

  end(lingerMs: number): void {
    const socket = this.#socket;
    if (this.#state.at === 'draining' || socket.destroyed) return;
    this.#state = { at: 'draining', reader: this.#state.at === 'reading' ? this.#state.reader : null };
    // Read and drop what is still coming, or the kernel answers our FIN with a reset and the peer loses our last bytes.
    socket.resume();
    socket.end();
    const cancel = systemClock.after(lingerMs, () => socket.destroy());
    socket.once('close', cancel);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #end(): void {
    if (this.#ended || this.#state.at === 'unread') return;
    this.#ended = true;
    this.#state.reader?.ended();
  }
}

function failureOf(errno: string | undefined): ConnectFailure {
  switch (errno) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ECONNRESET':
      return 'reset';
    case 'ETIMEDOUT':
      return 'timedOut';
    default:
      return 'unreachable';
  }
}

function bind(server: Server, { ip, port }: AcceptOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: ip, port, ipv6Only: ip.includes(':') }, () => {
      server.off('error', reject);
      // Accepting can fail now and then, for instance for lack of descriptors; the listener continues.
      server.on('error', () => {});
      resolve();
    });
  });
}

function boundAddress(server: Server): SocketAddress {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not bound to an IP address');
  return { ip: address.address, port: address.port };
}

/** An IPv4 peer of a dual-stack socket shows as ::ffff:1.2.3.4. */
function plainIp(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
