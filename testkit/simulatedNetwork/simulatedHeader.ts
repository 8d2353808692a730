import { createHash } from 'node:crypto';
import type { ConsensusKind } from '../../chains/networks/networkFile.ts';
import { concatBytes } from '../../p2p/wire/bytes.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { encodeRlp, type RlpInput } from '../../p2p/wire/rlp.ts';

/** What an invented header holds; the rest of it follows from `salt`. */
export interface SimulatedHeader {
  readonly consensus: ConsensusKind;
  /** Two headers with one salt differ in what is given here alone. */
  readonly salt: string;
  readonly parentHash: Uint8Array;
  readonly number: bigint;
  /** Seconds. */
  readonly timestamp: bigint;
  /** extraData: a client's name, cut to 32 bytes. */
  readonly vanity: string;
}

/** Keccak of an empty list's RLP: no ommers. */
const noOmmers = keccak256(Uint8Array.of(0xc0));
/** The end of "Istanbul practical byzantine fault tolerance". */
const istanbulMixHash = new TextEncoder().encode('ctical byzantine fault tolerance');
const sealers = 4;

/** The header's RLP. `seals` chooses among the sets of committed seals that a block of IBFT or QBFT may carry. */
export function encodeSimulatedHeader(header: SimulatedHeader, seals: number): Uint8Array {
  return encodeFields(header, extraDataOf(header, committedSeals(header.salt, seals)));
}

/** Its hash by its chain's rule, from the form that the rule prescribes and not from what is served. */
export function hashSimulatedHeader(header: SimulatedHeader): Uint8Array {
  return keccak256(encodeFields(header, hashedExtraData(header)));
}

function encodeFields({ consensus, salt, parentHash, number, timestamp }: SimulatedHeader, extraData: Uint8Array) {
  const isBft = consensus === 'ibft1' || consensus === 'ibft2' || consensus === 'qbft';
  const fields: RlpInput[] = [
    parentHash,
    noOmmers,
    digest(`${salt} miner`).subarray(0, 20),
    digest(`${salt} state`),
    digest(`${salt} transactions`),
    digest(`${salt} receipts`),
    new Uint8Array(256),
    consensus === 'pos' ? 0 : isBft ? 1 : 2,
    number,
    36_000_000,
    21_000,
    timestamp,
    extraData,
    isBft ? istanbulMixHash : consensus === 'clique' ? new Uint8Array(32) : digest(`${salt} mix`),
    new Uint8Array(8),
  ];
  return encodeRlp(consensus === 'pos' ? [...fields, ...laterFields(salt)] : fields);
}

/** London to Prague: base fee, withdrawals, blobs, beacon root, requests. */
function laterFields(salt: string): RlpInput[] {
  return [
    1_000_000_000,
    digest(`${salt} withdrawals`),
    131_072,
    0,
    digest(`${salt} beacon`),
    digest(`${salt} requests`),
  ];
}

function extraDataOf({ consensus, salt, vanity }: SimulatedHeader, seals: readonly Uint8Array[]): Uint8Array {
  const front = padded(vanity);
  switch (consensus) {
    case 'clique':
      return concatBytes(front, digest65(`${salt} signature`));
    case 'ibft1':
      return concatBytes(front, encodeRlp([validators, digest65(`${salt} proposer`), [...seals]]));
    case 'qbft':
      return encodeRlp([front, validators, [], seals.length % 3, [...seals]]);
    case 'ibft2':
      return encodeRlp([front, validators, '', new Uint8Array(4), [...seals]]);
    default:
      return trimmed(vanity);
  }
}

function hashedExtraData(header: SimulatedHeader): Uint8Array {
  const front = padded(header.vanity);
  if (header.consensus === 'qbft') return encodeRlp([front, validators, [], 0, []]);
  if (header.consensus === 'ibft2') return encodeRlp([front, validators, '']);
  return extraDataOf(header, []);
}

const validators = Array.from({ length: sealers }, (_, i) => digest(`validator ${i}`).subarray(0, 20));

/** Three of four, or all of them: honest nodes hold the seals that reached them first. */
function committedSeals(salt: string, set: number): Uint8Array[] {
  return validators.flatMap((_, i) => (i === set % (sealers + 1) ? [] : [digest65(`${salt} seal ${i}`)]));
}

function digest(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

function digest65(text: string): Uint8Array {
  return concatBytes(digest(text), digest(`${text} s`), Uint8Array.of(0));
}

function trimmed(text: string): Uint8Array {
  return new TextEncoder().encode(text).subarray(0, 32);
}

function padded(text: string): Uint8Array {
  const out = new Uint8Array(32);
  out.set(trimmed(text));
  return out;
}
