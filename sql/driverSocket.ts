import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/** A server, by its host and port or by its Unix socket. */
export type ServerAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** As postgres.js reads it from `sslmode`; false = none. */
export type TlsMode = string | boolean | object;

interface SocketOptions {
  /** Whom to connect to. What it throws is what the statement gets that wanted the connection. */
  choose(): ServerAddress | Promise<ServerAddress>;
  readonly tls: TlsMode;
  readonly timeoutMs: number;
  /** Whether anybody still wants a connection. */
  isWanted(): boolean;
  /** Told of each that is open. */
  onOpen?(socket: Socket, address: ServerAddress): void;
}

/** Start-up messages are at least so long, see `mendStartup`. */
export const startupBytes = 1_024;

/**
 * A connection as postgres.js 3.4.9 can bear it, for its option `socket`. Left alone with a plain socket it loses
 * statements and connections as a server goes away: what is asked between the error of a socket and its end is never
 * answered (its issue 1186), and what is about to be written as it ends stays in the way of whatever the next
 * connection writes, which then times out again and again. And a socket that cannot be made costs a place in the pool for
 * ever. So: an open socket ends without an error, one that could not be opened ends with the first write, and the
 * start-up message is written at once and alone.
 */
export async function openDriverSocket(options: SocketOptions): Promise<Duplex> {
  try {
    const address = await options.choose();
    const plain = await connectTo(address, options.timeoutMs);
    const socket = options.tls === false ? plain : await encrypt(plain, address, options);
    if (!options.isWanted()) {
      plain.destroy();
      throw Object.assign(new Error('the pool has ended'), { code: 'CONNECTION_ENDED' });
    }
    Object.assign(socket, address);
    const { expectEnd } = mendEnd(socket);
    mendStartup(socket, expectEnd);
    options.onOpen?.(socket, address);
    return socket;
  } catch (error) {
    return failing(error instanceof Error ? error : new Error(String(error)));
  }
}

function connectTo(address: ServerAddress, timeoutMs: number): Promise<Socket> {
  return inTime(connectSocket(address), 'connect', address, timeoutMs);
}

/** Section 54.2.10 of PostgreSQL's manual, SSL session encryption. */
async function encrypt(plain: Socket, address: ServerAddress, { tls, timeoutMs }: SocketOptions): Promise<Socket> {
  plain.write(sslRequest);
  const answer = await inTime(plain, 'data', address, timeoutMs, (bytes: Buffer) => bytes.toString('latin1', 0, 1));
  if (answer !== 'S') {
    if (tls === 'prefer') return plain;
    plain.destroy();
    throw Object.assign(new Error('the server does not speak TLS'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
  }
  const isUnchecked = tls === 'require' || tls === 'allow' || tls === 'prefer';
  const secure = connectTls({
    socket: plain,
    // The certificate is for the host, which may be an address; a name of the server is only told where it is a name.
    ...('host' in address ? { host: address.host } : {}),
    ...('host' in address && isIP(address.host) === 0 ? { servername: address.host } : {}),
    ...(isUnchecked ? { rejectUnauthorized: false } : {}),
    ...(typeof tls === 'object' ? tls : {}),
  });
  await inTime(secure, 'secureConnect', address, timeoutMs);
  return secure;
}

const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** Code of a CancelRequest: the server ends such a connection without a word. */
const cancelCode = 80_877_102;

/** Leaves out of the first write what an earlier connection left unsent: only a start-up message begins with a zero. */
function mendStartup(socket: Socket, onCancel: () => void): void {
  const { write: original } = socket;
  const write = (...args: unknown[]): boolean => Reflect.apply(original, socket, args);
  Object.assign(socket, {
    write(bytes: Buffer, ...rest: unknown[]): boolean {
      Object.assign(socket, { write });
      let start = 0;
      while (start + 5 <= bytes.length && bytes[start] !== 0) start += 1 + bytes.readUInt32BE(start + 1);
      const message = bytes.subarray(start);
      if (message.length >= 8 && message.readUInt32BE(4) === cancelCode) onCancel();
      return write(message, ...rest);
    },
  });
}

/** ReadyForQuery, idle: the last message of a start-up. */
const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/**
 * Once the server has let us in, the socket ends without an error, so that postgres.js rejects all that was asked on it. If
 * it ends before, that is an error, so that postgres.js does not try for ever, without a pause and without a word.
 */
function mendEnd(socket: Socket): { expectEnd(): void } {
  const { emit: original } = socket;
  const emit = (...args: unknown[]): boolean => Reflect.apply(original, socket, args);
  let tail: Buffer = Buffer.alloc(0);
  let state: 'opening' | 'open' | 'failed' = 'opening';
  Object.assign(socket, {
    emit(event: string, ...args: unknown[]): boolean {
      const [bytes] = args;
      if (event === 'data' && state === 'opening' && Buffer.isBuffer(bytes)) {
        tail = Buffer.concat([tail, bytes]).subarray(-ready.length);
        if (tail.equals(ready)) state = 'open';
      }
      if (event === 'error') {
        if (state === 'open') return true;
        state = 'failed';
      }
      if (event !== 'close') return emit(event, ...args);
      if (state === 'opening') emit('error', closedError());
      return emit('close', state !== 'open');
    },
  });
  return {
    expectEnd: () => {
      state = 'open';
    },
  };
}

function closedError(): Error {
  return Object.assign(new Error('the connection was closed while it was made'), { code: 'CONNECTION_CLOSED' });
}

/** Ends with this error as soon as something is written to it. */
function failing(error: Error): Duplex {
  return new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done(error);
    },
  });
}

/** @throws what the socket fails with, or an error of code CONNECT_TIMEOUT; it is destroyed then */
function inTime<T>(
  socket: Socket,
  event: string,
  address: ServerAddress,
  timeoutMs: number,
  read?: (bytes: Buffer) => T,
): Promise<T | Socket> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      socket.off(event, onEvent).off('error', fail).off('close', onClose);
      act();
    };
    const fail = (error: Error): void => {
      settle(() => reject(error));
      socket.on('error', () => {}).destroy();
    };
    const onEvent = (bytes: Buffer): void => settle(() => resolve(read === undefined ? socket : read(bytes)));
    const onClose = (): void => fail(closedError());
    const timer = setTimeout(() => {
      const where = 'path' in address ? address.path : `${address.host}:${address.port}`;
      fail(Object.assign(new Error(`no answer from ${where} in time`), { code: 'CONNECT_TIMEOUT' }));
    }, timeoutMs);
    socket.on(event, onEvent).on('error', fail).on('close', onClose);
  });
}
