import { subnetKey } from '../../lib/ipAddress.ts';
import { idHash, type NodeContact } from '../wire/nodeEndpoint.ts';

/** Nodes per bucket, and per answer to FINDNODE (discv4.md, "Kademlia Table": k = 16). */
export const bucketSize = 16;
/** Spare nodes per bucket, for when one of its nodes dies. */
export const maxReplacements = 10;
/**
 * Half of all nodes are at log distance 256, a quarter at 255 and so on; no network has nodes nearer than 240. What is
 * nearer is in one bucket with those at 240, in geth too.
 */
export const nearestOwnBucket = 240;
export const bucketCount = 256 - nearestOwnBucket + 1;

/** How many nodes of one network (/24, IPv6 /48) are kept; null = any number (private networks). */
export interface SubnetLimits {
  readonly perBucket: number;
  readonly perTable: number;
}
export const defaultSubnetLimits: SubnetLimits = { perBucket: 2, perTable: 10 };

export interface TableNode extends NodeContact {
  readonly hash: Uint8Array;
  /** When it last proved its endpoint; ms. */
  readonly provenAt: number;
  /** PINGs in a row that it left unanswered since. */
  readonly failures: number;
}

export type AddResult = 'added' | 'refreshed' | 'replacement' | 'self' | 'subnetFull';

interface Bucket {
  /** Least recently proven first. */
  nodes: TableNode[];
  replacements: TableNode[];
}

/**
 * The routing table: nodes by the logarithm of their XOR distance from us. Only nodes with a proven endpoint are added,
 * so only such nodes are given out.
 */
export class KademliaTable {
  readonly #selfHash: Uint8Array;
  readonly #limits: SubnetLimits | null;
  // BOUNDED: bucketCount × (bucketSize + maxReplacements) nodes.
  readonly #buckets: readonly Bucket[];
  // BOUNDED: an entry for each network that a node of the table is in.
  readonly #perSubnet = new Map<string, number>();

  constructor(selfId: Uint8Array, limits: SubnetLimits | null) {
    this.#selfHash = idHash(selfId);
    this.#limits = limits;
    this.#buckets = Array.from({ length: bucketCount }, () => ({ nodes: [], replacements: [] }));
  }

  /** Nodes in buckets, without the spare ones. */
  get size(): number {
    return this.#buckets.reduce((sum, bucket) => sum + bucket.nodes.length, 0);
  }

