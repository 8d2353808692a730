import { bytesToHex } from './bytes.ts';
import type { Enr } from './enr.ts';
import { WireError } from './errors.ts';
import { type ForkId, readEthEntry } from './forkId.ts';
import { asBytes, asList, asUint } from './reader.ts';
import { encodeRlp, type RlpItem } from './rlp.ts';

/** What a record says in the entries that clients are known to write, whatever chain they are of. Sources at each. */
export interface EnrEntries {
  /** Execution (ethereum/devp2p enr-entries/eth.md). */
  readonly eth: ForkId | null;
  /** Serves snap, les (old light servers), speaks bsc: the entry is there, whatever is in it. */
  readonly snap: boolean;
  readonly les: boolean;
  readonly bsc: boolean;
  /** Execution nodes of the OP stack, and of Fantom: a fork id as in `eth`. */
  readonly opel: ForkId | null;
  readonly opera: ForkId | null;
  /** Consensus nodes of the OP stack. */
  readonly opstack: { readonly chainId: bigint; readonly version: bigint } | null;
  /** Consensus (consensus-specs phase0/p2p-interface.md, "eth2 field"). */
  readonly eth2: Eth2Entry | null;
  /** Subnets of attestations (of 64) and of sync committees (of 4); null = the entry is missing. */
  readonly attnets: readonly number[] | null;
  readonly syncnets: readonly number[] | null;
  /** Groups of columns kept, and the digest after the next fork, zeros = none planned (fulu/p2p-interface.md). */
  readonly cgc: number | null;
  readonly nfd: Uint8Array | null;
  readonly quic: number | null;
  readonly quic6: number | null;
  readonly tcp6: number | null;
  readonly udp6: number | null;
  /** EIP-7636, withdrawn but in use. Text of a stranger: at most 300 characters of ASCII each. */
  readonly client: { readonly name: string; readonly version: string; readonly build: string | null } | null;
  /** Known keys whose value is none that their specification allows. */
  readonly malformed: readonly string[];
  /** All other keys, with their RLP as hex; Latin-1, so they must be escaped before they are shown. */
  readonly others: readonly { readonly key: string; readonly valueHex: string }[];
}

/** A node of the beacon chain: which fork it is on, and which one it knows of next. */
export interface Eth2Entry {
  readonly digest: Uint8Array;
  readonly nextVersion: Uint8Array;
  /** 2⁶⁴ − 1 = none. */
  readonly nextEpoch: bigint;
}

/** Read elsewhere, or of no interest here. */
const basics = new Set(['id', 'secp256k1', 'ip', 'ip6', 'tcp', 'udp']);

/** Reads every entry; never throws because of what is in it. */
export function readEnrEntries({ pairs }: Enr): EnrEntries {
  const malformed: string[] = [];
  const known = new Set(basics);
  const entry = <T>(key: string, read: (item: RlpItem) => T): T | null => {
    known.add(key);
    const item = pairs.get(key);
    if (item === undefined) return null;
    try {
      return read(item);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      malformed.push(key);
      return null;
    }
  };
  const port = (key: string) => entry(key, (item) => asUint(item, { maxBytes: 2 }));
  const isThere = (key: string) => entry(key, (item) => asList(item, { min: 0, extra: 'ignore' })) !== null;
  const entries = {
    eth: entry('eth', readEthEntry),
    snap: isThere('snap'),
    les: isThere('les'),
    bsc: isThere('bsc'),
    opel: entry('opel', readEthEntry),
    opera: entry('opera', readEthEntry),
    opstack: entry('opstack', readOpstack),
    eth2: entry('eth2', readEth2),
    attnets: entry('attnets', (item) => bitsOf(asBytes(item, { length: 8 }))),
    syncnets: entry('syncnets', (item) => bitsOf(asBytes(item, { length: 1 }))),
    cgc: entry('cgc', (item) => asUint(item, { maxBytes: 2 })),
    nfd: entry('nfd', (item) => asBytes(item, { length: 4 })),
    quic: port('quic'),
    quic6: port('quic6'),
    tcp6: port('tcp6'),
    udp6: port('udp6'),
    client: entry('client', readClient),
  };
  const others = [...pairs].filter(([key]) => !known.has(key));
  return {
    ...entries,
    malformed,
    others: others.map(([key, value]) => ({ key, valueHex: bytesToHex(encodeRlp(value)) })),
  };
}

/** SSZ `ENRForkID`: little-endian, unlike everything else in a record. */
function readEth2(item: RlpItem): Eth2Entry {
  const bytes = asBytes(item, { length: 16 });
  const nextEpoch = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8, true);
  return { digest: bytes.slice(0, 4), nextVersion: bytes.slice(4, 8), nextEpoch };
}

/** Two unsigned LEB128 numbers. */
function readOpstack(item: RlpItem): { readonly chainId: bigint; readonly version: bigint } {
  const bytes = asBytes(item, { max: 20 });
  const numbers: bigint[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    numbers.push(value);
    value = 0n;
    shift = 0n;
  }
  const [chainId, version] = numbers;
  if (chainId === undefined || version === undefined || numbers.length > 2 || shift > 0n || chainId >= 1n << 64n) {
    throw new WireError({ code: 'enrKey', key: 'opstack' });
  }
  return { chainId, version };
}

/** Bit i is bit i mod 8, lowest first, of byte i / 8. */
function bitsOf(bytes: Uint8Array): readonly number[] {
  return Array.from({ length: bytes.length * 8 }, (_, i) => i).filter((i) => ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1);
}

function readClient(item: RlpItem): NonNullable<EnrEntries['client']> {
  const [name = '', version = '', build = null] = asList(item, { min: 2, extra: 'ignore' }).map(readAscii);
  return { name, version, build };
}

function readAscii(item: RlpItem): string {
  const text = Buffer.from(asBytes(item)).toString('latin1');
  if (!/^[\x20-\x7e]*$/.test(text)) throw new WireError({ code: 'enrKey', key: 'client' });
  return text;
}
