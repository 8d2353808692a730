import { createSocket, type Socket } from 'node:dgram';
import type { DatagramLine, LineHearing, SocketAddress } from '../ports.ts';

/** A UDP socket of the system that is connected to one address; see `ConnectUdp`. */
export async function connectSystemUdp(to: SocketAddress, hear: LineHearing): Promise<DatagramLine> {
  const socket = createSocket({
    type: to.ip.includes(':') ? 'udp6' : 'udp4',
    // Addresses only: no name is ever looked up.
    lookup: (address, _options, done) => done(null, address, to.ip.includes(':') ? 6 : 4),
  });
  try {
    await connected(socket, to);
  } catch (error) {
    socket.close();
    throw error;
  }
  const fail = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'ECONNREFUSED') hear.failed('refused');
    else if (error.code === 'EHOSTUNREACH' || error.code === 'ENETUNREACH') hear.failed('unreachable');
  };
  socket.on('error', fail);
  socket.on('message', (message) => hear.receive(new Uint8Array(message)));
  let closing: Promise<void> | null = null;
  return {
    local: { ip: socket.address().address, port: socket.address().port },
    send(bytes) {
      if (closing === null) socket.send(bytes, (error) => error !== null && fail(error));
    },
    close() {
      closing ??= new Promise((resolve) => socket.close(() => resolve()));
      return closing;
    },
  };
}

function connected(socket: Socket, to: SocketAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(to.port, to.ip, (error?: Error) => {
      socket.off('error', reject);
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}
