import { BoundedMap } from '../../lib/boundedMap.ts';
import { hostKey } from '../../lib/ipAddress.ts';

/** Which bound left a node out that nobody has looked at. The same words are values of a metric label. */
export const boundCodes = ['idsPerIp', 'idsPerSubnet', 'frontierFull'] as const;
export type BoundCode = (typeof boundCodes)[number];

interface LeftOutNode {
  readonly host: string;
  readonly bound: BoundCode;
  readonly at: number;
}

/** IDs that bounds left out at one IP (of IPv6 a /64). */
export interface LeftOutHost {
  readonly host: string;
  readonly bound: BoundCode;
  readonly ids: number;
}

/** Most IDs counted in all, and of one IP: what is beyond is "at least". */
const maxIds = 20_000;
const maxIdsPerHost = 2_048;
/** Who was named within this time and not taken in is left out. */
const windowMs = 24 * 3_600_000;

/** Who was named, or showed itself, and found no place: counted, so that a count can say what it lacks. */
export class LeftOut {
  readonly #nodes = new BoundedMap<string, LeftOutNode>(maxIds);
  /** BOUNDED: by the nodes. */
  readonly #perHost = new Map<string, number>();

  note(idKey: string, ip: string, bound: BoundCode, now: number): void {
    const host = hostKey(ip);
    this.settled(idKey);
    if ((this.#perHost.get(host) ?? 0) >= maxIdsPerHost) return;
    this.#perHost.set(host, (this.#perHost.get(host) ?? 0) + 1);
    this.#nodes.set(idKey, { host, bound, at: now });
    // One more than the map holds pushes its oldest out.
    if (this.#nodes.size === maxIds) this.#dropOldest();
  }

  /** It was taken in after all. */
  settled(idKey: string): void {
    const node = this.#nodes.get(idKey);
    if (node === undefined) return;
    this.#nodes.delete(idKey);
    this.#less(node.host);
  }

  /** By IP and bound, most first. */
  hosts(now: number): LeftOutHost[] {
    this.#nodes.dropWhile((node) => {
      const isOld = now - node.at >= windowMs;
      if (isOld) this.#less(node.host);
      return isOld;
    });
    const counts = new Map<string, LeftOutHost>();
    for (const { host, bound } of this.#nodes.values()) {
      const key = `${bound} ${host}`;
      counts.set(key, { host, bound, ids: (counts.get(key)?.ids ?? 0) + 1 });
    }
    return [...counts.values()].sort((a, b) => b.ids - a.ids || (a.host < b.host ? -1 : 1));
  }

  #dropOldest(): void {
    let isFirst = true;
    this.#nodes.dropWhile((node) => {
      if (isFirst) this.#less(node.host);
      const drops = isFirst;
      isFirst = false;
      return drops;
    });
  }

  #less(host: string): void {
    const count = (this.#perHost.get(host) ?? 0) - 1;
    if (count > 0) this.#perHost.set(host, count);
    else this.#perHost.delete(host);
  }
}
