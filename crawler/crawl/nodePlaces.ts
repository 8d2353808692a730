import { hostKey, subnetKey } from '../../lib/ipAddress.ts';
import type { AddressPolicy } from './addressPolicy.ts';
import { Crowds, type Room } from './crowds.ts';
import type { FrontierNode } from './heldNode.ts';

/** How many IDs one place may have, but for addresses of private chains. */
export interface PlaceLimits {
  /** IDs that were only named. IPv6: per /64. */
  readonly maxIdsPerIp: number;
  readonly maxIdsPerSubnet: number;
  /** IDs that answered us from there, or dialled us: beside those that were only named. */
  readonly maxMetPerIp: number;
  readonly maxMetPerSubnet: number;
}

export const defaultPlaceLimits: PlaceLimits = {
  maxIdsPerIp: 32,
  maxIdsPerSubnet: 512,
  maxMetPerIp: 1_024,
  maxMetPerSubnet: 8_192,
};

/** Who is at which IP and in which subnet, and whether one more fits there. */
export class NodePlaces {
  readonly #policy: AddressPolicy;
  readonly #hosts: Crowds;
  readonly #subnets: Crowds;

  constructor(policy: AddressPolicy, limits: PlaceLimits) {
    this.#policy = policy;
    this.#hosts = new Crowds({ named: limits.maxIdsPerIp, met: limits.maxMetPerIp });
    this.#subnets = new Crowds({ named: limits.maxIdsPerSubnet, met: limits.maxMetPerSubnet });
  }

  /** Room at this IP for one that was met or only named; where there is none, the bound that is in the way. */
  roomFor(ip: string, isMet: boolean): Exclude<Room, { at: 'full' }> | { readonly at: 'idsPerIp' | 'idsPerSubnet' } {
    if (this.#policy.isPrivate(ip)) return { at: 'free' };
    const host = this.#hosts.roomFor(hostKey(ip), isMet);
    if (host.at === 'full') return { at: 'idsPerIp' };
    // Who leaves an IP leaves its subnet as well.
    if (host.at === 'after') return host;
    const key = subnetKey(ip);
    const subnet: Room = key === null ? host : this.#subnets.roomFor(key, isMet);
    return subnet.at === 'full' ? { at: 'idsPerSubnet' } : subnet;
  }

  enter(node: FrontierNode): void {
    if (this.#policy.isPrivate(node.ip)) return;
    this.#hosts.add(hostKey(node.ip), node);
    const subnet = subnetKey(node.ip);
    if (subnet !== null) this.#subnets.add(subnet, node);
  }

  leave(node: FrontierNode): void {
    if (this.#policy.isPrivate(node.ip)) return;
    this.#hosts.remove(hostKey(node.ip), node);
    const subnet = subnetKey(node.ip);
    if (subnet !== null) this.#subnets.remove(subnet, node);
  }
}
