import type { Random } from '../ports.ts';
import { idHash, type NodeContact } from '../wire/nodeEndpoint.ts';
import type { Discv4Client } from './discv4Client.ts';
import type { Discv4Context } from './discv4Context.ts';
import type { Discv4Outcome, Discv4Output } from './discv4Types.ts';
import { bucketSize } from './kademliaTable.ts';
import { TableLookup } from './tableLookup.ts';

/** Requests of one lookup under way at a time (α in the Kademlia paper). */
const concurrency = 3;
/** Random targets of one refresh, in addition to our own ID. */
const randomTargets = 3;
/** A table that has just got its first node is not refreshed at once: others may be about to fill it. */
const firstRefreshMs = 60_000;

interface Lookup {
  readonly target: Uint8Array;
  readonly search: TableLookup;
}

/**
 * Keeps the routing table valid and filled. Revalidation pings the node with the oldest proof in some bucket. Refresh
 * looks up the nodes nearest to us, which thereby learn about us, and the nodes near random targets, one lookup after
 * the other. Nodes that answer get into the table by their PONG. Sans-IO: time and randomness are passed in.
 */
export class TableUpkeep {
  readonly #context: Discv4Context;
  readonly #client: Discv4Client;
  readonly #random: Random;
  #revalidateAt = 0;
  #refreshAt: number | null = null;
  #lookup: Lookup | null = null;
  // BOUNDED: by randomTargets and our own.
  #targets: Uint8Array[] = [];
  // BOUNDED: by `concurrency`; questions of the lookup by ticket.
  readonly #asked = new Map<number, NodeContact>();
  #closed = false;

  constructor(context: Discv4Context, client: Discv4Client, random: Random) {
    this.#context = context;
    this.#client = client;
    this.#random = random;
  }

  /** Lookups under way and to come. */
  get lookups(): number {
    return this.#targets.length + (this.#lookup === null ? 0 : 1);
  }

  /** When to call `tick` next; null while the table is empty. */
  nextDeadline(): number | null {
    const { limits, table } = this.#context;
    if (table.size === 0) return null;
    const revalidateAt = limits.revalidateMs === null ? Number.POSITIVE_INFINITY : this.#revalidateAt;
    // The table is no longer empty: set the time of its first refresh.
    const refreshAt = limits.refreshMs === null ? Number.POSITIVE_INFINITY : (this.#refreshAt ?? 0);
    const next = Math.min(revalidateAt, refreshAt);
    return next === Number.POSITIVE_INFINITY ? null : next;
  }

  tick(now: number): Discv4Output[] {
    if (this.#context.table.size === 0) return [];
    return [...this.#revalidate(now), ...this.#refresh(now)];
  }

  /** Takes the answers to its own requests out of `outputs`, tells whom they name, and continues asking. */
  settle(outputs: Discv4Output[], now: number): Discv4Output[] {
    if (this.#asked.size === 0) return outputs;
    const rest: Discv4Output[] = [];
    for (const output of outputs) {
      const contact = 'event' in output && output.event === 'answered' ? this.#asked.get(output.ticket) : undefined;
      if (contact === undefined || !('event' in output) || output.event !== 'answered') rest.push(output);
      else rest.push(...this.#answered(output.ticket, contact, output.outcome, now));
    }
    return rest;
  }

  /** Stops asking. */
  close(): void {
    this.#closed = true;
  }

  #revalidate(now: number): Discv4Output[] {
    const { revalidateMs } = this.#context.limits;
    if (revalidateMs === null || now < this.#revalidateAt) return [];
    this.#revalidateAt = now + this.#about(revalidateMs);
    const node = this.#context.table.oldestOfBucket(this.#random.next());
    return node === null || now - node.provenAt < revalidateMs ? [] : this.#client.ping(node, now);
  }

  #refresh(now: number): Discv4Output[] {
    const { refreshMs } = this.#context.limits;
    if (refreshMs === null) return [];
    if (this.#refreshAt === null) {
      this.#refreshAt = now + this.#about(Math.min(firstRefreshMs, refreshMs));
      return [];
    }
    if (now < this.#refreshAt) return [];
    this.#refreshAt = now + this.#about(refreshMs);
    // A lookup that takes this long is not started again.
    if (this.lookups > 0) return [];
    this.#targets = [this.#context.id, ...Array.from({ length: randomTargets }, () => this.#random.bytes(64))];
    return this.#ask(now);
  }

  /** Keeps `concurrency` requests under way, and moves on to the next target when a lookup ends. */
  #ask(now: number): Discv4Output[] {
    const outputs: Discv4Output[] = [];
    while (!this.#closed && this.#asked.size < concurrency) {
      this.#lookup ??= this.#begin();
      if (this.#lookup === null) break;
      const contact = this.#lookup.search.next();
      if (contact !== null) {
        const request = { kind: 'findnode', target: this.#lookup.target } as const;
        const begun = this.#client.request(contact, request, now);
        this.#asked.set(begun.ticket, contact);
        outputs.push(...this.settle(begun.outputs, now));
      } else if (this.#asked.size > 0) break;
      else this.#lookup = null;
    }
    return outputs;
  }

  #begin(): Lookup | null {
    const target = this.#targets.shift();
    if (target === undefined) return null;
    const hash = idHash(target);
    return { target, search: new TableLookup(hash, this.#context.table.closest(hash, bucketSize, 0)) };
  }

  #answered(ticket: number, contact: NodeContact, outcome: Discv4Outcome, now: number): Discv4Output[] {
    this.#asked.delete(ticket);
    if (outcome.code !== 'ok' || outcome.kind !== 'findnode') {
      this.#lookup?.search.silent(contact);
      return this.#ask(now);
    }
    const { neighbours: nodes } = outcome;
    this.#lookup?.search.named(nodes);
    return [{ event: 'named', by: contact, nodes }, ...this.#ask(now)];
  }

  /** Between half and one and a half times as long, so that nodes do not run in step. */
  #about(ms: number): number {
    return ms * (0.5 + this.#random.next());
  }
}
