import type { Clock, Random, Sockets } from '../../p2p/ports.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { NetworkPlan } from './networkPlan.ts';
import type { SimulatedWorld } from './simulatedWorld.ts';

/** One of a crawler's identities, as nodes know it. */
export interface Callee {
  readonly contact: NodeContact;
  /** Null for one that is on no network. */
  readonly network: string | null;
}

/** What the nodes of a simulated network need to be on their sockets. */
export interface NodeServing {
  readonly curve: Curve;
  readonly clock: Clock;
  readonly random: Random;
  readonly sockets: Sockets;
  readonly plan: NetworkPlan;
  readonly world: SimulatedWorld;
  /** The crawlers' identities, for nodes that call them. */
  readonly callees?: () => readonly Callee[];
}
