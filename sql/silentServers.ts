import type { Socket } from 'node:net';
import type { ServerAddress } from './driverSocket.ts';

/** The server of a connection on which nothing came for so long is asked whether it is there. */
const patienceMs = 5_000;
const lookMs = 1_000;

interface Watched {
  readonly address: ServerAddress;
  heardAt: number;
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
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  watch(socket: Socket, address: ServerAddress): void {
    const watched: Watched = { address, heardAt: performance.now() };
    this.#open.set(socket, watched);
    socket.on('data', () => {
      watched.heardAt = performance.now();
    });
    socket.on('close', () => this.#open.delete(socket));
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const silent = [...this.#open.values()].filter(({ heardAt }) => now - heardAt >= patienceMs);
    for (const address of new Set(silent.map((watched) => watched.address))) void this.#ask(address, now);
    // Those that do answer are asked again after the same time: their statement is merely long, or there is none.
    for (const watched of silent) watched.heardAt = now;
  }

  async #ask(address: ServerAddress, askedAt: number): Promise<void> {
    if (await this.#fits(address)) return;
    for (const [socket, watched] of this.#open) {
      if (watched.address === address && watched.heardAt <= askedAt) socket.destroy();
    }
  }
}
