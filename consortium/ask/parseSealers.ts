import { isRecord, parseQuantity, type RawAnswer } from './parseNode.ts';
import type { RpcCall, RpcClient } from './rpcClient.ts';
import type { ReadOnlyMethod } from './rpcMethods.ts';
import { decodeSealRound } from './sealRound.ts';

const sealerConsensus = ['ibft', 'qbft', 'clique'] as const;
export type SealerConsensus = (typeof sealerConsensus)[number];

/** What one node said. */
export interface SealerReading {
  readonly node: string;
  readonly consensus: SealerConsensus;
  /** The set at its head; null when it did not say. */
  readonly expected: readonly string[] | null;
  /** Blocks sealed by each address in the last `blocks`; null when it did not say. */
  readonly sealed: ReadonlyMap<string, number> | null;
  readonly blocks: number;
  readonly head: number | null;
  /** Transactions waiting in its pool. */
  readonly pending: number | null;
}

/** Far above any real set; bounds the work on one answer. */
const maxSealers = 512;

interface Dialect {
  readonly consensus: SealerConsensus;
  readonly set: RpcCall;
  readonly counts: RpcCall;
}

/** GoQuorum, geth and Besu each have their own methods. The first that a node knows is used. */
const dialects: readonly Dialect[] = [
  {
    consensus: 'qbft',
    set: { method: 'qbft_getValidatorsByBlockNumber', params: ['latest'] },
    counts: { method: 'qbft_getSignerMetrics' },
  },
  {
    consensus: 'ibft',
    set: { method: 'ibft_getValidatorsByBlockNumber', params: ['latest'] },
    counts: { method: 'ibft_getSignerMetrics' },
  },
  { consensus: 'ibft', set: { method: 'istanbul_getValidators' }, counts: { method: 'istanbul_status' } },
  { consensus: 'clique', set: { method: 'clique_getSigners' }, counts: { method: 'clique_status' } },
];

/** Everything that readSealers asks, in the order in which parseSealers takes the answers. */
export const sealerCalls: readonly RpcCall[] = [
  ...dialects.flatMap(({ set, counts }) => [set, counts]),
  { method: 'eth_blockNumber' },
  { method: 'txpool_status' },
  { method: 'eth_getBlockByNumber', params: ['latest', false] },
];

/** Asks a node who should seal and who does. Null when it knows none of these consensus kinds, or gave no answer. */
export async function readSealers(client: RpcClient): Promise<SealerReading | null> {
  const answers = await client.ask(sealerCalls);
  const byMethod = new Map(
    sealerCalls.flatMap(({ method }, index) => {
      const answer = answers[index];
      return answer === undefined ? [] : [[method, answer] as const];
    }),
  );
  return parseSealers(client.endpoint.name, byMethod);
}

/** Reads one node's answers. A malformed part is ignored, and so is an entry of a list that cannot be read. */
export function parseSealers(node: string, answers: ReadonlyMap<ReadOnlyMethod, RawAnswer>): SealerReading | null {
  const resultOf = (method: ReadOnlyMethod): unknown => {
    const answer = answers.get(method);
    return answer !== undefined && 'result' in answer ? answer.result : undefined;
  };
  const head = parseQuantity(resultOf('eth_blockNumber'));
  const pool = resultOf('txpool_status');
  const pending = isRecord(pool) ? parseQuantity(pool.pending) : null;
  const newest = resultOf('eth_getBlockByNumber');
  const tellsRound = isRecord(newest) && decodeSealRound(newest.extraData) !== null;
  for (const { consensus, set, counts } of dialects) {
    const expected = parseSet(resultOf(set.method));
    const counted = parseCounts(resultOf(counts.method), head);
    if (expected === null && counted === null) continue;
    return {
      node,
      // GoQuorum uses istanbul_ methods for both; the newest header shows which it is.
      consensus: set.method === 'istanbul_getValidators' && tellsRound ? 'qbft' : consensus,
      expected,
      sealed: counted?.sealed ?? null,
      blocks: counted?.blocks ?? 0,
      head,
      pending,
    };
  }
  return null;
}

function parseSet(value: unknown): readonly string[] | null {
  if (!Array.isArray(value) || value.length > maxSealers) return null;
  const addresses = value.flatMap((item) => parseAddress(item) ?? []);
  return addresses.length > 0 || value.length === 0 ? addresses : null;
}

/** `{sealerActivity: {address: n}, numBlocks}` of geth and GoQuorum, or Besu's `[{address, proposedBlockCount}]`. */
function parseCounts(
  value: unknown,
  head: number | null,
): { readonly sealed: ReadonlyMap<string, number>; readonly blocks: number } | null {
  if (Array.isArray(value)) {
    if (value.length > maxSealers) return null;
    const entries = value.map((item) =>
      isRecord(item) ? toEntry(item.address, parseQuantity(item.proposedBlockCount)) : null,
    );
    const sealed = toMap(entries);
    if (sealed === null) return null;
    // By default Besu counts the last hundred blocks, or as many as there are.
    const sum = [...sealed.values()].reduce((all, count) => all + count, 0);
    return { sealed, blocks: Math.min(sum, head ?? sum) };
  }
  if (!isRecord(value) || !isRecord(value.sealerActivity)) return null;
  const activity = Object.entries(value.sealerActivity);
  const blocks = parseQuantity(value.numBlocks);
  if (activity.length > maxSealers || blocks === null) return null;
  const sealed = toMap(activity.map(([address, count]) => toEntry(address, parseQuantity(count))));
  return sealed === null ? null : { sealed, blocks };
}

type Entry = readonly [string, number];

function toEntry(address: unknown, count: number | null): Entry | null {
  const parsed = parseAddress(address);
  return parsed === null || count === null ? null : [parsed, count];
}

function toMap(entries: readonly (Entry | null)[]): ReadonlyMap<string, number> | null {
  const known = entries.flatMap((entry) => (entry === null ? [] : [entry]));
  return known.length > 0 || entries.length === 0 ? new Map(known) : null;
}

function parseAddress(value: unknown): string | null {
  if (typeof value !== 'string' || value.length !== 42) return null;
  return /^0x([0-9a-f]{40})$/i.exec(value)?.[1]?.toLowerCase() ?? null;
}
