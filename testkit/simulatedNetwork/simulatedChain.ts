import type { ConsensusKind } from '../../chains/networks/networkFile.ts';
import { toSeconds } from '../../lib/time.ts';
import { equalBytes } from '../../p2p/wire/bytes.ts';
import type { GetBlockHeaders } from '../../p2p/wire/ethMessages.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { encodeSimulatedHeader, hashSimulatedHeader, type SimulatedHeader } from './simulatedHeader.ts';

export interface ChainPlan {
  readonly seed: number;
  readonly slug: string;
  readonly consensus: ConsensusKind;
  /** The lowest header there is; 0 = its genesis. Below it the chain is not worked out. */
  readonly first: bigint;
  /** Its head when the run starts, `startedAt` ms since the epoch. */
  readonly head: bigint;
  readonly startedAt: number;
  readonly blockMs: number;
  /** Clients of the block makers, as in extraData. */
  readonly makers: readonly string[];
  /** Height from which each branch beside the main one holds blocks of its own. */
  readonly branches: readonly bigint[];
}

/** A node's view of the chain: its branch (0 = the main one), its set of committed seals, and its head. */
export interface ChainView {
  readonly branch: number;
  readonly seals: number;
  readonly head: bigint;
}

/** geth answers with no more headers at once. */
const maxHeadersServed = 1_024;
/** Time of every genesis, seconds: it must not depend on when the chain is run. */
export const simulatedGenesisTime = 1_700_000_000n;
const hashBytes = 32;

/**
 * One chain for all nodes that hold it: only hashes are kept, 32 bytes a block, headers are made anew when asked for.
 * The same for the same seed and start.
 */
export class SimulatedChain {
  readonly plan: ChainPlan;
  /** A column of hashes for each branch, from its first own height on. BOUNDED: by the chain's length. */
  readonly #columns: { readonly from: bigint; bytes: Uint8Array; length: number }[];

  constructor(plan: ChainPlan) {
    this.plan = plan;
    const starts = [plan.first, ...plan.branches.map((from) => (from > plan.first ? from : plan.first + 1n))];
    this.#columns = starts.map((from) => ({ from, bytes: new Uint8Array(64 * hashBytes), length: 0 }));
  }

  /** Height of the head at `now` (ms). */
  headAt(now: number): bigint {
    const { head, startedAt, blockMs } = this.plan;
    return head + BigInt(Math.max(0, Math.floor((now - startedAt) / blockMs)));
  }

  /** When a block is made, seconds since the epoch. */
  timeOf(height: bigint): bigint {
    return height === 0n ? simulatedGenesisTime : toSeconds(this.madeAt(height));
  }

  /** The first block that is made at that time (seconds) or later. */
  firstFrom(time: bigint): bigint {
    const { head, startedAt, blockMs } = this.plan;
    const guess = head + BigInt(Math.floor((Number(time) * 1_000 - startedAt) / blockMs)) - 1n;
    let height = guess > 1n ? guess : 1n;
    while (this.timeOf(height) < time) height += 1n;
    return height;
  }

  /** When a block is made, ms since the epoch. */
  madeAt(height: bigint): number {
    const { head, startedAt, blockMs } = this.plan;
    return startedAt + Number(height - head) * blockMs;
  }

  /** Hash of a block by the chain's rule. Throws RangeError below the first one. */
  hashOf(branch: number, height: bigint): Uint8Array {
    const column = this.#columnOf(branch, height);
    const place = Number(height - column.from);
    while (column.length <= place) {
      const next = column.from + BigInt(column.length);
      if (column.bytes.length < (column.length + 1) * hashBytes) {
        const longer = new Uint8Array(2 * column.bytes.length);
        longer.set(column.bytes);
        column.bytes = longer;
      }
      column.bytes.set(hashSimulatedHeader(this.#describe(branch, next)), column.length * hashBytes);
      column.length += 1;
    }
    return column.bytes.slice(place * hashBytes, (place + 1) * hashBytes);
  }

  /** RLP of a block's header. Throws RangeError below the first one. */
  headerOf(branch: number, height: bigint, seals: number): Uint8Array {
    return encodeSimulatedHeader(this.#describe(branch, height), seals);
  }

  /** What a node with this view answers to GetBlockHeaders. */
  find({ branch, seals, head }: ChainView, request: GetBlockHeaders): Uint8Array[] {
    const start = typeof request.start === 'bigint' ? request.start : this.#heightOf(branch, head, request.start);
    if (start === null) return [];
    const step = BigInt(request.skip) + 1n;
    const found: Uint8Array[] = [];
    const most = Math.min(request.amount, maxHeadersServed);
    for (let height = start; found.length < most; height += request.reverse ? -step : step) {
      if (height < this.plan.first || height > head) break;
      found.push(this.headerOf(branch, height, seals));
    }
    return found;
  }

  #heightOf(branch: number, head: bigint, hash: Uint8Array): bigint | null {
    for (let height = head; height >= this.plan.first; height--) {
      if (equalBytes(this.hashOf(branch, height), hash)) return height;
    }
    return null;
  }

  #describe(branch: number, height: bigint): SimulatedHeader {
    const { seed, slug, consensus, first, makers } = this.plan;
    const column = this.#columnOf(branch, height);
    const own = this.#columns.indexOf(column);
    const salt = `${seed} ${slug} ${own} ${height}`;
    // The maker changes from block to block, with a very long period.
    const maker = height === 0n ? '' : makers[Number((height * 7n + height / 5n) % BigInt(makers.length || 1))];
    return {
      consensus,
      salt,
      parentHash: height > first ? this.#parentOf(own, height) : rootOf(height, salt),
      number: height,
      timestamp: this.timeOf(height),
      vanity: maker ?? '',
    };
  }

  #parentOf(branch: number, height: bigint): Uint8Array {
    const column = this.#columns[branch];
    // The block before the one that is being hashed stands in the column already: no recursion along the chain.
    return this.hashOf(column !== undefined && height > column.from ? branch : 0, height - 1n);
  }

  #columnOf(branch: number, height: bigint) {
    const [main] = this.#columns;
    const own = this.#columns[branch];
    if (main === undefined || own === undefined || height < main.from) throw new RangeError(`no block ${height}`);
    return height >= own.from ? own : main;
  }
}

/** The genesis has no parent; that of any other first block is not known. */
function rootOf(height: bigint, salt: string): Uint8Array {
  return height === 0n ? new Uint8Array(hashBytes) : keccak256(new TextEncoder().encode(salt));
}
