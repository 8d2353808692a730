import type { DatagramSocket, SocketAddress, UdpOptions } from '../../p2p/ports.ts';
import { type DatagramSink, familyOf, type WireHost } from './wireHost.ts';

export type MemoryUdpSocket = DatagramSocket & DatagramSink;

/** What fits into one UDP datagram over IPv4. */
const mostBytes = 65_507;

export function bindMemoryUdp(
  host: WireHost,
  local: SocketAddress,
  options: UdpOptions,
  free: () => void,
): MemoryUdpSocket {
  const { wire } = host;
  const counts = { oversized: 0, sendFailed: 0, receiveFailed: 0 };
  let open = true;
  let underWay = 0;

  function canSend(bytes: Uint8Array, to: SocketAddress): boolean {
    return bytes.length <= mostBytes && to.port > 0 && to.port < 65_536 && familyOf(to.ip) === familyOf(local.ip);
  }

  return {
    local,
    counts,
    send(bytes, to) {
      if (!open) return;
      const ip = host.owns(local.ip) ? local.ip : host.sourceFor(to.ip);
      if (ip === null || !canSend(bytes, to)) {
        counts.sendFailed += 1;
        return;
      }
      wire.counts.datagrams += 1;
      if (wire.isLost() || (wire.ownerOf(to.ip) !== host && wire.route(ip, to.ip) !== 'open')) {
        wire.counts.lost += 1;
        return;
      }
      if (underWay >= wire.maxDatagrams) {
        wire.counts.overflowed += 1;
        return;
      }
      underWay += 1;
      const copy = bytes.slice();
      wire.clock.after(wire.latencyMs(), () => {
        underWay -= 1;
        const receiver = wire.ownerOf(to.ip)?.udpAt(to);
        if (receiver === undefined) wire.counts.toNobody += 1;
        else receiver.take(copy, { ip, port: local.port });
      });
    },
    take(bytes, from) {
      if (bytes.length <= options.maxBytes) {
        options.receive(bytes, from);
        return;
      }
      counts.oversized += 1;
      options.oversized?.(from);
    },
    async close() {
      if (open) free();
      open = false;
    },
  };
}
