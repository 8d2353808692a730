/**
 * Walks the buckets of one node from the farthest inward. Bucket i holds the nodes whose hash shares the first i bits
 * with the node's own hash and differs in the next. So half of what a node may know is in bucket 0, a quarter in bucket
 * 1, and so on: if an answer brings nothing new, the buckets below are empty too.
 */

/** An answer this short is the whole table: geth, reth and Besu fill a packet of 12 or 13 before leaving anything out. */
const wholeTableBelow = 12;

type WalkStep =
  | { readonly at: 'ask'; readonly prefix16: number; readonly bits: number }
  | { readonly at: 'done'; readonly reason: 'wholeTable' | 'nothingNew' | 'noAnswer' | 'limit' };

export interface WalkState {
  readonly bucket: number;
  readonly queries: number;
  readonly silent: number;
  readonly step: WalkStep;
}

/** `idHash` = keccak-256 of the node's id. Pure. */
export function startWalk(idHash: Uint8Array, maxQueries: number): WalkState {
  return { bucket: 0, queries: 0, silent: 0, step: maxQueries > 0 ? ask(idHash, 0) : { at: 'done', reason: 'limit' } };
}

/**
 * The state after an answer with `named` records, of which `fresh` have an ID that this walk had not seen before; null =
 * no answer. Two silences end the walk. Pure.
 */
export function advanceWalk(
  state: WalkState,
  idHash: Uint8Array,
  answer: { readonly named: number; readonly fresh: number } | null,
  maxQueries: number,
): WalkState {
  const queries = state.queries + 1;
  const silent = answer === null ? state.silent + 1 : state.silent;
  const bucket = state.bucket + 1;
  const end = (reason: 'wholeTable' | 'nothingNew' | 'noAnswer' | 'limit'): WalkState => ({
    bucket,
    queries,
    silent,
    step: { at: 'done', reason },
  });
  if (silent >= 2) return end('noAnswer');
  if (answer !== null && answer.named < wholeTableBelow) return end('wholeTable');
  if (answer !== null && answer.fresh === 0) return end('nothingNew');
  if (queries >= maxQueries || bucket >= 16) return end('limit');
  return { bucket, queries, silent, step: ask(idHash, bucket) };
}

function ask(idHash: Uint8Array, bucket: number): WalkStep {
  const own = ((idHash[0] ?? 0) << 8) | (idHash[1] ?? 0);
  return { at: 'ask', prefix16: own ^ (1 << (15 - bucket)), bits: bucket + 1 };
}
