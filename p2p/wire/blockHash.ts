import { equalBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import { keccak256 } from './keccak.ts';
import { asBytes, asList } from './reader.ts';
import { decodeRlp, encodeRlp, type RlpItem } from './rlp.ts';

/**
 * How a chain hashes its headers. `keccak`: the header as it is. `istanbul`: IBFT and QBFT of GoQuorum, QBFT of
 * Besu: without committed seals, for QBFT also with round 0. `ibft2`: Besu's IBFT 2.0, without seals and round.
 */
export type BlockHashRule = 'keccak' | 'istanbul' | 'ibft2';

/** Marks a header of GoQuorum's and Besu's BFT: its mixHash, the end of "Istanbul practical byzantine …". */
const istanbulMixHash = new TextEncoder().encode('ctical byzantine fault tolerance');
/** Position of the extra data in a header (Yellow Paper 4.3.3). */
const extraDataField = 12;
const mixHashField = 13;
const vanityBytes = 32;

/**
 * Hash of a header by its chain's rule. A header that is not of the rule's shape is hashed as it is, as GoQuorum
 * and Besu do.
 * @param raw the header's RLP
 * @throws WireError if it is not an RLP list
 */
export function blockHash(raw: Uint8Array, rule: BlockHashRule): Uint8Array {
  if (rule === 'keccak') return keccak256(raw);
  const fields = asList(decodeRlp(raw), { min: 15, max: 64, extra: 'reject' });
  const mixHash = fields[mixHashField];
  if (!(mixHash instanceof Uint8Array) || !equalBytes(mixHash, istanbulMixHash)) return keccak256(raw);
  const extraData = withoutSeals(asBytes(fields[extraDataField]), rule);
  return extraData === null ? keccak256(raw) : keccak256(encodeRlp(fields.with(extraDataField, extraData)));
}

function withoutSeals(extraData: Uint8Array, rule: Exclude<BlockHashRule, 'keccak'>): Uint8Array | null {
  const bft = tryList(extraData);
  if (bft !== null && bft.length >= 5) {
    const [vanity, validators, vote, , , ...rest] = bft;
    const kept = [vanity, validators, vote].filter((item) => item !== undefined);
    return encodeRlp(rule === 'ibft2' ? kept : [...kept, 0, [], ...rest.map(() => [])]);
  }
  const ibft = rule === 'istanbul' ? tryList(extraData.subarray(vanityBytes)) : null;
  if (ibft === null || ibft.length !== 3) return null;
  const kept = encodeRlp([...ibft.slice(0, 2), []]);
  const out = new Uint8Array(vanityBytes + kept.length);
  out.set(extraData.subarray(0, vanityBytes));
  out.set(kept, vanityBytes);
  return out;
}

function tryList(bytes: Uint8Array): readonly RlpItem[] | null {
  try {
    const item = decodeRlp(bytes);
    return item instanceof Uint8Array ? null : item;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
