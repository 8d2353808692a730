import type { Socket } from 'node:net';
import type { ServerAddress } from './driverSocket.ts';

/** A connection on which something was asked waits so long for a byte before its server is asked whether it is there. */
const patienceMs = 5_000;
const lookMs = 1_000;

interface Watched {
  readonly address: ServerAddress;
  /** Bytes that had been written when the server was heard last. */
  heardAfter: number;
  silentSince: number | null;
}

/**
 * Ends connections whose server stands still, or lost its role, while others could take over: a machine that froze or
 * vanished sends no end of a connection, and its statements would wait for a quarter of an hour, or for ever.
 */
export class SilentServers {
  readonly #fits: (address: ServerAddress) => Promise<boolean>;
  /** BOUNDED: by the size of the pool. */
  readonly #open = new Map<Socket, Watched>();
  readonly #timer: NodeJS.Timeout;

  constructor(fits: (address: ServerAddress) => Promise<boolean>) {
    this.#fits = fits;
    this.#timer = setInterval(() => void this.#look(), lookMs).unref();
  }

  watch(socket: Socket, address: ServerAddress): void {
    const watched: Watched = { address, heardAfter: 0, silentSince: null };
    this.#open.set(socket, watched);
    socket.on('data', () => {
      watched.heardAfter = socket.bytesWritten;
      watched.silentSince = null;
    });
    socket.on('close', () => this.#open.delete(socket));
  }

  end(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const now = performance.now();
    for (const [socket, watched] of this.#open) {
      if (socket.bytesWritten <= watched.heardAfter) continue;
      watched.silentSince ??= now;
      if (now - watched.silentSince < patienceMs) continue;
      // Asked again after the same time, where the server does answer: the statement is merely long.
      watched.silentSince = now;
      if (!(await this.#fits(watched.address))) socket.destroy();
    }
  }
}
