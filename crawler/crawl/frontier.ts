import { BoundedMap } from '../../lib/boundedMap.ts';
import { DeadlineHeap } from '../../lib/deadlineHeap.ts';
import { hostKey, subnetKey } from '../../lib/ipAddress.ts';
import { bytesToKey } from '../../p2p/wire/bytes.ts';
import { keyOf, type NodeContact, type NodeEndpoint } from '../../p2p/wire/nodeEndpoint.ts';
import type { AddressPolicy } from './addressPolicy.ts';
import { defaultSchedule, isWorthALook, laterDialAt, type SchedulePolicy } from './backoff.ts';
import { type FrontierNode, HeldNode } from './heldNode.ts';
import type { KnownNode } from './leaseStore.ts';
import { NamingCredit } from './namingCredit.ts';

export interface FrontierLimits {
  /** All known IDs. */
  readonly maxNodes: number;
  /** IPv6: per /64. */
  readonly maxIdsPerIp: number;
  readonly maxIdsPerSubnet: number;
}

export const defaultFrontierLimits: FrontierLimits = { maxNodes: 1_000_000, maxIdsPerIp: 32, maxIdsPerSubnet: 512 };

export const offerCodes = [
  'added',
  'known',
  'alternate',
  'self',
  'addressRefused',
  'portRefused',
  'idsPerIp',
  'idsPerSubnet',
  'frontierFull',
  'unearned',
] as const;
export type OfferCode = (typeof offerCodes)[number];

/** One walk through all buckets names at most about this many. */
const maxHeldPerSource = 272;
const maxHeldSources = 500;

/** Nodes do not listen on ports below this; geth refuses them too. */
export const minPort = 1024;

/**
 * All known nodes and when they are due. What peers name is only offered: an unproven address never replaces a proven
 * one, and no IP, subnet or peer can fill the frontier.
 */
export class Frontier {
  /** BOUNDED: by limits.maxNodes. */
  readonly #nodes = new Map<string, FrontierNode>();
  /** BOUNDED: by the nodes. */
  readonly #recalled = new Set<FrontierNode>();
  /** BOUNDED: one entry per node that is not being visited, and one more for each recalled node. */
  readonly #due = new DeadlineHeap<FrontierNode>();
  /** BOUNDED: at most one key a known node. */
  readonly #idsPerIp = new Map<string, number>();
  /** BOUNDED: at most one key a known node. */
  readonly #idsPerSubnet = new Map<string, number>();
  readonly #credit = new NamingCredit();
  /** Nodes named by sources without credit. BOUNDED: by maxHeldSources, maxHeldPerSource each. */
  readonly #held = new BoundedMap<string, NodeContact[]>(maxHeldSources);
  readonly #policy: AddressPolicy;
  readonly #limits: FrontierLimits;
  /** BOUNDED: by our identities. */
  readonly #ownIds = new Set<string>();
  /** The node offered last is often looked up next: this saves making its key again. */
  #lastOffered: { id: Uint8Array | null; node: FrontierNode | undefined } = { id: null, node: undefined };
  #mostHeld = 0;
  #unvisited = 0;
  #visiting = 0;

  constructor(policy: AddressPolicy, limits: FrontierLimits) {
    this.#policy = policy;
    this.#limits = limits;
  }

  get size(): number {
    return this.#nodes.size;
  }
  /** Nodes that have never been visited, including those being visited for the first time. */
  get unvisited(): number {
    return this.#unvisited;
  }
  get visiting(): number {
    return this.#visiting;
  }
  nextDueAt(): number | null {
    return this.#due.next();
  }
  get(idKey: string): FrontierNode | undefined {
    return this.#nodes.get(idKey);
  }
  /** The frontier's own copy of this text, if it has one, so that callers keep no second copy. */
  heldKey(idKey: string): string {
    return this.#nodes.get(idKey)?.idKey ?? idKey;
  }
  nodes(): IterableIterator<FrontierNode> {
    return this.#nodes.values();
  }

