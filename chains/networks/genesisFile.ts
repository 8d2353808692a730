import { z } from 'zod';
import { hexToBytes } from '../../p2p/wire/bytes.ts';

/** `config` with lower-case keys. */
export type GenesisConfig = Readonly<Record<string, unknown>>;

/** A fork of a genesis file that counts for the fork ID. */
export interface GenesisFork {
  readonly name: string;
  readonly kind: 'block' | 'time';
  readonly at: bigint;
}

const numberExpected = 'expected a whole number: a JSON number, decimal text or 0x hex';

/** A number in geth's files. `parseExactJson` makes JSON numbers beyond 2^53 decimal text. */
function uintSchema(bits: 64 | 256) {
  return z
    .union(
      [z.int().min(0), z.string().regex(/^0[xX][0-9a-fA-F]{1,64}$/), z.string().regex(/^[0-9]{1,78}$/)],
      numberExpected,
    )
    .transform((value) => BigInt(value))
    .refine((value) => value < 1n << BigInt(bits), `expected a number below 2^${bits}`);
}

/** A number that Besu reads as hex with or without 0x, even where the JSON has a number. */
function hexSchema(bits: 64 | 256) {
  return z
    .union(
      [z.int().min(0), z.string().regex(/^(0x)?[0-9a-fA-F]{1,64}$/)],
      'expected a whole number in hex, as Besu reads it',
    )
    .transform((value) => BigInt(`0x${String(value).replace(/^0x/, '')}`))
    .refine((value) => value < 1n << BigInt(bits), `expected a number below 2^${bits}`);
}

/** Bytes in hex, with or without 0x, as geth allows. */
const bytesSchema = z
  .string()
  .regex(/^(0[xX])?([0-9a-fA-F]{2})*$/, 'expected hex bytes')
  .transform(toBytes);

function fixedBytesSchema(length: number) {
  return z
    .string()
    .regex(new RegExp(`^(0[xX])?[0-9a-fA-F]{${length * 2}}$`), `expected ${length} bytes in hex`)
    .transform(toBytes);
}

/** Up to 32 bytes, padded on the left. */
function paddedSchema(pattern: RegExp, expected: string) {
  return z.string().regex(pattern, expected).transform(padWord);
}

/** geth decodes storage keys and values as whole bytes (`storageJSON`), Besu takes any number of digits. */
const wordPatterns = {
  bytes: /^(0x)?([0-9a-fA-F]{2}){0,32}$/,
  digits: /^(0x)?[0-9a-fA-F]{1,64}$/,
};
const wordExpected = {
  bytes: 'expected up to 32 bytes in hex, an even number of digits (Besu takes an odd one: --client besu)',
  digits: 'expected up to 32 bytes in hex',
};

function accountSchema(words: 'bytes' | 'digits') {
  const nonce = words === 'digits' ? hexSchema(64) : uintSchema(64);
  const balance = uintSchema(256);
  return z.looseObject({
    balance: words === 'digits' ? balance.default(0n) : balance,
    nonce: nonce.optional(),
    code: bytesSchema.optional(),
    storage: z
      .record(
        z.string().regex(wordPatterns[words], wordExpected[words]),
        paddedSchema(wordPatterns[words], wordExpected[words]),
      )
      .optional(),
  });
}
export type GenesisAccount = z.output<ReturnType<typeof accountSchema>>;

const optionalUint64 = uintSchema(64).nullish();

/**
 * geth's genesis.json, of go-ethereum and its relatives. `mixhash` and `mixHash` are the same key there, as keys are
 * matched without regard to case.
 */
export const genesisFileSchema = z.looseObject({
  config: z.looseObject({ chainid: uintSchema(64) }),
  nonce: optionalUint64,
  timestamp: optionalUint64,
  extradata: bytesSchema.nullish(),
  gaslimit: uintSchema(64),
  difficulty: uintSchema(256).nullish(),
  mixhash: fixedBytesSchema(32).nullish(),
  coinbase: fixedBytesSchema(20).nullish(),
  number: optionalUint64,
  gasused: optionalUint64,
  parenthash: fixedBytesSchema(32).nullish(),
  basefeepergas: uintSchema(256).nullish(),
  excessblobgas: optionalUint64,
  blobgasused: optionalUint64,
  slotnumber: optionalUint64,
  /** OP stack: the root of a state that is not in the file. */
  statehash: fixedBytesSchema(32).nullish(),
  alloc: z.record(
    z.string().regex(/^(0[xX])?[0-9a-fA-F]{40}$/, 'expected an address of 20 bytes in hex'),
    accountSchema('bytes'),
  ),
});
export type GenesisFile = z.output<typeof genesisFileSchema>;

const shortHash = paddedSchema(/^(0x)?[0-9a-fA-F]{0,64}$/, 'expected up to 32 bytes in hex');

/** The same as Besu reads it (`GenesisConfig`, `GenesisState`): more in hex, short hashes padded. */
export const besuFileSchema = genesisFileSchema.extend({
  nonce: hexSchema(64).nullish(),
  difficulty: hexSchema(256).nullish(),
  mixhash: shortHash.nullish(),
  parenthash: shortHash.nullish(),
  excessblobgas: hexSchema(64).nullish(),
  blobgasused: hexSchema(64).nullish(),
  slotnumber: hexSchema(64).nullish(),
  alloc: z.record(
    z.string().regex(/^(0[xX])?[0-9a-fA-F]{40}$/, 'expected an address of 20 bytes in hex'),
    accountSchema('digits'),
  ),
});

/**
 * The file with the keys of its first level and of `config` in lower case, as Go reads them, and the original names for
 * messages. Anything else is returned unchanged.
 */
export function lowerKeys(file: unknown): { file: unknown; written: ReadonlyMap<string, string> } {
  const written = new Map<string, string>();
  const lowered = lower(file, '', written);
  if (!isRecord(lowered) || !('config' in lowered)) return { file: lowered, written };
  return { file: { ...lowered, config: lower(lowered.config, 'config.', written) }, written };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A record with its keys in lower case. */
export function lowerOwn(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]));
}

/** A block number or time as files have them; null for anything else, and from 2^64 on. */
export function readUint(value: unknown): bigint | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : null;
  if (typeof value !== 'string' || !/^(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$/.test(value)) return null;
  const number = BigInt(value);
  return number < 1n << 64n ? number : null;
}

function toBytes(hex: string): Uint8Array {
  return hexToBytes(hex.replace(/^0[xX]/, ''));
}

function padWord(hex: string): Uint8Array {
  return hexToBytes(hex.replace(/^0x/, '').padStart(64, '0'));
}

function lower(value: unknown, prefix: string, written: Map<string, string>): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      written.set(prefix + key.toLowerCase(), prefix + key);
      return [key.toLowerCase(), field];
    }),
  );
}