  /**
   * A node that has just proven its endpoint. A proven new address takes the place of the old one; a record stays until
   * another comes.
   */
  add(contact: NodeContact, now: number): AddResult {
    const hash = idHash(contact.id);
    const distance = logDistance(this.#selfHash, hash);
    if (distance === 0) return 'self';
    const bucket = this.#bucketAt(distance);
    const known = take(bucket.nodes, hash);
    const spare = known ?? take(bucket.replacements, hash);
    const { id, ip, udp, tcp, record = spare?.record } = contact;
    const named = { id, ip, udp, tcp, ...(record === undefined ? {} : { record }) };
    const node: TableNode = { ...named, hash, provenAt: now, failures: 0 };
    if (spare !== undefined) this.#release(spare);
    if (!this.#subnetHasRoom(bucket, node)) {
      // Its previous address is proven as well, and is kept.
      if (spare !== undefined) this.#keep(known === undefined ? bucket.replacements : bucket.nodes, spare);
      return 'subnetFull';
    }
    if (bucket.nodes.length < bucketSize) {
      this.#keep(bucket.nodes, node);
      return known === undefined ? 'added' : 'refreshed';
    }
    this.#keep(bucket.replacements, node);
    if (bucket.replacements.length > maxReplacements) {
      const dropped = bucket.replacements.shift();
      if (dropped !== undefined) this.#release(dropped);
    }
    return 'replacement';
  }

  /**
   * A PING to this node was not answered. After `maxFailures` in a row, the youngest spare node takes its place. Silence
   * at an address other than the stored one means nothing: anybody may name the node there.
   */
  fail({ id, ip }: Pick<NodeContact, 'id' | 'ip'>, maxFailures: number): void {
    const hash = idHash(id);
    const bucket = this.#bucketAt(logDistance(this.#selfHash, hash));
    const index = bucket.nodes.findIndex((node) => equal(node.hash, hash));
    const node = bucket.nodes[index];
    if (node === undefined) {
      const at = bucket.replacements.findIndex((spare) => equal(spare.hash, hash) && spare.ip === ip);
      for (const spare of at < 0 ? [] : bucket.replacements.splice(at, 1)) this.#release(spare);
      return;
    }
    if (node.ip !== ip) return;
    const failures = node.failures + 1;
    if (failures < maxFailures) {
      bucket.nodes[index] = { ...node, failures };
      return;
    }
    bucket.nodes.splice(index, 1);
    this.#release(node);
    const next = bucket.replacements.pop();
    if (next === undefined) return;
    const younger = bucket.nodes.findIndex((other) => other.provenAt > next.provenAt);
    bucket.nodes.splice(younger < 0 ? bucket.nodes.length : younger, 0, next);
  }

  /** The nodes nearest to a hash, nearest first, that proved their endpoint after `since` and still answer. */
  closest(targetHash: Uint8Array, count: number, since: number): readonly TableNode[] {
    return this.#buckets
      .flatMap((bucket) => bucket.nodes)
      .filter((node) => node.provenAt > since && node.failures === 0)
      .sort((a, b) => compareDistance(targetHash, a.hash, b.hash))
      .slice(0, count);
  }

  /** The nodes at exactly this distance from us that proved their endpoint after `since` and still answer. */
  atDistance(distance: number, since: number): readonly TableNode[] {
    if (distance < 1 || distance > 256) return [];
    return this.#bucketAt(distance).nodes.filter(
      (node) => node.provenAt > since && node.failures === 0 && logDistance(this.#selfHash, node.hash) === distance,
    );
  }

  /** A node of the table, spare ones not counted. */
  get(hash: Uint8Array): TableNode | undefined {
    return this.#bucketAt(logDistance(this.#selfHash, hash)).nodes.find((node) => equal(node.hash, hash));
  }

  /**
   * The node whose proof is oldest in the bucket that `chance` ([0, 1)) picks among those that hold any: the next to be
   * asked whether it is still there.
   */
  oldestOfBucket(chance: number): TableNode | null {
    const filled = this.#buckets.filter(({ nodes }) => nodes.length > 0);
    return filled[Math.floor(chance * filled.length)]?.nodes[0] ?? null;
  }

  #bucketAt(distance: number): Bucket {
    const bucket = this.#buckets[Math.max(0, distance - nearestOwnBucket)];
    if (bucket === undefined) throw new RangeError(`no bucket at distance ${distance}`);
    return bucket;
  }

  #subnetHasRoom(bucket: Bucket, node: TableNode): boolean {
    if (this.#limits === null) return true;
    const subnet = subnetKey(node.ip) ?? '';
    if ((this.#perSubnet.get(subnet) ?? 0) >= this.#limits.perTable) return false;
    const inBucket = [...bucket.nodes, ...bucket.replacements].filter((other) => subnetKey(other.ip) === subnet);
    return inBucket.length < this.#limits.perBucket;
  }

  #keep(list: TableNode[], node: TableNode): void {
    list.push(node);
    const subnet = subnetKey(node.ip) ?? '';
    this.#perSubnet.set(subnet, (this.#perSubnet.get(subnet) ?? 0) + 1);
  }

  #release(node: TableNode): void {
    const subnet = subnetKey(node.ip) ?? '';
    const left = (this.#perSubnet.get(subnet) ?? 1) - 1;
    if (left > 0) this.#perSubnet.set(subnet, left);
    else this.#perSubnet.delete(subnet);
  }
}

/** 1 + the position of the highest bit in which two hashes differ, 1 to 256; 0 when they are equal. */
export function logDistance(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 32; i++) {
    const difference = (a[i] ?? 0) ^ (b[i] ?? 0);
    if (difference !== 0) return (32 - i) * 8 - (Math.clz32(difference) - 24);
  }
  return 0;
}

/** Negative when `a` is nearer to the target than `b`. */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 32; i++) {
    const bit = target[i] ?? 0;
    const difference = ((a[i] ?? 0) ^ bit) - ((b[i] ?? 0) ^ bit);
    if (difference !== 0) return difference;
  }
  return 0;
}

function take(list: TableNode[], hash: Uint8Array): TableNode | undefined {
  const index = list.findIndex((node) => equal(node.hash, hash));
  return index < 0 ? undefined : list.splice(index, 1)[0];
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return compareDistance(a, a, b) === 0;
}
