import { readSealers } from '../ask/parseSealers.ts';
import type { RpcClient } from '../ask/rpcClient.ts';
import { readBlockTime, readSealRound } from '../ask/sealRound.ts';
import { type BlockRule, type BlockTime, learnBlockRule } from '../judge/blockRule.ts';
import { judgeSealers, newestHead, type SealersVerdict } from '../judge/judgeSealers.ts';
import type { NodeTally } from '../judge/tallyRound.ts';

/** Pause between two looks: a set of validators changes slowly. */
const lookMs = 15_000;
/** Headers read per look, and kept to learn by which rule the chain makes blocks. One with a block a second makes 15 between two looks. */
const headersPerLook = 64;
/** A head this far below an earlier one means a restarted chain; a smaller step back is a node that lags. */
const restartBlocks = 64;

/** What a look at the sealers found. */
export interface SealersLook {
  /** Null if the nodes use Raft, or no node has reported yet. */
  readonly verdict: SealersVerdict | null;
  /** Round changes of the blocks that are new since the look before. */
  readonly roundChanges: number;
}

/** Follows who seals if nodes answer but do not know Raft: they may use another consensus of consortium chains. */
export class SealersWatch {
  readonly #clients: readonly RpcClient[];
  /** Set by the operator; null = learned from headers. */
  readonly #emptyBlockMs: BlockRule['emptyMs'];
  // BOUNDED: by headersPerLook.
  #blocks: readonly BlockTime[] = [];
  #waitingSince: number | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  #verdict: SealersVerdict | null = null;
  #head: { readonly number: number; readonly since: number } | null = null;
  #roundsReadTo: number | null = null;

  constructor(clients: readonly RpcClient[], emptyBlockMs: BlockRule['emptyMs'] = null) {
    this.#clients = clients;
    this.#emptyBlockMs = emptyBlockMs;
  }

  async look({
    nodes,
    t,
  }: {
    readonly t: number;
    readonly nodes: readonly Pick<NodeTally, 'node' | 'result'>[];
  }): Promise<SealersLook> {
    const quiet = { verdict: null, roundChanges: 0 };
    if (nodes.some(({ result }) => result === 'ok')) {
      this.#verdict = null;
      return quiet;
    }
    const names = new Set(nodes.flatMap(({ node, result }) => (result === 'notRaft' ? [node] : [])));
    // If all are silent, their kind does not change.
    if (names.size === 0 || t - this.#askedAt < lookMs) return { ...quiet, verdict: this.#verdict };
    this.#askedAt = t;
    const asked = this.#clients.filter(({ endpoint }) => names.has(endpoint.name));
    const readings = (await Promise.all(asked.map(readSealers))).flatMap((reading) => (reading ? [reading] : []));
    const head = newestHead(readings);
    if (head !== null && (this.#head === null || isNews(head, this.#head.number))) {
      this.#head = { number: head, since: t };
      this.#waitingSince = null;
    }
    if (!readings.some(({ pending }) => (pending ?? 0) > 0)) this.#waitingSince = null;
    else this.#waitingSince ??= t;
    const best = readings.find((reading) => reading.head === head)?.node;
    const rounds = await this.#readRounds(asked.find(({ endpoint }) => endpoint.name === best) ?? null, head);
    const stillMs = this.#head === null ? 0 : t - this.#head.since;
    const waitingMs = this.#waitingSince === null ? 0 : t - this.#waitingSince;
    const learned = learnBlockRule(this.#blocks);
    const rule = { ...learned, emptyMs: this.#emptyBlockMs ?? learned.emptyMs };
    const round = rounds.newest ?? this.#verdict?.round ?? null;
    this.#verdict = judgeSealers(readings, { stillMs, waitingMs, round, rule });
    return { verdict: this.#verdict, roundChanges: rounds.changes };
  }

  /** Reads new headers, at most the newest `headersPerLook`. */
  async #readRounds(
    client: RpcClient | null,
    head: number | null,
  ): Promise<{ readonly changes: number; readonly newest: number | null }> {
    const nothing = { changes: 0, newest: null };
    const readTo = this.#roundsReadTo;
    if (client === null || head === null || (readTo !== null && !isNews(head, readTo))) return nothing;
    const known = readTo !== null && readTo > head ? null : readTo;
    const first = Math.max(known === null ? 0 : known + 1, head - headersPerLook + 1);
    const answers = await client.ask(
      Array.from({ length: head - first + 1 }, (_, index) => ({
        method: 'eth_getBlockByNumber' as const,
        params: [`0x${(first + index).toString(16)}`, false],
      })),
    );
    if (!answers.some((answer) => 'result' in answer)) return nothing;
    this.#roundsReadTo = head;
    const times = answers.flatMap((answer) => ('result' in answer ? (readBlockTime(answer.result) ?? []) : []));
    this.#blocks = [...(known === null ? [] : this.#blocks), ...times].slice(-headersPerLook);
    const rounds = answers.flatMap((answer) => {
      const read = 'result' in answer ? readSealRound(answer.result) : null;
      return read === null ? [] : [read.round];
    });
    // The first look shows where the chain is, not what has happened since.
    const changes = known === null ? 0 : rounds.reduce((sum, round) => sum + round, 0);
    return { changes, newest: rounds.at(-1) ?? null };
  }
}

function isNews(head: number, known: number): boolean {
  return head > known || known - head > restartBlocks;
}
