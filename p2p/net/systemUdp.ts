import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { formatIp, parseIp } from '../../lib/ipAddress.ts';
import type { DatagramSocket, UdpOptions } from '../ports.ts';

/** By default Linux holds some 200 packets and drops the rest; 4 MiB hold a burst of answers (`net.core.rmem_max` caps it). */
const receiveBufferBytes = 4 << 20;

/** Binds a UDP socket of the system. Rejects with the system's error (EADDRINUSE, EACCES, …) when it cannot. */
export async function bindSystemUdp(options: UdpOptions): Promise<DatagramSocket> {
  const ipv6 = options.ip.includes(':');
  const family = ipv6 ? 6 : 4;
  const socket = createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6,
    // Addresses only: no name is ever looked up.
    lookup: (address, _options, done) => done(null, address, family),
  });
  await bound(socket, options);
  growReceiveBuffer(socket);
  const counts = { oversized: 0, sendFailed: 0, receiveFailed: 0 };
  socket.on('error', () => {
    counts.receiveFailed++;
  });
  socket.on('message', (message: Buffer, info: RemoteInfo) => {
    const ip = canonical(info.address);
    if (message.length > options.maxBytes) {
      counts.oversized++;
      if (ip !== null) options.oversized?.({ ip, port: info.port });
      return;
    }
    if (ip !== null)
      options.receive(new Uint8Array(message.buffer, message.byteOffset, message.length), { ip, port: info.port });
  });
  let closing: Promise<void> | null = null;
  return {
    local: { ip: canonical(socket.address().address) ?? options.ip, port: socket.address().port },
    counts,
    send(bytes, to) {
      if (closing !== null) return;
      // An unreachable peer or a full buffer is a lost packet like any other.
      const failed = (error: Error | null) => {
        if (error !== null) counts.sendFailed++;
      };
      try {
        socket.send(bytes, to.port, to.ip, failed);
      } catch {
        counts.sendFailed++;
      }
    },
    close() {
      closing ??= new Promise((resolve) => socket.close(() => resolve()));
      return closing;
    },
  };
}

function bound(socket: Socket, { ip, port }: UdpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: ip, port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

function growReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(receiveBufferBytes);
  } catch {
    // Some systems refuse instead of capping; the default works, with more loss under load.
  }
}

/** A link-local address has its zone after a percent sign; addresses on the internet have none. */
function canonical(address: string): string | null {
  // The system has only one way to write IPv4.
  if (!address.includes(':')) return address;
  const bytes = parseIp(address);
  return bytes === null ? null : formatIp(bytes);
}
