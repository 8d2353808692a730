import type { DiscoveryProtocol } from '../../lib/discoveryProtocols.ts';
import { bytesToKey } from '../../p2p/wire/bytes.ts';
import { keyOf, type NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { AddressPolicy } from './addressPolicy.ts';
import { heardBy, namedBy } from './askOrder.ts';
import { defaultSchedule, isWorthALook, laterDialAt, type SchedulePolicy } from './backoff.ts';
import { HeldNames } from './heldNames.ts';
import { type FrontierNode, newcomer } from './heldNode.ts';
import type { KnownNode } from './leaseStore.ts';
import type { LeftOut } from './leftOut.ts';
import { NamingCredit } from './namingCredit.ts';
import type { OfferCode } from './offerCodes.ts';
import { OtherAddresses } from './otherAddresses.ts';
import { type FrontierLimits, Roster } from './roster.ts';

/** An address that was named anew for a silent node is asked within this time. */
const freshAddressMs = 5 * 60_000;
/** Who never answered is forgotten when nobody has named it for so long. */
const forgetMs = 3 * 24 * 3_600_000;

/** Nodes do not listen on ports below this; geth refuses them too. */
export const minPort = 1024;

/**
 * All known nodes and when they are due. What peers name is only offered: an unproven address never replaces a proven
 * one, and no IP, subnet or peer can fill the frontier. Who answered us or dialled us (was met) always finds a place: who
 * was only named makes room, first those that were silent when asked.
 */
export class Frontier {
  readonly #roster: Roster;
  /** BOUNDED: by the nodes. */
  readonly #recalled = new Set<FrontierNode>();
  readonly #credit = new NamingCredit();
  readonly #held = new HeldNames();
  readonly #policy: AddressPolicy;
  /** BOUNDED: by our identities. */
  readonly #ownIds = new Set<string>();
  /** The node offered last is often looked up next: this saves making its key again. */
  #lastOffered: { id: Uint8Array | null; node: FrontierNode | undefined } = { id: null, node: undefined };
  #visiting = 0;
  /** Called with the key of a node that was forgotten. */
  onForgotten: (idKey: string) => void = () => {};

  constructor(policy: AddressPolicy, limits: FrontierLimits) {
    this.#policy = policy;
    this.#roster = new Roster(policy, limits, (node) => {
      this.#recalled.delete(node);
      this.#lastOffered = { id: null, node: undefined };
      this.onForgotten(node.idKey);
    });
  }

  get size(): number {
    return this.#roster.size;
  }
  /** Nodes that have never been visited, including those being visited for the first time. */
  get unvisited(): number {
    return this.#roster.unvisited;
  }
  get visiting(): number {
    return this.#visiting;
  }
  nextDueAt(): number | null {
    return this.#roster.due.next();
  }
  get(idKey: string): FrontierNode | undefined {
    return this.#roster.get(idKey);
  }
  /** True if no further ID is accepted. */
  get isFull(): boolean {
    return this.#roster.isFull;
  }
  /** Whom the bounds left out. */
  get leftOut(): LeftOut {
    return this.#roster.leftOut;
  }
  /** The frontier's own copy of this text, if it has one, so that callers keep no second copy. */
  heldKey(idKey: string): string {
    return this.#roster.get(idKey)?.idKey ?? idKey;
  }
  nodes(): IterableIterator<FrontierNode> {
    return this.#roster.nodes();
  }

  /**
   * A node was named, by the IP `source` (null = by ourselves: bootnode, database). `dueAt` is used only if it is new.
   */
  offer(contact: NodeContact, source: string | null, now: number, dueAt: number): OfferCode {
    const idKey = keyOf(contact);
    const known = this.#roster.get(idKey);
    this.#lastOffered = { id: known === undefined ? null : contact.id, node: known };
    // By far the most common case: already known, at the same address.
    if (known !== undefined && known.ip === contact.ip && known.udp === contact.udp)
      return this.#offerKnown(known, contact, source, now);
    const refused = this.#refused(idKey, contact, source);
    if (refused !== null) return refused;
    if (known !== undefined) return this.#offerKnown(known, contact, source, now);
    if (source !== null && !this.#credit.has(source)) {
      this.#held.hold(source, contact);
      return 'unearned';
    }
    const bound = this.#roster.makeRoom(idKey, contact.ip, false, now);
    if (bound !== null) return bound;
    if (source !== null) this.#credit.spend(source);
    this.#roster.add(newcomer(idKey, contact, { now, namedBy: source }), dueAt);
    return 'added';
  }

  /**
   * A node has shown itself: by an answer from this very address (`proven`), or by dialling us from this IP. It takes the
   * place of those that were only named, and its address that of an unproven or silent one.
   */
  meet(contact: NodeContact, proven: boolean, now: number): OfferCode {
    const idKey = keyOf(contact);
    const known = this.#roster.get(idKey);
    const refused = this.#refused(idKey, contact, null);
    if (refused !== null) return refused;
    if (known === undefined) {
      const bound = this.#roster.makeRoom(idKey, contact.ip, true, now);
      if (bound !== null) return bound;
      this.#roster.add({ ...newcomer(idKey, contact, { now, namedBy: null }), met: true, proven }, now);
      return 'added';
    }
    const isThere = known.ip === contact.ip && known.udp === contact.udp;
    if (isThere) known.proven ||= proven;
    if (known.ip === contact.ip) this.#roster.promote(known);
    if (isThere || (known.proven && known.failures === 0)) return 'known';
    if (!proven) return this.#offerKnown(known, contact, null, now);
    this.#roster.readdress(known, contact, true);
    if (!known.visiting && known.dueAt > now) this.#roster.queue(known, now);
    return 'alternate';
  }

  /**
   * The operator gave a node: no bound applies to it, it is never forgotten, and it needs no UDP port. An address at which it
   * answered stays, and beside it the given one is tried when it is silent there; any other is replaced.
   */
  give(contact: NodeContact, now: number, dueAt: number): OfferCode {
    const idKey = keyOf(contact);
    if (this.#ownIds.has(idKey)) return 'self';
    if (!this.#policy.allows(contact.ip)) return 'addressRefused';
    const known = this.#roster.give(idKey);
    if (known === undefined) {
      this.#roster.add({ ...newcomer(idKey, contact, { now, namedBy: null }), direct: true }, dueAt);
      return 'added';
    }
    known.direct = true;
    if (known.ip === contact.ip && known.udp === contact.udp) {
      if (contact.tcp === 0 || contact.tcp === known.tcp || (known.proven && known.failures === 0)) return 'known';
      known.tcp = contact.tcp; // Without UDP it alone tells two addresses apart.
      return 'alternate';
    }
    if (known.proven) return this.#offerKnown(known, contact, null, now);
    this.#roster.readdress(known, contact, false);
    return 'alternate';
  }

  /** A node proved its key by dialling us: the port at which it says it listens is dialled even if it has no UDP. */
  meetCaller(contact: NodeContact, now: number): OfferCode {
    const code = this.meet(contact, false, now);
    const node = this.#roster.get(keyOf(contact));
    if (node !== undefined) node.direct = true;
    return code;
  }

  /** Others name a known node again: true if it has long been silent, and is worth a look before it is due. */
  isWorthALook(id: Uint8Array, now: number, policy: SchedulePolicy): boolean {
    const node = this.#lastOffered.id === id ? this.#lastOffered.node : this.#roster.get(bytesToKey(id));
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

  /** True at most once in `ms` per known node, and the first time by each protocol: then its mention is worth noting. */
  isMentionDue(id: Uint8Array, now: number, ms: number, by: DiscoveryProtocol = 'discv4'): boolean {
    const node = id === this.#lastOffered.id ? this.#lastOffered.node : this.#roster.get(bytesToKey(id));
    if (node === undefined) return false;
    const spoken = namedBy(node.spoken, by);
    if (spoken === node.spoken && now - node.mentionedAt < ms) return false;
    node.spoken = spoken;
    node.mentionedAt = now;
    return true;
  }

  /** Takes a node back from the database. */
  restore(node: FrontierNode, dueAt: number): void {
    if (this.#roster.get(node.idKey) !== undefined || this.#ownIds.has(node.idKey) || !this.#policy.allows(node.ip))
      return;
    if (this.#roster.makeRoom(node.idKey, node.ip, node.met, null) === null) this.#roster.add(node, dueAt);
  }

  /** Marks a node that the database gave us as being visited, whether due here or not; null if that is not allowed. */
  admit(node: FrontierNode, now: number): FrontierNode | null {
    this.restore(node, now);
    const known = this.#roster.get(node.idKey);
    if (known === undefined || known.visiting) return null;
    return this.#visit(known);
  }

  /** What other crawlers found out about a node being visited: their proof of an address outranks a mere mention. */
  learn(node: FrontierNode, found: KnownNode): void {
    node.failures = found.failures;
    node.direct ||= found.direct;
    node.dialAt = laterDialAt(node.dialAt, found.fullAt, defaultSchedule);
    const newer = (found.lastAliveAt ?? 0) > (node.lastAliveAt ?? 0);
    if (newer) node.lastAliveAt = found.lastAliveAt;
    if (!found.proven || (node.proven && !newer) || !this.#policy.allows(found.contact.ip)) return;
    this.#roster.readdress(node, found.contact, true);
  }

  /** The most overdue node, marked as being visited; null if none is due. */
  take(now: number): FrontierNode | null {
    const node = this.#roster.due.take(now);
    return node === null ? null : this.#visit(node);
  }

  /** A node that was given up as silent has answered: it is due at once, once per visit. True if that was done. */
  recall(id: Uint8Array, now: number): boolean {
    const node = this.#roster.get(bytesToKey(id));
    if (node === undefined || node.visiting || node.failures === 0 || node.dueAt <= now) return false;
    this.#recalled.add(node);
    this.#roster.queue(node, now);
    return true;
  }

  /** A node speaks this protocol, whatever its last visit found: it is asked by it again. */
  heard(id: Uint8Array, by: DiscoveryProtocol): void {
    const node = this.#roster.get(bytesToKey(id));
    if (node !== undefined) node.spoken = heardBy(node.spoken, by);
  }

  /** Nodes that `recall` made due and that were not taken yet. */
  get recalled(): number {
    return this.#recalled.size;
  }

  /** The address to visit: other addresses have their turns while the known one is silent. */
  contactOf(node: FrontierNode): NodeContact {
    const other = node.others === null || node.failures === 0 ? null : node.others.next(node.proven);
    const { ip, udp, tcp } = other ?? node;
    return { id: node.id, ip, udp, tcp };
  }

  /** Whether it is to be visited for the sake of an address that was named since, whenever it was due before. */
  hasFreshAddress(node: FrontierNode): boolean {
    return node.failures > 0 && node.others?.fresh === true;
  }

  /** Puts a node back without counting the visit, in which it may have answered. */
  postpone(node: FrontierNode, dueAt: number, answered?: { readonly at: NodeContact; readonly now: number }): void {
    this.#visiting--;
    node.visiting = false;
    if (answered !== undefined) this.#answered(node, answered.at, answered.now);
    this.#roster.queue(node, dueAt);
  }

  /** Ends a visit: `alive` = it answered at `contact`. */
  settle(node: FrontierNode, contact: NodeContact, alive: boolean, now: number, dueAt: number): void {
    this.#visiting--;
    node.visiting = false;
    this.#roster.visited(node);
    if (!alive) {
      node.failures++;
      node.others?.asked(contact, now);
      if (this.#isForgettable(node, now)) this.#roster.forget(node);
      else this.#roster.queue(node, this.hasFreshAddress(node) ? Math.min(dueAt, now + freshAddressMs) : dueAt);
      return;
    }
    this.#answered(node, contact, now);
    this.#roster.queue(node, dueAt);
  }

  /** Sizes of what is held back from sources without credit, for tests of the bounds. */
  get held(): { readonly sources: number; readonly most: number } {
    return { sources: this.#held.sources, most: this.#held.most };
  }

  #visit(node: FrontierNode): FrontierNode {
    this.#recalled.delete(node);
    node.visiting = true;
    this.#visiting++;
    return node;
  }

  #answered(node: FrontierNode, contact: NodeContact, now: number): void {
    this.#reward(node, now);
    this.#roster.readdress(node, contact, true);
    node.lastAliveAt = now;
    node.failures = 0;
  }

  /** The source that named it first was right: what was held back from it is now accepted. */
  #reward(node: FrontierNode, now: number): void {
    const source = node.namedBy;
    if (source === null) return;
    node.namedBy = null;
    this.#credit.earn(source);
    for (const contact of this.#held.take(source)) this.offer(contact, source, now, now);
  }

  #refused(idKey: string, contact: NodeContact, source: string | null): OfferCode | null {
    if (this.#ownIds.has(idKey)) return 'self';
    if (!this.#policy.allows(contact.ip)) return 'addressRefused';
    if (source !== null && !this.#policy.allowsRelay(source, contact.ip)) return 'addressRefused';
    return contact.udp < minPort || contact.udp > 65_535 ? 'portRefused' : null;
  }

  #offerKnown(known: FrontierNode, contact: NodeContact, source: string | null, now: number): OfferCode {
    if (known.ip === contact.ip && known.udp === contact.udp) {
      if (known.tcp === 0 && !known.proven) known.tcp = contact.tcp;
      return 'known';
    }
    if ((known.proven && known.failures === 0) || known.others?.has(contact) === true) return 'known';
    known.others ??= new OtherAddresses(known.failures > 0 ? now : null);
    if (!known.others.hasRoom) return 'known';
    if (source !== null && !this.#credit.spend(source)) return 'unearned';
    known.others.add(contact);
    if (known.failures > 0 && !known.visiting && known.dueAt > now + freshAddressMs)
      this.#roster.queue(known, now + freshAddressMs);
    return 'alternate';
  }

  #isForgettable(node: FrontierNode, now: number): boolean {
    if (node.met || node.given || node.failures < 3) return false;
    return now - Math.max(node.mentionedAt, node.firstSeenAt) > forgetMs;
  }
}

/** A mention, by a node or by a list, refreshes a node's `last seen` at most this often. */
export const mentionMs = 10 * 60_000;
