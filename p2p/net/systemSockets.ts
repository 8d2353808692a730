import type { Sockets } from '../ports.ts';
import { connectSystemTcp, listenSystemTcp } from './systemTcp.ts';
import { bindSystemUdp } from './systemUdp.ts';

/** The machine's network. */
export const systemSockets: Sockets = {
  bindUdp: bindSystemUdp,
  connectTcp: connectSystemTcp,
  listenTcp: listenSystemTcp,
};
