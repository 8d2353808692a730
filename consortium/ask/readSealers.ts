import type { Curve } from '../../p2p/wire/secp256k1.ts';
import { isRecord, parseQuantity, type RawAnswer } from './parseNode.ts';
import type { RpcCall, RpcClient } from './rpcClient.ts';
import { readSealedHeader, type SealedHeader } from './sealedHeader.ts';

const sealerConsensus = ['ibft', 'qbft', 'clique'] as const;
export type SealerConsensus = (typeof sealerConsensus)[number];

/** What one endpoint said of its chain in one round. Addresses are 20 bytes in lower-case hex without 0x. */
export interface SealerReading {
  readonly node: string;
  /** By its newest header, else by the methods it knows; null if neither shows it. */
  readonly consensus: SealerConsensus | null;
  readonly head: SealedHeader | null;
  /** Transactions that wait; null if it cannot say. */
  readonly pending: number | null;
  /** What changes seldom and is asked for seldom; null in other rounds. */
  readonly slow: SlowReading | null;
}

export interface SlowReading {
  /** The set at its head; null when it did not say. */
  readonly set: readonly string[] | null;
  /** Votes that the chain has counted and that have not carried yet; null when it did not say. */
  readonly votes: readonly CountedVote[] | null;
  /** Whom the node votes on when it is its turn: true to add. */
  readonly proposals: ReadonlyMap<string, boolean>;
  /** Addresses that the node may be sealing with. */
  readonly selves: readonly string[];
  /** Blocks sealed by each address in the last `blocks`, for chains whose headers do not show it; null when it did not say. */
  readonly counts: { readonly sealed: ReadonlyMap<string, number>; readonly blocks: number } | null;
}

export interface CountedVote {
  readonly voter: string;
  readonly candidate: string;
  readonly add: boolean;
}

/** Far above any real set; bounds the work on one answer. */
const maxSealers = 512;

interface Dialect {
  readonly consensus: SealerConsensus;
  readonly set: RpcCall;
  readonly counts: RpcCall;
  readonly proposals: RpcCall;
  readonly snapshot: RpcCall | null;
  readonly isBesu: boolean;
}

/** Besu, GoQuorum and geth each have their own methods. The client leaves out what a node does not know. */
const dialects: readonly Dialect[] = [
  {
    consensus: 'qbft',
    set: { method: 'qbft_getValidatorsByBlockNumber', params: ['latest'] },
    counts: { method: 'qbft_getSignerMetrics' },
    proposals: { method: 'qbft_getPendingVotes' },
    snapshot: null,
    isBesu: true,
  },
  {
    consensus: 'ibft',
    set: { method: 'ibft_getValidatorsByBlockNumber', params: ['latest'] },
    counts: { method: 'ibft_getSignerMetrics' },
    proposals: { method: 'ibft_getPendingVotes' },
    snapshot: null,
    isBesu: true,
  },
  {
    consensus: 'ibft',
    set: { method: 'istanbul_getValidators' },
    counts: { method: 'istanbul_status' },
    proposals: { method: 'istanbul_candidates' },
    snapshot: { method: 'istanbul_getSnapshot' },
    isBesu: false,
  },
  {
    consensus: 'clique',
    set: { method: 'clique_getSigners' },
    counts: { method: 'clique_status' },
    proposals: { method: 'clique_proposals' },
    snapshot: { method: 'clique_getSnapshot' },
    isBesu: false,
  },
  {
    consensus: 'clique',
    set: { method: 'clique_getSigners' },
    counts: { method: 'clique_getSignerMetrics' },
    proposals: { method: 'clique_proposals' },
    snapshot: null,
    isBesu: true,
  },
];

const headCall: RpcCall = { method: 'eth_getBlockByNumber', params: ['latest', false] };
const poolCall: RpcCall = { method: 'txpool_status' };
/** Tells Besu's Clique, until 25.x, from geth's: both have clique_getSigners. */
const versionCall: RpcCall = { method: 'web3_clientVersion' };
/** Besu's own; it had no txpool_status for long. */
const besuPoolCall: RpcCall = { method: 'txpool_besuStatistics' };
/** geth and GoQuorum fill the block that they would seal next. Besu answers with the newest one, so it is not asked. */
const pendingBlockCall: RpcCall = { method: 'eth_getBlockTransactionCountByNumber', params: ['pending'] };
const selfCalls: readonly RpcCall[] = [{ method: 'admin_nodeInfo' }, { method: 'eth_coinbase' }];

