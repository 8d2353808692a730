import type { HeadEstimate } from '../../chains/forks/headSync.ts';
import type { LearnedFork } from '../../chains/forks/learnedForks.ts';
import { type ChainFacts, identifyChain, type NetworkIndex } from '../../chains/networks/chainIdentity.ts';
import type { Network } from '../../chains/networks/networkFile.ts';
import { subnetKey } from '../../lib/ipAddress.ts';
import type { HeaderWant } from '../../p2p/protocol/rlpxOutcome.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { VisitContext } from './judgeVisit.ts';

/** What the judges of forks and splits know about one network; visits are planned and judged by it. */
export interface NetworkView {
  readonly learned: readonly LearnedFork[];
  /** Those of them that enough of the network announces or has passed: its file is older than it. */
  readonly missing: readonly LearnedFork[];
  readonly head: HeadEstimate | null;
  /** When the head was seen past forks by block that were still ahead before, ms. */
  readonly passedAt: ReadonlyMap<bigint, number>;
  /** Heights at which every node of the network is asked for its block. */
  readonly heights: readonly bigint[];
}

/** Heights asked for in one visit, two headers each. */
export const maxHeightsAsked = 24;

const nothing: NetworkView = { learned: [], missing: [], head: null, passedAt: new Map(), heights: [] };

/** Connects the judges, which work on the database, with the visits: judges write views, visits read them. */
export class ForkWatch {
  readonly #index: NetworkIndex;
  readonly #watched: ReadonlySet<string>;
  readonly #isPrivate: boolean;
  /** BOUNDED: by the configured networks. */
  #views: ReadonlyMap<string, NetworkView> = new Map();

  /** `index` holds all known networks, the watched ones among them. */
  constructor(index: NetworkIndex, watched: readonly Network[], isPrivate: boolean) {
    this.#index = index;
    this.#watched = new Set(watched.map(({ slug }) => slug));
    this.#isPrivate = isPrivate;
  }

  get context(): Omit<VisitContext, 'now'> {
    return {
      learned: ({ slug }) => this.#view(slug).learned,
      head: ({ slug }) => this.#view(slug).head,
      passedAt: ({ slug }) => this.#view(slug).passedAt,
      voterOf: (network, contact) => voterOf(contact, this.#isPrivate || network.allowedCidrs.length > 0),
    };
  }

  update(views: ReadonlyMap<string, NetworkView>): void {
    this.#views = views;
  }

  /**
   * Headers to ask a node for, now that its Status is known: its own head, and its block at each height that its
   * network's judge looks at. Of a node that may be on one of several networks only its head; of others nothing.
   */
  wants(status: NonNullable<ChainFacts['status']>, now: number): HeaderWant[] {
    const identity = identifyChain(this.#index, { status, enr: null }, { now, learned: this.context.learned });
    const head: HeaderWant = { by: 'head' };
    if (identity.at === 'ambiguous') return identity.networks.some(({ slug }) => this.#watched.has(slug)) ? [head] : [];
    if (identity.at !== 'on' || !this.#watched.has(identity.network.slug)) return [];
    const heights = this.#view(identity.network.slug).heights.slice(0, maxHeightsAsked);
    return [head, ...heights.map((number): HeaderWant => ({ by: 'number', number, amount: 2 }))];
  }

  #view(slug: string): NetworkView {
    return this.#views.get(slug) ?? nothing;
  }
}

function voterOf({ id, ip }: NodeContact, byId: boolean): string {
  return (byId ? null : subnetKey(ip)) ?? bytesToHex(id);
}
