import { BoundedMap } from '../../lib/boundedMap.ts';
import { subnetKey } from '../../lib/ipAddress.ts';

const minSubnets = 10;
const maxVoters = 512;

/**
 * Our address as others see it: what a majority of PONGs from at least ten distinct /24s (v6: /48s) say. Each subnet has
 * one vote, its newest, so that no single host can make us believe a false address.
 */
export class AddressVotes {
  readonly #voices = new BoundedMap<string, string>(maxVoters);

  note(source: string, ourIp: string | null): void {
    const subnet = subnetKey(source);
    if (subnet === null || ourIp === null || ourIp.includes(':') !== source.includes(':')) return;
    this.#voices.set(subnet, ourIp);
  }

  get size(): number {
    return this.#voices.size;
  }

  /** The elected address of a family; null while there is no majority. */
  elected(family: 4 | 6): string | null {
    const voices = [...this.#voices.values()].filter((ip) => ip.includes(':') === (family === 6));
    if (voices.length < minSubnets) return null;
    const counts = new Map<string, number>();
    for (const ip of voices) counts.set(ip, (counts.get(ip) ?? 0) + 1);
    const [first] = [...counts].sort(([, a], [, b]) => b - a);
    return first !== undefined && first[1] * 2 > voices.length ? first[0] : null;
  }
}