/** What a node turned out to speak, so that only that is asked from then on. */
export interface SealerDialect {
  readonly index: number;
  readonly pool: RpcCall | null;
}

export interface AskedSealers {
  readonly reading: SealerReading | null;
  /** Null while nothing is known. */
  readonly dialect: SealerDialect | null;
}

/** What to ask for besides the newest block and what waits. */
export interface SealerQuestions {
  /** Who should seal, and who is voted on. */
  readonly set: boolean;
  /** Who the node is: some cannot say, and log that. */
  readonly self: boolean;
  /** Who sealed how much: only where headers do not show it. */
  readonly counts: boolean;
}

/**
 * Asks a node for its newest block, what waits, and what the questions say. The reading is null when it gave no block.
 * @param toAddress of a public key
 */
export async function readSealers(
  client: RpcClient,
  before: SealerDialect | null,
  questions: SealerQuestions,
  curve: Pick<Curve, 'recover'>,
  toAddress: (publicKey: Uint8Array) => string,
): Promise<AskedSealers> {
  const spoken = before === null ? dialects : dialects.slice(before.index, before.index + 1);
  const pools = before === null ? [poolCall] : before.pool === null ? [] : [before.pool];
  const calls = [headCall, ...pools, ...spoken.flatMap((each) => callsOf(each, questions))];
  if (questions.self) calls.push(...selfCalls);
  if (before === null) calls.push(versionCall);
  const answers = await client.ask(calls);
  const resultOf = (call: RpcCall | null): unknown => {
    const answer = call === null ? undefined : answers[calls.indexOf(call)];
    return answer !== undefined && 'result' in answer ? answer.result : undefined;
  };
  const head = readSealedHeader(resultOf(headCall), curve);
  const version = resultOf(versionCall);
  const saysBesu = typeof version === 'string' && /^besu\//i.test(version);
  const known = spoken.filter((each) => parseSet(resultOf(each.set)) !== null);
  const chosen = known.find((each) => each.isBesu === saysBesu) ?? known[0];
  const dialect = chosen ?? (before === null ? undefined : spoken[0]);
  const isBesu = saysBesu || dialect?.isBesu === true;
  let pool = before?.pool ?? null;
  let pending = parsePending(resultOf(pools[0] ?? null));
  if (before === null && pending === null) {
    const others = isBesu ? [besuPoolCall] : [besuPoolCall, pendingBlockCall];
    const waiting = (await client.ask(others)).map((answer) =>
      'result' in answer ? parsePending(answer.result) : null,
    );
    const index = waiting.findIndex((count) => count !== null);
    pool = others[index] ?? null;
    pending = waiting[index] ?? null;
  } else if (before === null) pool = poolCall;
  return {
    reading:
      head === null
        ? null
        : {
            node: client.endpoint.name,
            consensus: consensusOf(head) ?? dialect?.consensus ?? null,
            head,
            pending,
            slow: questions.set ? readSlow(dialect, head.number, resultOf, toAddress) : null,
          },
    dialect: dialect === undefined ? before : { index: dialects.indexOf(dialect), pool },
  };
}

function callsOf({ set, counts, proposals, snapshot }: Dialect, questions: SealerQuestions): readonly RpcCall[] {
  const slow = questions.set ? [set, proposals, ...(snapshot === null ? [] : [snapshot])] : [];
  return questions.counts ? [...slow, counts] : slow;
}

/** GoQuorum uses istanbul_ methods for IBFT and QBFT; the newest header shows which it is. */
function consensusOf({ kind }: SealedHeader): SealerConsensus | null {
  return kind === 'ibft2' ? 'ibft' : kind;
}

