import { keyToBytes } from '../../p2p/wire/bytes.ts';
import type { NodeEndpoint } from '../../p2p/wire/nodeEndpoint.ts';
import type { FrontierNode } from './frontier.ts';

/**
 * A node as it is held, a million of them at the most: its key is there once, as the text that the Map is keyed by. A
 * byte array of its own would take more memory than all the rest.
 */
export class HeldNode implements FrontierNode {
  readonly idKey: string;
  ip: string;
  udp: number;
  tcp: number;
  proven: boolean;
  alternate: NodeEndpoint | null;
  readonly firstSeenAt: number;
  lastAliveAt: number | null;
  failures: number;
  visits: number;
  visiting: boolean;
  namedBy: string | null;
  dueAt: number;
  mentionedAt: number;
  dialAt: number | null;

  constructor(node: Omit<FrontierNode, 'id'>) {
    this.idKey = node.idKey;
    this.ip = node.ip;
    this.udp = node.udp;
    this.tcp = node.tcp;
    this.proven = node.proven;
    this.alternate = node.alternate;
    this.firstSeenAt = node.firstSeenAt;
    this.lastAliveAt = node.lastAliveAt;
    this.failures = node.failures;
    this.visits = node.visits;
    this.visiting = node.visiting;
    this.namedBy = node.namedBy;
    this.dueAt = node.dueAt;
    this.mentionedAt = node.mentionedAt;
    this.dialAt = node.dialAt;
  }

  get id(): Uint8Array {
    return keyToBytes(this.idKey);
  }
}
