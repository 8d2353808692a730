import type { HeadEstimate } from '../../chains/forks/headSync.ts';
import type { LearnedFork } from '../../chains/forks/learnedForks.ts';
import type { Network } from '../../chains/networks/networkFile.ts';
import { BoundedMap } from '../../lib/boundedMap.ts';
import { subnetKey } from '../../lib/ipAddress.ts';
import type { HeaderWant } from '../../p2p/protocol/rlpxOutcome.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { VisitContext } from './judgeVisit.ts';
import type { VisitRecord } from './visit.ts';

/** What the judges of forks and splits know about one network; visits are planned and judged by it. */
export interface NetworkView {
  readonly learned: readonly LearnedFork[];
  readonly head: HeadEstimate | null;
  /** Heights at which every node of the network is asked for its block. */
  readonly heights: readonly bigint[];
}

/** Most nodes whose network is remembered for the plan of their next visit. */
const maxRemembered = 200_000;
/** Heights asked for in one visit, two headers each. */
export const maxHeightsAsked = 24;

const nothing: NetworkView = { learned: [], head: null, heights: [] };

/** Connects the judges, which work on the database, with the visits: judges write views, visits read them. */
export class ForkWatch {
  readonly #watched: ReadonlySet<string>;
  /** The network of a node that was never visited, if only one is possible. */
  readonly #only: string | null;
  readonly #isPrivate: boolean;
  /** BOUNDED: by the configured networks. */
  #views: ReadonlyMap<string, NetworkView> = new Map();
  readonly #networkOf = new BoundedMap<string, string>(maxRemembered);

  constructor(watched: readonly Network[], isPrivate: boolean) {
    this.#watched = new Set(watched.map(({ slug }) => slug));
    this.#only = watched.length === 1 ? (watched[0]?.slug ?? null) : null;
    this.#isPrivate = isPrivate;
  }

  get context(): Omit<VisitContext, 'now'> {
    return {
      learned: ({ slug }) => this.#view(slug).learned,
      head: ({ slug }) => this.#view(slug).head,
      voterOf: (network, contact) => voterOf(contact, this.#isPrivate || network.allowedCidrs.length > 0),
    };
  }

  update(views: ReadonlyMap<string, NetworkView>): void {
    this.#views = views;
  }

  visited(idKey: string, { network }: VisitRecord): void {
    if (network === null) return;
    if (network.slug === null) this.#networkOf.delete(idKey);
    else this.#networkOf.set(idKey, network.slug);
  }

  /** Headers to ask a node for: its own head, and its block at each height that its network's judge looks at. */
  wants(idKey: string): HeaderWant[] {
    const slug = this.#networkOf.get(idKey) ?? this.#only;
    if (slug === null || !this.#watched.has(slug)) return [];
    const heights = this.#view(slug).heights.slice(0, maxHeightsAsked);
    return [{ by: 'head' }, ...heights.map((number): HeaderWant => ({ by: 'number', number, amount: 2 }))];
  }

  #view(slug: string): NetworkView {
    return this.#views.get(slug) ?? nothing;
  }
}

function voterOf({ id, ip }: NodeContact, byId: boolean): string {
  return (byId ? null : subnetKey(ip)) ?? bytesToHex(id);
}