function readSlow(
  dialect: Dialect | undefined,
  head: number,
  resultOf: (call: RpcCall | null) => unknown,
  toAddress: (publicKey: Uint8Array) => string,
): SlowReading {
  return {
    set: parseSet(resultOf(dialect?.set ?? null)),
    votes: parseVotes(resultOf(dialect?.snapshot ?? null)),
    proposals: parseProposals(resultOf(dialect?.proposals ?? null)),
    selves: selfCalls.flatMap((call) => parseSelf(resultOf(call), toAddress) ?? []),
    counts: parseCounts(resultOf(dialect?.counts ?? null), head),
  };
}

/** Of txpool_status, of Besu's statistics, or the number of transactions in the pending block. */
export function parsePending(value: unknown): number | null {
  if (!isRecord(value)) return parseQuantity(value);
  const pending = parseQuantity(value.pending);
  const [local, remote] = [parseQuantity(value.localCount), parseQuantity(value.remoteCount)];
  return pending ?? (local === null || remote === null ? null : local + remote);
}

/** An entry that cannot be read takes no other with it. */
export function parseSet(value: unknown): readonly string[] | null {
  if (!Array.isArray(value) || value.length > maxSealers) return null;
  const addresses = value.flatMap((item) => parseAddress(item) ?? []);
  return addresses.length > 0 || value.length === 0 ? [...new Set(addresses)].sort() : null;
}

/** Of `istanbul_getSnapshot` and `clique_getSnapshot`: both list their votes, under two names. */
export function parseVotes(value: unknown): readonly CountedVote[] | null {
  if (!isRecord(value)) return null;
  const { votes } = value;
  if (votes === null || votes === undefined) return [];
  if (!Array.isArray(votes) || votes.length > maxSealers) return null;
  return votes.flatMap((item): readonly CountedVote[] => {
    if (!isRecord(item) || typeof item.authorize !== 'boolean') return [];
    const voter = parseAddress(item.validator ?? item.signer);
    const candidate = parseAddress(item.address);
    return voter === null || candidate === null ? [] : [{ voter, candidate, add: item.authorize }];
  });
}

/** `{address: true to add}` of istanbul_candidates, clique_proposals and *_getPendingVotes. */
export function parseProposals(value: unknown): ReadonlyMap<string, boolean> {
  if (!isRecord(value)) return new Map();
  return new Map(
    Object.entries(value)
      .slice(0, maxSealers)
      .flatMap(([key, add]) => {
        const address = parseAddress(key);
        return address === null || typeof add !== 'boolean' ? [] : [[address, add] as const];
      }),
  );
}

function parseSelf(value: unknown, toAddress: (publicKey: Uint8Array) => string): string | null {
  if (!isRecord(value)) return parseAddress(value);
  const id = typeof value.enode === 'string' ? /^enode:\/\/([0-9a-f]{128})@/i.exec(value.enode)?.[1] : undefined;
  return id === undefined ? null : toAddress(Uint8Array.from(Buffer.from(id, 'hex')));
}

/** `{sealerActivity: {address: n}, numBlocks}` of geth and GoQuorum, or Besu's `[{address, proposedBlockCount}]`. */
export function parseCounts(value: unknown, head: number | null): SlowReading['counts'] {
  if (Array.isArray(value)) {
    if (value.length > maxSealers) return null;
    const sealed = toMap(
      value.map((item) => (isRecord(item) ? toEntry(item.address, parseQuantity(item.proposedBlockCount)) : null)),
    );
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

/** Headers of the given blocks up to the first that was not given, in ascending order. */
export async function readHeaders(
  client: RpcClient,
  numbers: readonly number[],
  curve: Pick<Curve, 'recover'>,
): Promise<readonly SealedHeader[]> {
  const answers: readonly RawAnswer[] = await client.ask(
    numbers.map((number) => ({ method: 'eth_getBlockByNumber', params: [`0x${number.toString(16)}`, false] })),
  );
  const headers: SealedHeader[] = [];
  for (const [index, answer] of answers.entries()) {
    const header = 'result' in answer ? readSealedHeader(answer.result, curve) : null;
    if (header === null || header.number !== numbers[index]) break;
    headers.push(header);
  }
  return headers;
}
