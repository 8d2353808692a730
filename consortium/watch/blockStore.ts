import type { ChainIdentity } from '../ask/readIdentity.ts';

/** What the judge of chain splits wants to know about a network. */
export interface BlockWant {
  /** Slug of the network. */
  readonly network: string;
  /** Heights at which every node is asked for its block. */
  readonly heights: readonly bigint[];
}

/** What one endpoint reported about its chain. */
export interface BlockReport {
  readonly network: string;
  /** Node ID, 128 lower-case hex digits; `cluster/endpoint` while that is not known. */
  readonly node: string;
  /** `cluster/endpoint`, as the operator names them. */
  readonly endpoint: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly head: bigint;
  /** Hashes in lower-case hex. */
  readonly blocks: readonly { readonly height: bigint; readonly hash: string }[];
}

/** Turns the blocks that endpoints hold into facts for the judge of chain splits. */
export interface BlockStore {
  /** Null if no watched network has that genesis and network ID, or several have. */
  wanted(identity: ChainIdentity): Promise<BlockWant | null>;
  save(reports: readonly BlockReport[]): Promise<void>;
}