  /**
   * A node was named, by the IP `source` (null = by ourselves: bootnode, database, inbound). `dueAt` is used only if it is
   * new.
   */
  offer(contact: NodeContact, source: string | null, now: number, dueAt: number): OfferCode {
    const idKey = keyOf(contact);
    const known = this.#nodes.get(idKey);
    this.#lastOffered = { id: known === undefined ? null : contact.id, node: known };
    // By far the most common case: already known, at the same address.
    if (known !== undefined && known.ip === contact.ip && known.udp === contact.udp)
      return this.#offerKnown(known, contact);
    if (this.#ownIds.has(idKey)) return 'self';
    if (!this.#policy.allows(contact.ip)) return 'addressRefused';
    if (source !== null && !this.#policy.allowsRelay(source, contact.ip)) return 'addressRefused';
    if (contact.udp < minPort || contact.udp > 65_535) return 'portRefused';
    if (known !== undefined) return this.#offerKnown(known, contact);
    if (this.#nodes.size >= this.#limits.maxNodes) return 'frontierFull';
    const crowded = this.#crowded(contact);
    if (crowded !== null) return crowded;
    if (source !== null && !this.#credit.spend(source)) {
      this.#hold(source, contact);
      return 'unearned';
    }
    this.#add(newNode(contact, { idKey, firstSeenAt: now, namedBy: source, direct: false }), dueAt);
    return 'added';
  }

  /**
   * The operator gave a node: no bound that holds strangers off applies to it, and it needs no UDP port. An address at which it
   * answered stays, and beside it the given one is tried when it is silent there; any other is replaced.
   */
  give(contact: NodeContact, now: number, dueAt: number): OfferCode {
    const idKey = keyOf(contact);
    if (this.#ownIds.has(idKey)) return 'self';
    if (!this.#policy.allows(contact.ip)) return 'addressRefused';
    const known = this.#nodes.get(idKey);
    if (known === undefined) {
      if (this.isFull) return 'frontierFull';
      this.#add(newNode(contact, { idKey, firstSeenAt: now, namedBy: null, direct: true }), dueAt);
      return 'added';
    }
    known.direct = true;
    if ((known.proven && known.failures === 0) || sameEndpoint(known, contact)) return 'known';
    const { ip, udp, tcp } = contact;
    if (known.proven) known.alternate = { ip, udp, tcp };
    else {
      this.#move(known, ip);
      Object.assign(known, { udp, tcp });
    }
    return 'alternate';
  }

  /** A node proved its key by dialling us: the port at which it says it listens is dialled even if it has no UDP. */
  meetCaller(contact: NodeContact, now: number): OfferCode {
    const code = this.offer(contact, null, now, now);
    const node = this.#nodes.get(keyOf(contact));
    if (node !== undefined) node.direct = true;
    return code;
  }

  /** Others name a known node again: true if it has long been silent, and is worth a look before it is due. */
  isWorthALook(id: Uint8Array, now: number, policy: SchedulePolicy): boolean {
    const node = this.#lastOffered.id === id ? this.#lastOffered.node : this.#nodes.get(bytesToKey(id));
    return node !== undefined && !node.visiting && isWorthALook(node, now, policy);
  }

  /** A bootnode at this IP gets more initial credit. */
  trust(ip: string): void {
    this.#credit.trust(ip);
  }

  /** One of our own identities, never to be visited. */
  disown(id: Uint8Array): void {
    this.#ownIds.add(bytesToKey(id));
  }

  /** True at most once in `ms` per known node: then its mention is worth noting. */
  isMentionDue(id: Uint8Array, now: number, ms: number): boolean {
    const node = id === this.#lastOffered.id ? this.#lastOffered.node : this.#nodes.get(bytesToKey(id));
    if (node === undefined || now - node.mentionedAt < ms) return false;
    node.mentionedAt = now;
    return true;
  }

  /** Takes a node back from the database at start. */
  restore(node: FrontierNode, dueAt: number): void {
    if (this.#nodes.has(node.idKey) || this.#ownIds.has(node.idKey) || !this.#policy.allows(node.ip)) return;
    if (this.#nodes.size < this.#limits.maxNodes) this.#add(node, dueAt);
  }

  /** True if no further ID is accepted. */
  get isFull(): boolean {
    return this.#nodes.size >= this.#limits.maxNodes;
  }

  /** Marks a node that the database gave us as being visited, whether due here or not; null if that is not allowed. */
  admit(node: FrontierNode, now: number): FrontierNode | null {
    this.restore(node, now);
    const known = this.#nodes.get(node.idKey);
    if (known === undefined || known.visiting) return null;
    this.#recalled.delete(known);
    known.visiting = true;
    this.#visiting++;
    return known;
  }

  /** What other crawlers found out about a node being visited: their proof of an address outranks a mere mention. */
  learn(node: FrontierNode, found: KnownNode): void {
    node.failures = found.failures;
    node.direct ||= found.direct;
    node.dialAt = laterDialAt(node.dialAt, found.fullAt, defaultSchedule);
    const newer = (found.lastAliveAt ?? 0) > (node.lastAliveAt ?? 0);
    if (newer) node.lastAliveAt = found.lastAliveAt;
    if (!found.proven || (node.proven && !newer) || !this.#policy.allows(found.contact.ip)) return;
    if (found.contact.ip !== node.ip) this.#move(node, found.contact.ip);
    Object.assign(node, { udp: found.contact.udp, tcp: found.contact.tcp, proven: true });
  }

  /** The most overdue node, marked as being visited; null if none is due. */
  take(now: number): FrontierNode | null {
    for (let due = this.#due.takeDue(now); due !== undefined; due = this.#due.takeDue(now)) {
      const node = due.item;
      if (node.visiting || due.at !== node.dueAt) continue;
      this.#recalled.delete(node);
      node.visiting = true;
      this.#visiting++;
      return node;
    }
    return null;
  }

  /** A node that was given up as silent has answered: it is due at once, once per visit. True if that was done. */
  recall(id: Uint8Array, now: number): boolean {
    const node = this.#nodes.get(bytesToKey(id));
    if (node === undefined || node.visiting || node.failures === 0 || node.dueAt <= now) return false;
    this.#recalled.add(node);
    this.#queue(node, now);
    return true;
  }

  /** Nodes that `recall` made due and that were not taken yet. */
  get recalled(): number {
    return this.#recalled.size;
  }

  /** The address to visit: alternates with the other address while the known one is silent. */
  contactOf(node: FrontierNode): NodeContact {
    const { ip, udp, tcp } = node.alternate !== null && node.failures % 2 === 1 ? node.alternate : node;
    return { id: node.id, ip, udp, tcp };
  }

  /** Puts a node back without counting the visit. */
  postpone(node: FrontierNode, dueAt: number): void {
    this.#visiting--;
    node.visiting = false;
    this.#queue(node, dueAt);
  }

  /** Ends a visit. */
  settle(node: FrontierNode, contact: NodeContact, answered: boolean, now: number, dueAt: number): void {
    if (node.visits === 0) this.#unvisited--;
    this.#visiting--;
    node.visiting = false;
    node.visits++;
    if (answered) {
      this.#reward(node, now);
      if (contact.ip !== node.ip) this.#move(node, contact.ip);
      node.udp = contact.udp;
      node.tcp = contact.tcp;
      node.proven = true;
      node.alternate = null;
      node.lastAliveAt = now;
      node.failures = 0;
    } else {
      node.failures++;
    }
    this.#queue(node, dueAt);
  }

  /** Sizes of what is held back from sources without credit, for tests of the bounds. */
  get held(): { readonly sources: number; readonly most: number } {
    return { sources: this.#held.size, most: this.#mostHeld };
  }

  /** Kept until a node that the source named before answers; the oldest make room. */
  #hold(source: string, contact: NodeContact): void {
    let held = this.#held.get(source);
    if (held === undefined) {
      held = [];
      this.#held.set(source, held);
    }
    if (held.length >= maxHeldPerSource) return;
    held.push(contact);
    this.#mostHeld = Math.max(this.#mostHeld, held.length);
  }

  /** The source that named it first was right: what was held back from it is now accepted. */
  #reward(node: FrontierNode, now: number): void {
    const source = node.namedBy;
    if (source === null) return;
    node.namedBy = null;
    this.#credit.earn(source);
    const held = this.#held.get(source);
    if (held === undefined) return;
    this.#held.delete(source);
    for (const contact of held) this.offer(contact, source, now, now);
  }

  #offerKnown(known: FrontierNode, contact: NodeContact): OfferCode {
    if (known.ip === contact.ip && known.udp === contact.udp) {
      if (known.tcp === 0 && !known.proven) known.tcp = contact.tcp;
      return 'known';
    }
    if (known.proven && known.failures === 0) return 'known';
    known.alternate = { ip: contact.ip, udp: contact.udp, tcp: contact.tcp };
    return 'alternate';
  }

  #crowded(contact: NodeContact): OfferCode | null {
    if (this.#policy.isPrivate(contact.ip)) return null;
    if ((this.#idsPerIp.get(hostKey(contact.ip)) ?? 0) >= this.#limits.maxIdsPerIp) return 'idsPerIp';
    const subnet = subnetKey(contact.ip);
    if (subnet !== null && (this.#idsPerSubnet.get(subnet) ?? 0) >= this.#limits.maxIdsPerSubnet) return 'idsPerSubnet';
    return null;
  }

  #add(added: Omit<FrontierNode, 'id'>, dueAt: number): void {
    const node = new HeldNode(added);
    this.#nodes.set(node.idKey, node);
    this.#count(node.ip, 1);
    if (node.visits === 0) this.#unvisited++;
    this.#queue(node, dueAt);
  }

  #queue(node: FrontierNode, dueAt: number): void {
    node.dueAt = dueAt;
    if (dueAt !== Number.POSITIVE_INFINITY) this.#due.add(dueAt, node);
  }

  #move(node: FrontierNode, ip: string): void {
    this.#count(node.ip, -1);
    this.#count(ip, 1);
    node.ip = ip;
  }

  #count(ip: string, by: 1 | -1): void {
    if (this.#policy.isPrivate(ip)) return;
    bump(this.#idsPerIp, hostKey(ip), by);
    const subnet = subnetKey(ip);
    if (subnet !== null) bump(this.#idsPerSubnet, subnet, by);
  }
}

/** Not visited yet. */
function newNode(
  { ip, udp, tcp }: NodeContact,
  given: Pick<FrontierNode, 'idKey' | 'firstSeenAt' | 'namedBy' | 'direct'>,
): Omit<FrontierNode, 'id'> {
  return {
    ...given,
    ...{ ip, udp, tcp },
    proven: false,
    alternate: null,
    lastAliveAt: null,
    failures: 0,
    visits: 0,
    visiting: false,
    mentionedAt: 0,
    dialAt: null,
    dueAt: 0,
  };
}

function sameEndpoint(a: NodeEndpoint, b: NodeEndpoint): boolean {
  return a.ip === b.ip && a.udp === b.udp && a.tcp === b.tcp;
}

function bump(map: Map<string, number>, key: string, by: number): void {
  const value = (map.get(key) ?? 0) + by;
  if (value <= 0) map.delete(key);
  else map.set(key, value);
}
