import { createSocket } from 'node:dgram';
import { addressOf, portOf } from './networkPlan.ts';

const lowest = 100;
const octets = 150;

/** A second octet for a network's addresses that no other simulated network on this machine has taken. */
export async function findFreeOctet(): Promise<number> {
  for (let attempt = 0; attempt < octets; attempt++) {
    const second = lowest + ((process.pid * 7 + attempt) % octets);
    if (await isFree(second)) return second;
  }
  throw new Error('every address for a simulated network is taken');
}

function isFree(second: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind(
      {
        address: addressOf({ second, addresses: 'packed', sharedSubnets: [] }, 0),
        port: portOf(0),
        exclusive: true,
      },
      () => {
        socket.close(() => resolve(true));
      },
    );
  });
}
