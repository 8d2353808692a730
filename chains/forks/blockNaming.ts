import { type BlockHashRule, blockHash } from '../../p2p/wire/blockHash.ts';
import { decodeHeader } from '../../p2p/wire/blockHeader.ts';
import { bytesToHex, equalBytes } from '../../p2p/wire/bytes.ts';
import { WireError } from '../../p2p/wire/errors.ts';
import type { ConsensusKind } from '../networks/networkFile.ts';

/** What the judge needs from a header that a peer sent. */
export interface HeaderView {
  readonly number: bigint;
  readonly parentHash: Uint8Array;
  /** Its hash by the rule of its chain. */
  readonly hash: Uint8Array;
}

/**
 * Which block a peer has at a height. `named`: hash in lower-case hex. `forged`: its headers contradict each other, so
 * they count for no side. `none`: no evidence.
 */
export type BlockNaming =
  | { readonly at: 'named'; readonly hash: string }
  | { readonly at: 'forged'; readonly hash: string }
  | { readonly at: 'none'; readonly why: 'empty' | 'noChild' | 'otherHeight' | 'malformed' };

/**
 * Names a peer's block at `height` from its answer to GetBlockHeaders(height, amount 2): the parentHash of header
 * height + 1, which obeys any consensus's hash rule. Header `height` itself must hash to that.
 */
export function nameBlock(height: bigint, headers: readonly HeaderView[]): BlockNaming {
  const [block, child] = headers;
  if (block === undefined) return { at: 'none', why: 'empty' };
  if (block.number !== height) return { at: 'none', why: 'otherHeight' };
  if (child === undefined) return { at: 'none', why: 'noChild' };
  if (child.number !== height + 1n) return { at: 'none', why: 'otherHeight' };
  const hash = bytesToHex(child.parentHash);
  const forged = !equalBytes(block.hash, child.parentHash);
  return { at: forged ? 'forged' : 'named', hash };
}

/** The same from headers as they came, in RLP. */
export function nameBlockOf(height: bigint, headers: readonly Uint8Array[], consensus: ConsensusKind): BlockNaming {
  try {
    return nameBlock(
      height,
      headers.slice(0, 2).map((raw) => viewHeader(raw, consensus)),
    );
  } catch (error) {
    if (error instanceof WireError) return { at: 'none', why: 'malformed' };
    throw error;
  }
}

/** @throws WireError if it is not a header */
export function viewHeader(raw: Uint8Array, consensus: ConsensusKind): HeaderView {
  const { number, parentHash } = decodeHeader(raw);
  return { number, parentHash, hash: blockHash(raw, hashRules[consensus] ?? 'keccak') };
}

const hashRules: Partial<Record<ConsensusKind, BlockHashRule>> = {
  ibft1: 'istanbul',
  qbft: 'istanbul',
  ibft2: 'ibft2',
};
