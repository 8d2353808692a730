import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import { readHeaders, readSealers, type SealerDialect, type SealerReading } from '../ask/readSealers.ts';
import { kindOf, type NodeResult } from '../ask/round.ts';
import type { RpcClient } from '../ask/rpcClient.ts';
import type { SealedHeader } from '../ask/sealedHeader.ts';
import { judgeSealers, type SealersConfig } from '../judge/judgeSealers.ts';
import { maxBlocks, type SealerBook } from '../judge/sealerBook.ts';
import type { SealerEvent } from '../judge/sealerEvent.ts';
import type { SealersVerdict } from '../judge/sealersVerdict.ts';

/** Pause between two questions for the set and the votes: they change slowly. */
const slowMs = 15_000;
/** A node that cannot say who it is logs that it was asked. */
const selfMs = 3_600_000;
/** Least number of newest blocks read at first. */
const firstBlocks = 64;
/** Headers of a large set are large: so many fit into one answer. */
const headersPerAnswer = { small: 16, large: 4, largeSet: 100 };

/** What a look at the sealers found. */
export interface SealersLookReport {
  /** Null if the nodes use Raft, or no node has shown that its chain has sealers. */
  readonly verdict: SealersVerdict | null;
  readonly events: readonly SealerEvent[];
  /** Round changes of the blocks that are new since the look before. */
  readonly roundChanges: number;
}

/** Follows who seals if nodes answer but do not know Raft: they may use another consensus of consortium chains. */
export class SealersWatch {
  readonly #clients: readonly RpcClient[];
  readonly #config: SealersConfig;
  readonly #curve: Pick<Curve, 'recover'>;
  // BOUNDED: by the endpoints
  readonly #dialects = new Map<string, SealerDialect>();
  // BOUNDED: by the endpoints
  readonly #selfAskedAt = new Map<string, number>();
  #slowAt = Number.NEGATIVE_INFINITY;
  #book: SealerBook | null = null;

  constructor(clients: readonly RpcClient[], config: SealersConfig, curve: Pick<Curve, 'recover'>) {
    this.#clients = clients;
    this.#config = config;
    this.#curve = curve;
  }

  /** What a restarted watcher goes on from; null for Raft. */
  get book(): SealerBook | null {
    return this.#book;
  }

  /** Continues from what was stored. */
  resume(book: SealerBook | null): void {
    this.#book = book;
  }

  async look(tally: {
    readonly t: number;
    readonly nodes: readonly { readonly node: string; readonly result: NodeResult }[];
  }): Promise<SealersLookReport> {
    const { t, nodes } = tally;
    // Where one node does not know Raft, methods of Raft that hang at another are no sign of it.
    const isSealed = nodes.some(({ result }) => result === 'notRaft');
    if (nodes.some(({ result }) => result === 'ok' || result === 'removed' || (result === 'raftHangs' && !isSealed))) {
      this.#book = null;
      return { verdict: null, events: [], roundChanges: 0 };
    }
    const names = new Set(nodes.flatMap(({ node, result }) => (result === 'notRaft' ? [node] : [])));
    if (names.size === 0 && this.#book === null) return { verdict: null, events: [], roundChanges: 0 };
    const readings = await this.#ask(names, t);
    const headers = await this.#readNew(readings);
    const kinds = nodes.map(({ node, result }) => ({ node, kind: kindOf(result) }));
    const judged = judgeSealers(this.#book, { t, nodes: kinds, readings, headers }, this.#config);
    if (judged === null) return { verdict: null, events: [], roundChanges: 0 };
    this.#book = judged.book;
    return { verdict: judged.verdict, events: judged.events, roundChanges: judged.roundChanges };
  }

  async #ask(names: ReadonlySet<string>, t: number): Promise<readonly SealerReading[]> {
    const set = t - this.#slowAt >= slowMs;
    if (set && names.size > 0) this.#slowAt = t;
    const counts = set && this.#book !== null && !this.#book.blocks.some(({ sealer }) => sealer !== null);
    const readings = await Promise.all(
      this.#clients.map(async (client) => {
        const { name } = client.endpoint;
        if (!names.has(name)) return null;
        const self =
          set && this.#book?.selves[name] === undefined && t - (this.#selfAskedAt.get(name) ?? -selfMs) >= selfMs;
        if (self) this.#selfAskedAt.set(name, t);
        const questions = { set, self, counts };
        const asked = await readSealers(client, this.#dialects.get(name) ?? null, questions, this.#curve, addressOf);
        if (asked.dialect !== null) this.#dialects.set(name, asked.dialect);
        return asked.reading;
      }),
    );
    return readings.flatMap((reading) => reading ?? []);
  }

  /** The blocks that are new since the last look, at most the newest `maxBlocks`, from the node with the newest. */
  async #readNew(readings: readonly SealerReading[]): Promise<readonly SealedHeader[]> {
    const best = readings
      .flatMap(({ node, head, consensus }) => (head === null || consensus === null ? [] : [{ node, head }]))
      .sort((a, b) => b.head.number - a.head.number)[0];
    const client = this.#clients.find(({ endpoint }) => endpoint.name === best?.node);
    if (best === undefined || client === undefined) return [];
    const { head } = best;
    const set = head.set?.length ?? this.#book?.set.length ?? 0;
    const known = this.#book?.blocks.at(-1)?.number ?? null;
    // A head far below is a chain begun anew.
    const isKnown = known !== null && head.number > known - maxBlocks;
    if (isKnown && head.number <= known) return [];
    const wanted = isKnown ? maxBlocks : Math.min(maxBlocks, Math.max(firstBlocks, 3 * set));
    const first = Math.max(0, head.number - wanted + 1, isKnown ? known + 1 : 0);
    const numbers = Array.from({ length: head.number - first }, (_, index) => first + index);
    const size = set > headersPerAnswer.largeSet ? headersPerAnswer.large : headersPerAnswer.small;
    const headers: SealedHeader[] = [];
    for (let from = 0; from < numbers.length; from += size) {
      const part = numbers.slice(from, from + size);
      const read = await readHeaders(client, part, this.#curve);
      headers.push(...read);
      if (read.length < part.length) return headers;
    }
    return [...headers, head];
  }
}

/** Ethereum's address of a public key. */
function addressOf(publicKey: Uint8Array): string {
  return bytesToHex(keccak256(publicKey).subarray(12));
}
