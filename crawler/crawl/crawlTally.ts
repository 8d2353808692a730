import { BoundedMap } from '../../lib/boundedMap.ts';
import { toIso } from '../../lib/time.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { type BootnodeTally, noBootnodes } from './bootnodes.ts';
import type { OfferCode } from './offerCodes.ts';
import { type VisitCode, type VisitRecord, type VisitStage, visitStages } from './visit.ts';

/** What a run found, in numbers: each group counts nodes (IDs), not visits. */
export interface CrawlSummary {
  readonly startedAt: string;
  readonly tookSeconds: number;
  /** IDs that were named, including our bootnodes. */
  readonly seen: number;
  readonly alive: number;
  readonly reachable: number;
  readonly identified: number;
  /** Reachable, but refused before naming its client. */
  readonly clientUnknown: number;
  /** Dialled us; none of our own attempts succeeded. */
  readonly inboundOnly: number;
  readonly visits: number;
  readonly bootnodes: BootnodeTally;
  readonly networks: Readonly<Record<string, number>>;
  readonly clients: Readonly<Record<string, number>>;
  readonly forkIds: Readonly<Record<string, number>>;
  readonly forkClasses: Readonly<Record<string, number>>;
  readonly codes: Readonly<Record<string, number>>;
  readonly named: Readonly<Record<string, number>>;
}

const maxKeys = 500;

interface NodeFacts {
  /** It answered a PING. */
  alive: boolean;
  /** How far we got with it; what it proved by dialling us is counted separately. */
  outbound: VisitStage;
  inbound: VisitStage;
  code: VisitCode;
  network: string | null;
  client: string | null;
  forkId: string | null;
  forkClass: string | null;
}

/** Counts one run. As in the database, learned facts stay: a failure never erases a client. */
export class CrawlTally {
  /** BOUNDED: by the frontier's limit; one entry per visited node. */
  readonly #nodes = new Map<string, NodeFacts>();
  readonly #named = new Map<OfferCode, number>();
  readonly #texts = new SharedTexts();
  readonly #startedAt: number;
  readonly #bootnodes: () => BootnodeTally;
  #visits = 0;

  constructor(startedAt: number, bootnodes: () => BootnodeTally = () => noBootnodes) {
    this.#startedAt = startedAt;
    this.#bootnodes = bootnodes;
  }

  get visits(): number {
    return this.#visits;
  }

  named(code: OfferCode): void {
    this.#named.set(code, (this.#named.get(code) ?? 0) + 1);
  }

  visited(idKey: string, record: VisitRecord): void {
    this.#visits++;
    const { outcome } = record;
    const facts = this.#nodes.get(idKey);
    const forkId = record.forkId === null ? null : forkText(record.forkId.hash, record.forkId.next);
    this.#nodes.set(idKey, {
      alive: (outcome.direction === 'outbound' && outcome.pong !== null) || (facts?.alive ?? false),
      outbound: later(facts?.outbound ?? 'none', outcome.direction === 'outbound' ? outcome.stage : 'none'),
      inbound: later(facts?.inbound ?? 'none', outcome.direction === 'inbound' ? outcome.stage : 'none'),
      code: outcome.code,
      network: record.network ? networkKey(record) : (facts?.network ?? null),
      client: this.#texts.shared(record.client?.name ?? facts?.client ?? null),
      forkId: this.#texts.shared(forkId ?? facts?.forkId ?? null),
      forkClass: record.forkClass ?? facts?.forkClass ?? null,
    });
  }

  /** The frontier has forgotten it. */
  forget(idKey: string): void {
    this.#nodes.delete(idKey);
  }

  /** The current counts. `seen` = size of the frontier. */
  summary(now: number, seen: number): CrawlSummary {
    const nodes = [...this.#nodes.values()];
    const count = (wanted: (node: NodeFacts) => boolean): number => nodes.filter(wanted).length;
    const isReachable = (node: NodeFacts): boolean => reached(node.outbound, 'auth');
    return {
      startedAt: toIso(this.#startedAt),
      tookSeconds: (now - this.#startedAt) / 1_000,
      seen,
      alive: count((node) => node.alive),
      reachable: count(isReachable),
      identified: count((node) => reached(later(node.outbound, node.inbound), 'hello')),
      clientUnknown: count((node) => isReachable(node) && node.client === null),
      inboundOnly: count((node) => reached(node.inbound, 'auth') && !isReachable(node)),
      visits: this.#visits,
      bootnodes: this.#bootnodes(),
      networks: tally(nodes.map((node) => node.network)),
      clients: tally(nodes.map((node) => node.client)),
      forkIds: tally(nodes.map((node) => node.forkId)),
      forkClasses: tally(nodes.map((node) => node.forkClass)),
      codes: tally(nodes.map((node) => node.code)),
      named: Object.fromEntries(this.#named),
    };
  }
}

/** One copy of a text that thousands of nodes share; their own copies are slices of what they sent. */
class SharedTexts {
  readonly #texts = new BoundedMap<string, string>(maxSharedTexts);

  shared(text: string | null): string | null {
    if (text === null) return null;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    // A slice of a text keeps the whole text alive.
    const copy = Buffer.from(text).toString();
    this.#texts.set(copy, copy);
    return copy;
  }
}

const maxSharedTexts = 4_096;

function networkKey({ network, crawler }: VisitRecord): string {
  if (crawler) return 'crawler';
  return network?.slug ?? (network?.ambiguous ? 'ambiguous' : 'other');
}

function reached(stage: VisitStage, wanted: VisitStage): boolean {
  return visitStages.indexOf(stage) >= visitStages.indexOf(wanted);
}

function later(a: VisitStage, b: VisitStage): VisitStage {
  return reached(a, b) ? a : b;
}

function forkText(hash: Uint8Array, next: bigint): string {
  return `${bytesToHex(hash)}/${next}`;
}

/** Most frequent first; the rest beyond maxKeys is summed as `other`. */
function tally(values: readonly (string | null)[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const rest = sorted.slice(maxKeys).reduce((sum, [, count]) => sum + count, 0);
  return Object.fromEntries(rest > 0 ? [...sorted.slice(0, maxKeys), ['other', rest]] : sorted);
}
