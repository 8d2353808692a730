import type { Clock, ConnectUdp, Names, Random, Sockets } from '../p2p/ports.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';

/** What a probe needs from outside. */
export interface ProbeWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly curve: Curve;
  readonly names: Names;
  readonly connectUdp: ConnectUdp;
  readonly sockets: Pick<Sockets, 'connectTcp'>;
}
