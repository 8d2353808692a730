import type { Clock, Sockets } from '../p2p/ports.ts';
import type { AddressPolicy } from './crawl/addressPolicy.ts';

/**
 * The last door on the way out: what is addressed to where the rule does not allow stays here, whatever let it come so
 * far. `onRefused` is called with each such address: it is a defect of ours.
 */
export function guardSockets(
  sockets: Sockets,
  policy: Pick<AddressPolicy, 'allows'>,
  clock: Pick<Clock, 'after'>,
  onRefused: (ip: string) => void,
): Sockets {
  const allows = (ip: string): boolean => {
    const allowed = policy.allows(ip);
    if (!allowed) onRefused(ip);
    return allowed;
  };
  return {
    listenTcp: (options) => sockets.listenTcp(options),
    connectTcp: (options, done) =>
      allows(options.ip) ? sockets.connectTcp(options, done) : clock.after(0, () => done('unreachable')),
    async bindUdp(options) {
      const socket = await sockets.bindUdp(options);
      return {
        get local() {
          return socket.local;
        },
        get counts() {
          return socket.counts;
        },
        send: (bytes, to) => {
          if (allows(to.ip)) socket.send(bytes, to);
        },
        close: () => socket.close(),
      };
    },
  };
}
